"""Errors recommend commands; a client of the API is told the route that does the same."""

import re

_ROUTES = {
    "import": "PUT /api/v1/bots/{bot}/draft",
    "label --decide": "POST /api/v1/bots/{bot}/labels/decisions",
    "label --list": "GET /api/v1/bots/{bot}/labels",
    "promote": "POST /api/v1/bots/{bot}/releases/{argument}/promote",
    "rollback": "POST /api/v1/bots/{bot}/releases/rollback",
    "train": "POST /api/v1/bots/{bot}/trainings",
    "validate": "POST /api/v1/bots/{bot}/draft/validate",
}
_IS_NAMED = r"(?!,? (?:and|or) (?:GET|POST) )"
_COMMAND = re.compile(
    rf"`intentloop (?P<words>{'|'.join(_ROUTES)})(?![\w-])(?: (?P<argument>[^`\s]+))?[^`]*`{_IS_NAMED}"
)


def with_routes(text: str, bot: str = "{bot}") -> str:
    """Return a text that names the route beside each command, such as `intentloop train`, that has one.

    What names its route already stays as it is.
    """

    def both(found: re.Match[str]) -> str:
        route = _ROUTES[found["words"]].format(bot=bot, argument=found["argument"] or "VERSION")
        return f"{found[0]} or {route}"

    return _COMMAND.sub(both, text)
