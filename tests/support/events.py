"""Server-Sent Events as a client reads them."""

import json
from typing import Any


def parse_events(text: str) -> list[tuple[str, str | None, Any]]:
    """Return name, id and data of every event of a stream; comments and the time to come back are left out."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            found.append((fields.get("event", "message"), fields.get("id"), json.loads(fields["data"])))
    return found
