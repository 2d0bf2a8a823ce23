"""`python -m skillrm` is the `skillrm` command."""

from skillrm.cli import main

main()
