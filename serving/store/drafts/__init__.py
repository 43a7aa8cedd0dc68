"""Drafts in the database: single intents and entities, their examples, and finding them without reading a whole bot."""
