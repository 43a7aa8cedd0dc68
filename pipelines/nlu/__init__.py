"""Understanding: text to features to intent ranking and entities. The one place where features are defined."""
