"""How fast the chat API answers and what an answer costs: `intentloop bench chat`."""
