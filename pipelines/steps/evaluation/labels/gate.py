"""The gate's check of labels that changed: a few are noted, many must be accepted by whoever trains."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from pipelines.schemas.examples import OUT_OF_SCOPE, name_of
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import ACCEPT_RELABELLED, Check, Measure
from pipelines.steps.evaluation.labels.changes import ChangedSpan, Fate, LabelChanges

MIN_CHANGED = 5
"""Fewer labels of one intent or entity type may change whatever their share."""
MIN_CHANGED_OVERALL = 11
"""Ten examples that an author moves to better places are no reason."""
MIN_SPANS = 10
"""An entity type with fewer annotations may vanish with a few texts, and many may be added: it is only now taught."""
_SHOWN = 8
"""Reasons about single intents or types; more are counted. A verdict's reasons have to fit into a tag."""
_TARGETS = 3
_ACCEPT = (
    "if that is meant, train again and accept it: the admin pages have a button for it, commands the option "
    f"`{ACCEPT_RELABELLED}`, notebooks `accept_relabelled = True`"
)
_SHOWN_INTENTS = 6
"""Intents that gained or lost most examples; more are counted."""
_FATES: dict[Fate, str] = {
    "removed": "were removed",
    "on other words": "are now on other words of the text",
    "with another value": "now have another value",
}


def check_relabelled(
    changes: LabelChanges | None, params: TrainParams, *, types: Collection[str], version: str
) -> Check:
    """Refuse a candidate whose examples carry many other labels than those of the version in production.

    Parameters
    ----------
    changes
        None if the examples of that version are unknown: that is noted.
    params
        The limits, and whether the changes are accepted: then they are only noted.
    types
        The entity types that the candidate's bot uses; others may go.
    version
        The version in production.
    """
    if changes is None:
        return Check(notes=(f"the examples of version {version} are unknown, so no label was compared with its own",))
    found = [*_intents(changes, params), *_types(changes, params, types=types)]
    reasons = [*_shortened(found)]
    overall = _overall(changes, params)
    if overall and not found:
        reasons.append(overall)
    notes = [*_renamed(changes), *_shrunk(changes), *_gone(changes, types=types), *_sizes(changes)]
    n_texts = len({each.example_id for each in changes.intents} | {each.example_id for each in changes.spans})
    if n_texts:
        notes.insert(
            0,
            f"{n_texts:,} of {changes.n_texts:,} texts have another label than in version {version}; the table "
            "'relabelled' of the run lists them",
        )
    if reasons and params.accept_relabelled:
        notes += [f"accepted: {reason}" for reason in reasons]
        reasons = []
    figures = {"relabelled_texts": float(n_texts), "compared_texts": float(changes.n_texts)}
    measures = (*_measures(changes, params, is_passed=not reasons),)
    last = [f"{reason}; {_ACCEPT}" if number == len(reasons) else reason for number, reason in enumerate(reasons, 1)]
    return Check(reasons=tuple(last), figures=figures, notes=tuple(notes), measures=measures)


def _intents(changes: LabelChanges, params: TrainParams) -> list[str]:
    """Return a sentence for each intent of which too many texts have another label, the gravest first."""
    moved: dict[str, Counter[str]] = {}
    for each in changes.intents:
        moved.setdefault(each.was, Counter())[each.now] += 1
    kept = changes.n_texts_by_intent
    limit = params.max_relabelled_of_intent
    large = {name: to for name, to in moved.items() if _is_much(to.total(), kept[name], limit=limit)}
    sentences, told = [], set[str]()
    for name, to in sorted(large.items(), key=lambda item: -item[1].total()):
        other = to.most_common(1)[0][0]
        back = large.get(other, Counter())
        if name in told:
            continue
        if back and back.most_common(1)[0][0] == name:
            told |= {name, other}
            sentences.append(
                f"the labels of {name_of(name)} and {name_of(other)} were exchanged: {to[other]} of {kept[name]} texts "
                f"of {name_of(name)} are now labelled {name_of(other)}, and {back[name]} of {kept[other]} the other way"
            )
        else:
            told.add(name)
            where = ", ".join(f"{count} {name_of(other)}" for other, count in to.most_common(_TARGETS))
            where = name_of(other) if len(to) == 1 else f"otherwise ({where})"
            sentences.append(f"{to.total()} of {kept[name]} texts of {name_of(name)} are now labelled {where}")
    return sentences + [
        f"the intent {name_of(name)} is gone, with its {then} texts"
        for name, then in sorted(changes.rows_then.items())
        if then >= MIN_CHANGED and not changes.rows_now.get(name)
        if name != OUT_OF_SCOPE and name not in told and name not in changes.renamed_intents
    ]


def _types(changes: LabelChanges, params: TrainParams, *, types: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each entity type that lost too many annotations, or whose annotations changed too much."""
    lost: dict[str, list[ChangedSpan]] = {}
    for each in changes.spans:
        if each.fate != "added":
            lost.setdefault(each.type, []).append(each)
    named = set()
    for name, spans in sorted(lost.items(), key=lambda item: -len(item[1])):
        n_then = changes.n_spans_by_type[name]
        if name in types and _is_much(len(spans), n_then, limit=params.max_relabelled_of_intent):
            named.add(name)
            yield _describe_type(name, spans, n_then, changes)
    for name, then in changes.spans_then.items():
        is_gone = then >= MIN_SPANS and not changes.spans_now.get(name) and name not in changes.renamed_types
        if is_gone and name in types and name not in named:
            yield f"none of the {then} annotations of type {name!r} is left: their texts were deleted or replaced"
    added = Counter(each.type for each in changes.spans if each.fate == "added")
    for name, count in added.most_common():
        is_new = changes.spans_then.get(name, 0) < MIN_SPANS
        if not is_new and _is_much(count, changes.n_spans_by_type[name], limit=1.0):
            n_then = changes.n_spans_by_type[name]
            yield f"{count} annotations of type {name!r} were added to texts that had none of it; they were {n_then}"


def _describe_type(name: str, spans: list[ChangedSpan], n_then: int, changes: LabelChanges) -> str:
    by_fate = Counter((each.fate, each.now if each.fate == "of another type" else "") for each in spans)
    parts = [
        f"{count} " + (f"are now of type {other!r}" if fate == "of another type" else _FATES[fate])
        for (fate, other), count in by_fate.most_common(_TARGETS)
    ]
    now = changes.spans_now.get(name, 0)
    left = f"there are {now} now" if now else "none is left"
    if len(by_fate) == 1:
        count, _, what = parts[0].partition(" ")
        return f"{count} of {n_then} annotations of type {name!r} {what}; {left}"
    return f"{len(spans)} of {n_then} annotations of type {name!r} changed: {', '.join(parts)}; {left}"


def _overall(changes: LabelChanges, params: TrainParams) -> str:
    n_intents = len(changes.intents)
    if n_intents >= MIN_CHANGED_OVERALL and n_intents > params.max_relabelled * changes.n_texts:
        largest = Counter(each.was for each in changes.intents).most_common(_TARGETS)
        names = ", ".join(name_of(name) for name, _ in largest)
        return f"{n_intents} of {changes.n_texts} texts have another intent than before, most of them of {names}"
    return ""


def _is_much(count: int, of: int, *, limit: float) -> bool:
    return count >= MIN_CHANGED and count > limit * of


def _shortened(sentences: list[str]) -> Iterator[str]:
    yield from sentences[:_SHOWN]
    if len(sentences) > _SHOWN:
        yield f"{len(sentences) - _SHOWN} more intents or entity types were relabelled as much"


def _sizes(changes: LabelChanges) -> Iterator[str]:
    """Yield how many examples there are, were, and which intents have more or fewer."""
    now, then = (sum(counts.values()) for counts in (changes.rows_now, changes.rows_then))
    before = {changes.renamed_intents.get(name, name): count for name, count in changes.rows_then.items()}
    differences = {
        name: changes.rows_now.get(name, 0) - before.get(name, 0) for name in sorted({*changes.rows_now, *before})
    }
    changed = sorted((name for name, by in differences.items() if by), key=lambda name: -abs(differences[name]))
    if not changed:
        return
    listed = [f"{name_of(name)} {differences[name]:+,}" for name in changed[:_SHOWN_INTENTS]]
    if len(changed) > _SHOWN_INTENTS:
        listed.append(f"{len(changed) - _SHOWN_INTENTS} more intents")
    yield f"learns from {now:,} examples, version {changes.version} from {then:,}: {', '.join(listed)}"


def _renamed(changes: LabelChanges) -> Iterator[str]:
    for kind, renamed, counts in (
        ("intent", changes.renamed_intents, changes.rows_now),
        ("entity type", changes.renamed_types, changes.spans_now),
    ):
        what = "texts" if kind == "intent" else "annotations"
        yield from (
            f"the {kind} {old!r} is now called {new!r}, with {counts[new]} {what}" for old, new in renamed.items()
        )


def _shrunk(changes: LabelChanges) -> Iterator[str]:
    """Yield a note for each intent that lost most of its texts."""
    for name, then in sorted(changes.rows_then.items()):
        now = changes.rows_now.get(name, 0)
        is_gone = not now and name != OUT_OF_SCOPE
        if then - now >= MIN_CHANGED and 2 * now < then and not is_gone and name not in changes.renamed_intents:
            yield f"{name_of(name)} has {now} texts, of {then} in version {changes.version}"


def _gone(changes: LabelChanges, *, types: Collection[str]) -> Iterator[str]:
    for name, then in sorted(changes.spans_then.items()):
        now = changes.spans_now.get(name, 0)
        if name not in changes.renamed_types and 2 * now < then and then - now >= MIN_CHANGED:
            unused = "" if name in types else "; no intent of the bot uses the type"
            yield f"entity type {name!r} has {now} annotations, of {then} in version {changes.version}{unused}"


def _measures(changes: LabelChanges, params: TrainParams, *, is_passed: bool) -> Iterator[Measure]:
    if not changes.n_texts:
        return
    n_intents, since = len(changes.intents), f"since version {changes.version}"
    yield Measure(
        name=f"texts with another intent {since}",
        value=n_intents / changes.n_texts,
        limit=params.max_relabelled,
        is_floor=False,
        n=changes.n_texts,
        passed=is_passed or not _overall(changes, params),
    )
    for kind, changed, kept in (
        ("texts of {} with another intent", Counter(each.was for each in changes.intents), changes.n_texts_by_intent),
        (
            "annotations of type {} removed or changed",
            Counter(each.type for each in changes.spans if each.fate != "added"),
            changes.n_spans_by_type,
        ),
    ):
        worst = _worst(changed, kept)
        if worst:
            limit = params.max_relabelled_of_intent
            yield Measure(
                name=f"{kind.format(name_of(worst))} {since}",
                value=changed[worst] / kept[worst],
                limit=limit,
                is_floor=False,
                n=kept[worst],
                passed=is_passed or not _is_much(changed[worst], kept[worst], limit=limit),
            )


def _worst(changed: Mapping[str, int], kept: Mapping[str, int]) -> str:
    """Return the name of which the largest share changed, of those that count."""
    shares = {name: count / kept[name] for name, count in changed.items() if count >= MIN_CHANGED}
    return max(shares, key=lambda name: shares[name], default="")
