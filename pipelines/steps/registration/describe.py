"""What whoever promotes reads in the MLflow UI: the descriptions of a registered model and of its versions.

MLflow renders them as Markdown, and shows the first words of a version's in the table of versions.
"""

from collections.abc import Iterator

from pipelines.schemas.release import Manifest
from pipelines.schemas.verdict import Check
from pipelines.shares import describe_figure
from pipelines.steps.evaluation.evaluate import Evaluation

_MAX_CHARS = 2500
"""Together with all tags, the description must fit into one tag of the run, which holds 8,000."""


def describe_version(
    gate: Check, evaluation: Evaluation, manifest: Manifest, *, compared_with: str | None, alias: str
) -> str:
    """Describe a version: its verdict first, then its figures, then what changes and what could not be checked.

    `alias` is that of the version that answers.
    """
    against = f"compared with version {compared_with}" if compared_with else "there was no version to compare it with"
    if gate.passed:
        opening = [
            f"PASSED the gate: nothing {'refuses' if gate.warnings else 'speaks against'} it ({against}).",
            f"To promote it, give it the alias `{alias}` under *Aliases* above; the button *Promote model* does not.",
        ]
    elif len(gate.reasons) == 1:
        opening = [f"REFUSED: {gate.reasons[0]} ({against})."]
    else:
        opening = [f"REFUSED for {len(gate.reasons)} reasons ({against}):", _listed(gate.reasons)]
    if not gate.passed:
        opening.append(
            f"It must not answer: a chat API refuses it even with the alias `{alias}`. Correct that and train again."
        )
    parts = [*opening, _listed(_figures(evaluation, manifest))]
    if gate.warnings:
        parts.insert(len(opening), "Know this before you promote it:\n\n" + _listed(gate.warnings))
    if gate.notes:
        parts += ["What changes, and what was not checked:", _listed(gate.notes)]
    parts.append("Every check with its limits: `gate/report.html` among the artifacts of the source run.")
    text = "\n\n".join(parts)
    return text if len(text) <= _MAX_CHARS else f"{text[:_MAX_CHARS].rstrip()} ..."


def describe_model(bot: str, *, alias: str) -> str:
    """Describe a bot's registered model: how to promote and roll back, and what the tags mean."""
    return f"""Releases of the bot `{bot}`. The version with the alias `{alias}` answers customers.

- **Promote:** on a version with the tag `gate: passed`, click the pencil or *Add* under *Aliases*, enter `{alias}` and
  save. The alias leaves the version that had it; within about ten seconds the chat API answers with the new one.
- **Roll back:** give the alias `{alias}` to the version that had it before: its tag is `stage: Archived`, and
  `promoted_at` says since when it answered.
- **Not for this:** the blue button *Promote model* copies a version to another registered model and changes nothing for
  customers; a bot does not answer with a copy of another bot's version.
- On the command line: `intentloop promote VERSION`, `intentloop rollback`, `intentloop releases`.

**Aliases:** `candidate` is the newest version that passed its gate. `canary` answers a share of the conversations, and
`shadow` is tried on every message and answers nobody, where the chat API is set up for it.

**Tags:** `gate` is `passed` (may answer) or `failed` (must not; `gate_reasons` says why). `stage` follows the alias:
`Staging` (never promoted), `Production` (answers) or `Archived` (answered before). `refused_reason`: a chat API refused
the version although it has the alias, and the one before keeps answering. The hashes bind a verdict to its files: leave
them alone.
"""


def _figures(evaluation: Evaluation, manifest: Manifest) -> Iterator[str]:
    metrics = evaluation.metrics
    if "accuracy" in metrics:
        interval = metrics["accuracy_low"], metrics["accuracy_high"]
        accuracy = describe_figure(metrics["accuracy"], n=metrics.get("n_in_scope"), interval=interval)
        yield f"{accuracy} of held-out utterances understood"
    if "entity_f1" in metrics:
        yield f"entity F1 {describe_figure(metrics['entity_f1'], n=metrics.get('n_entities'))}"
    if "out_of_scope_recall" in metrics:
        recall = describe_figure(metrics["out_of_scope_recall"], n=metrics.get("n_out_of_scope"))
        yield f"{recall} of out-of-scope utterances refused"
    yield f"trained on snapshot {manifest.data_hash[:12]}"


def _listed(lines: tuple[str, ...] | Iterator[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
