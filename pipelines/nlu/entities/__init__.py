"""Entities: the trained tagger, lookup lists, patterns, and how their findings are merged."""
