"""Personal data in what people write: found by its form, and replaced by placeholders."""
