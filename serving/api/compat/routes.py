"""Every route of ai-chatbot-framework's admin API."""

from serving.api.compat import bots, chat, chat_logs, entities, integrations, intents, training

COMPAT_ROUTERS = (
    bots.router,
    intents.router,
    entities.router,
    training.router,
    chat.router,
    chat_logs.router,
    integrations.router,
)
