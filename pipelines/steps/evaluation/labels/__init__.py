"""Labels as evidence: those held out, those that changed since production, and those that are probably wrong."""
