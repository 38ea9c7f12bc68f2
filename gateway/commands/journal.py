"""To be written."""

import typer


def join(app: typer.Typer) -> None: ...
