"""The parts of the demo shop, assembled in `serving.demo.api`."""
