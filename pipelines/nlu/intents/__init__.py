"""Intent classification: the classifier, its confidence, out-of-scope detection, and the rule that refuses."""
