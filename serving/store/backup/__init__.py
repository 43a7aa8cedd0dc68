"""A copy of the whole database as files, made while the platform answers, and written back into an empty one."""
