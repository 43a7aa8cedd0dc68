"""Bot files as they come: ours, those of ai-chatbot-framework in every version, and files of other platforms."""
