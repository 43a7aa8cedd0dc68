"""The language model as a reader: which intent a message is about and which values it contains, never what to reply."""
