"""What keeps the database sound: expiry, checks and repairs, and documents that cannot be read."""
