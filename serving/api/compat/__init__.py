"""The admin API of ai-chatbot-framework, as its front end calls it."""
