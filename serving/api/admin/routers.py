"""Every route of the admin API."""

from serving.api.admin import tasks
from serving.api.admin.accounts import audit, keys, login, members, sessions
from serving.api.admin.authoring import bots, drafts, entities, examples, intents, previews, test_sets, tries
from serving.api.admin.customers import analytics, conversations, forget, label_queue, labels, persons, privacy
from serving.api.admin.releasing import measured, releases, replays, trainings, trials
from serving.api.admin.setup import bot_settings, channels, chat_access, widget_keys

ADMIN_ROUTERS = (
    analytics.router,
    audit.router,
    persons.router,
    bot_settings.router,
    bots.router,
    channels.router,
    chat_access.router,
    conversations.router,
    drafts.router,
    entities.router,
    examples.router,
    forget.router,
    intents.router,
    keys.router,
    label_queue.router,  # before the labels, whose keys are at the same place
    labels.router,
    login.router,
    measured.router,
    members.router,
    previews.router,
    privacy.router,
    trials.router,  # before the releases, whose versions are at the same place
    releases.router,
    replays.router,
    sessions.public_router,
    sessions.router,
    tasks.router,
    test_sets.router,
    trainings.router,
    tries.router,
    widget_keys.router,
)
