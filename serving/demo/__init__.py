"""The parts of the demo shop; `serving.demo.api` puts them together."""
