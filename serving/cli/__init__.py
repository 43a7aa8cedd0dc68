"""The `intentloop` command. A command imports what it needs when it runs, so that `--help` is quick."""
