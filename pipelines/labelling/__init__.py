"""Mining the log for texts worth a label."""
