"""The HTTP API: everything that imports FastAPI."""
