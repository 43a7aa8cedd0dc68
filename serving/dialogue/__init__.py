"""The turn: from a message to replies. Decisions here are pure; `turn.py` is the hub."""
