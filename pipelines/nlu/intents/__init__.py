"""Intent classification: the classifier, its confidence, the out-of-scope score, and the rule that refuses."""
