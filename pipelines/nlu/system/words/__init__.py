"""Words for days, clocks and units, a file per language."""
