"""Message queues and the worker that serves them."""
