"""What is printed: texts of customers, authors and tools must not control the terminal of whoever reads them."""

import re

_UNSAFE = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and line feed, and C1: they move the cursor and run sequences
    r"\u2028\u2029\u202a-\u202e\u2066-\u2069"  # line ends of Unicode; letters in another order than they stand
    r"\ufff9-\ufffb\ud800-\udfff"  # hidden annotations; halves of characters, which no terminal can encode
)
_CONTROLS = re.compile(f"[{_UNSAFE}]")
_CONTROLS_AND_LINES = re.compile(rf"[{_UNSAFE}\t\n]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def _escaped(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}"


def printable(text: str) -> str:
    r"""Return a text with every control character as JSON escapes it (`\u001b`), except tabs and line feeds.

    JSON stays the same JSON.
    """
    return text if text.isprintable() else _CONTROLS.sub(_escaped, text)


def one_line(text: str) -> str:
    r"""Return a text as `printable` does, with `\n` for line feeds too: it can forge no further line."""
    return text if text.isprintable() else _CONTROLS_AND_LINES.sub(_escaped, text)


def echo(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Print to the terminal; the lines of the text stay lines."""
    import typer

    typer.echo(printable(str(text)), err=err, nl=nl)
