"""Finding, loading, checking and swapping the release that answers."""
