"""E-mail and web addresses in a text, by short exact grammars with bounded work per character."""

import re
from datetime import datetime

from pipelines.nlu.system.boundaries import stands_alone
from pipelines.nlu.system.values import ValueMatch

_LETTERS = "a-zA-Z\u00c0-\u024f"
# RFC 5321 lengths; quoted local parts and bare IP addresses are left out, since nobody writes them in a chat
_LOCAL_LENGTH, _DOMAIN_LENGTH = 64, 253
_LOCAL = re.compile(rf"[{_LETTERS}0-9!#$%&'*+/=?^_`{{|}}~.-]+$")
_DOMAIN = re.compile(rf"(?:[{_LETTERS}0-9](?:[{_LETTERS}0-9-]{{0,62}})\.){{1,8}}[{_LETTERS}]{{2,63}}(?![0-9@])")
_URL = re.compile(
    rf"(?:https?://|ftp://|www\.)[^\s<>\"]+"
    rf"|(?<![@\w.-])(?:[{_LETTERS}0-9][{_LETTERS}0-9-]{{0,62}}\.){{1,8}}"
    rf"(?:[{_LETTERS}]{{2,24}}(?=/)|(?:com|org|net|edu|gov|io|dev|app|info|biz|eu|co\.uk)(?![\w@]|-\w|\.\w))(?:/[^\s<>\"]*)?",
    re.IGNORECASE,
)
_CLOSING = {")": "(", "]": "[", "}": "{"}
_SENTENCE_SIGNS = ".,;:!?'\"\u2019\u201d\u00bb*_~"


class EmailFinder:
    """Finds e-mail addresses; the canonical form has the domain in lower case."""

    def find(self, text: str, *, now: datetime | None) -> list[ValueMatch]:
        """Find the addresses of a text; `now` is unused."""
        found = []
        at = text.find("@")
        while at >= 0:
            local = _LOCAL.search(text[max(0, at - _LOCAL_LENGTH) : at])
            domain = _DOMAIN.match(text[at + 1 : at + 1 + _DOMAIN_LENGTH])
            if local and domain:
                written = local[0].lstrip(".'-/")
                start, end = at - len(written), at + 1 + domain.end()
                if written and ".." not in written and not written.endswith(".") and stands_alone(text, start, end):
                    found.append(ValueMatch(start, end, f"{written}@{domain[0].lower()}"))
            at = text.find("@", at + 1)
        return found


class UrlFinder:
    """Finds web addresses; the canonical form is the written one, without surrounding punctuation.

    An address without `https://` or `www.` needs a path or a common top-level domain, because a missing space after a
    full stop looks the same.
    """

    def find(self, text: str, *, now: datetime | None) -> list[ValueMatch]:
        """Find the addresses of a text; `now` is unused."""
        if "." not in text and "://" not in text:
            return []
        found = []
        for match in _URL.finditer(text):
            written = _without_sentence_end(match[0])
            end = match.start() + len(written)
            if any(sign.isalnum() for sign in written.partition("://")[2] or written):
                found.append(ValueMatch(match.start(), end, written))
        return found


def _without_sentence_end(written: str) -> str:
    while written:
        last = written[-1]
        opening = _CLOSING.get(last)
        if last in _SENTENCE_SIGNS or (opening and written.count(last) > written.count(opening)):
            written = written[:-1]
        else:
            break
    return written
