"""The whole platform on one machine: `intentloop up` and `intentloop doctor`."""
