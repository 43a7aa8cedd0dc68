"""The parts of the demo shop; `serving.demo_api` puts them together."""
