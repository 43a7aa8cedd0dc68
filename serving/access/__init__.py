"""Who calls the admin API, and what they may do."""
