"""Finding, loading, verifying and swapping the release that answers."""
