"""What customers said: conversations, figures, labels, and a person's data."""
