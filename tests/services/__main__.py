"""`python -m tests.services` installs what the tests need and the machine lacks, before any test's clock runs.

It never fails: a test that cannot have its program says so itself. `SPOC_TEST_INSTALL=0` leaves the machine as it is.
"""

import os
import sys

from tests.services import postgres, programs, rabbitmq


def main() -> None:
    wanted = dict(programs.PACKAGES)
    if os.environ.get(postgres.URL_VARIABLE):
        del wanted["initdb"]
    if os.environ.get(rabbitmq.URL_VARIABLE):
        del wanted["rabbitmq-server"]
    packages = [package for program, package in wanted.items() if not programs.find(program)]
    if not packages or os.environ.get("SPOC_TEST_INSTALL") == "0":
        return
    sys.stderr.write(f"The tests also use {' '.join(packages)}.\n")
    try:
        programs.install(packages)
    except programs.Unavailable as refusal:
        sys.stderr.write(f"{refusal}\n")


main()
