"""Telling a value from a piece of one: what stands around it in the text. Pure."""


def is_cut_from_number(text: str, start: int, end: int) -> bool:
    """Tell whether `[start, end)` is a piece of a number: the 5 of `1.5`, the 3 of `-3`, the 2 of `2,000`."""
    before, after = text[:start], text[end:]
    is_number = text[start : start + 1].isdigit()
    is_signed = before.endswith(("-", "\u2212")) and not before[-2:-1].strip()
    is_end = before.endswith((".", ",")) and before[-2:-1].isdigit()
    is_begin = text[end - 1 : end].isdigit() and after.startswith((".", ",")) and after[1:2].isdigit()
    return is_begin or (is_number and (is_signed or is_end))


def is_whole_value(text: str, start: int, end: int) -> bool:
    """Tell whether `[start, end)` begins and ends with a word or number of its own."""
    goes_on = text[start - 1 : start].isalnum() and text[start : start + 1].isalnum()
    goes_on = goes_on or (text[end : end + 1].isalnum() and text[end - 1 : end].isalnum())
    return not (goes_on or is_cut_from_number(text, start, end))
