"""The sentence encoder: running it, and building its graph from packaged weights."""
