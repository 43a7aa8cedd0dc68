"""Answering: the chat API, its dialogue engine and everything it talks to."""
