"""The template language of replies and tool calls: what it allows, what it may cost, what is kept of an answer."""
