"""Child processes that end with the one that started them, and the signals that end it."""
