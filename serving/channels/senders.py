"""Whose a thread is: how each channel writes its sender into a thread's id."""

import re

from serving.channels.graph_api import CHANNEL


def threads_of_sender(sender: str) -> str:
    """Give a regular expression that the ids of a sender's threads match.

    On the REST channel the caller chooses the thread's id, and is known by nothing else. On Messenger a thread is a
    page and the id that the customer has there.
    """
    return rf"^({re.escape(sender)}|{CHANNEL}:[A-Za-z0-9_-]+:{re.escape(sender)})$"
