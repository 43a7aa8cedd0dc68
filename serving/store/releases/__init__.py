"""The journal of promotions, and what shadows found."""
