"""The command line: parse, call one library function, print what it made."""

from __future__ import annotations


def main() -> None:
    """Run the command line; the exit code is decided here and nowhere else."""
    from hotspots.cli.app import run  # noqa: PLC0415 - typer only when a command line is run

    run()
