"""Annotations with wrong offsets in a bot file, repaired or dropped, and reported one by one.

Offsets become wrong when a text is edited after it was annotated, when a browser counted from the wrong place, and
because browsers count UTF-16 units where Python counts characters.
"""

from typing import Any


def repair_spans(intents: list[Any]) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Find each annotation's `value` in its `text` if it is not at its offsets.

    Return the intents, copied where something was repaired, and one sentence per repair or loss. The intents come from
    a checked bot file and are not changed.
    """
    repaired, report = [], []
    for intent in intents:
        examples = intent.get("trainingData") or []
        rows = [_repair_example(row) for row in examples]
        for number, (_, sentences) in enumerate(rows, start=1):
            report += [
                f'intent "{intent.get("intentId") or intent.get("intent_id")}", example {number}: {sentence}'
                for sentence in sentences
            ]
        changed = any(sentences for _, sentences in rows)
        repaired.append({**intent, "trainingData": [row for row, _ in rows]} if changed else intent)
    return repaired, tuple(report)


def _repair_example(example: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    text = example["text"]
    annotations: list[dict[str, Any]] = example.get("entities") or []
    taken = [_offsets(row) for row in annotations if _holds(text, row)]
    kept: list[dict[str, Any]] = []
    report: list[str] = []
    for row in annotations:
        if _holds(text, row):
            kept.append(row)
            continue
        found = _from_utf16(text, row) or _search(text, row, taken)
        where = f'"{row["value"]}" ({row["name"]}) is not at {row["begin"]} to {row["end"]}'
        if found is None:
            report.append(f"{where} nor anywhere else in the text; the annotation was dropped, annotate it again")
            continue
        begin, end = found
        taken.append(found)
        kept.append({**row, "value": text[begin:end], "begin": begin, "end": end})
        report.append(f"{where}; repaired to {begin} to {end}")
    return ({**example, "entities": kept}, report) if report else (example, report)


def _offsets(row: dict[str, Any]) -> tuple[int, int]:
    """Read the offsets; some programs write them as text."""
    return int(row["begin"]), int(row["end"])


def _holds(text: str, row: dict[str, Any]) -> bool:
    begin, end = _offsets(row)
    return 0 <= begin < end <= len(text) and bool(text[begin:end] == row["value"])


def _from_utf16(text: str, row: dict[str, Any]) -> tuple[int, int] | None:
    """Read the offsets as a browser counts; None if that does not give the value either."""
    units = text.encode("utf-16-le", errors="surrogatepass")
    begin, end = (2 * offset for offset in _offsets(row))
    if not 0 <= begin < end <= len(units):
        return None
    found = units[begin:end].decode("utf-16-le", errors="replace")
    if found != row["value"]:
        return None
    first = len(units[:begin].decode("utf-16-le", errors="replace"))
    return first, first + len(found)


def _search(text: str, row: dict[str, Any], taken: list[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the value's nearest place not taken by another annotation: first as written, then ignoring case."""
    value, (wanted, _) = row["value"], _offsets(row)
    if not value:
        return None
    # Lower-casing may change a text's length ("İ"), and with it every later offset.
    lowered = len(text.lower()) == len(text) and len(value.lower()) == len(value)
    for haystack, needle in ((text, value), *(((text.lower(), value.lower()),) if lowered else ())):
        places = [
            (begin, begin + len(needle))
            for begin in range(len(haystack) - len(needle) + 1)
            if haystack.startswith(needle, begin)
        ]
        free = [place for place in places if all(place[1] <= begin or end <= place[0] for begin, end in taken)]
        if free:
            return min(free, key=lambda place: (not _is_whole_word(text, place), abs(place[0] - wanted)))
    return None


def _is_whole_word(text: str, place: tuple[int, int]) -> bool:
    begin, end = place
    before, after = text[begin - 1 : begin], text[end : end + 1]
    return not (before.isalnum() and text[begin].isalnum()) and not (after.isalnum() and text[end - 1].isalnum())
