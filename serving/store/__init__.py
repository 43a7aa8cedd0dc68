"""The database: the only place that imports its driver."""
