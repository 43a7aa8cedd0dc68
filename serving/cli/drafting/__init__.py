"""Import and export of drafts."""
