"""`python -m gateway` is `spoc`."""

from gateway.cli import main

if __name__ == "__main__":
    main()
