"""Times of day: the finder and the grammar of clocks."""
