"""`python -m serving.cli` is the `intentloop` command."""

from serving.cli.main import main

main()
