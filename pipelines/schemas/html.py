"""HTML snippets for notebooks, readable on light and dark backgrounds and safe with any customer text."""

from collections.abc import Sequence
from html import escape

_FAINT = "rgba(128,128,128,.25)"
_COLOURS = ("66,133,244", "52,168,83", "251,160,4", "171,71,188", "0,172,193", "234,67,53")


def block(*parts: str) -> str:
    """Stack parts vertically."""
    return f'<div style="font-family:sans-serif;line-height:1.6">{"".join(parts)}</div>'


def line(text: str) -> str:
    """Return a line of plain text."""
    return f"<div>{escape(text)}</div>"


def link(text: str, url: str) -> str:
    """Return a line that leads to a page."""
    return f'<div><a href="{escape(url)}" target="_blank" rel="noopener">{escape(text)}</a></div>'


def progress(text: str, share: float | None) -> str:
    """Return a faint line, after a bar that is filled by `share`, in [0, 1]; without a share, after none."""
    bar = ""
    if share is not None:
        bar = (
            f'<span style="width:12em;background:{_FAINT}"><span style="display:block;height:.7em;'
            f'width:{100 * share:.0f}%;background:rgb({_COLOURS[0]})"></span></span>'
        )
    return f'<div style="display:flex;gap:.6em;align-items:center;opacity:.75">{bar}<small>{escape(text)}</small></div>'


def bars(rows: Sequence[tuple[str, float]]) -> str:
    """Return one bar per row; values lie in [0, 1]."""
    lines = "".join(
        f'<div style="display:flex;gap:.6em;align-items:center"><span style="min-width:14em">{escape(name)}</span>'
        f'<span style="width:12em;background:{_FAINT}"><span style="display:block;height:.7em;'
        f'width:{100 * value:.1f}%;background:rgb({_COLOURS[0]})"></span></span><span>{value:.1%}</span></div>'
        for name, value in rows
    )
    return f"<div>{lines}</div>"


def highlighted(text: str, marks: Sequence[tuple[int, int, str]]) -> str:
    """Return a text with marks ``(start, end, label)``, ordered and not overlapping, in one colour per label."""
    labels = list(dict.fromkeys(label for *_, label in marks))
    parts, position = [], 0
    for start, end, label in marks:
        colour = _COLOURS[labels.index(label) % len(_COLOURS)]
        parts.append(escape(text[position:start]))
        parts.append(
            f'<mark style="color:inherit;background:rgba({colour},.3);border-radius:.3em;padding:.1em .3em">'
            f"{escape(text[start:end])} <small>{escape(label)}</small></mark>"
        )
        position = end
    parts.append(escape(text[position:]))
    return f'<div style="white-space:pre-wrap">{"".join(parts)}</div>'


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of texts."""
    head = "".join(f'<th style="text-align:left;padding-right:1em">{escape(cell)}</th>' for cell in header)
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align:left;padding-right:1em">{escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
