"""Text to features: n-grams, spelling, augmentation."""
