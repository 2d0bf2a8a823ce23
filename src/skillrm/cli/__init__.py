"""The command line. `main` is the entry point; everything heavy is imported inside the commands."""

from __future__ import annotations


def main() -> None:
    """Run the `skillrm` command."""
    from skillrm.cli.app import app

    app()
