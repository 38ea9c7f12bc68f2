"""`python -m simulators`: see `command.py`."""

from simulators.command import main

if __name__ == "__main__":
    raise SystemExit(main())
