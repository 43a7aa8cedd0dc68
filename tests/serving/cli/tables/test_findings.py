"""What `intentloop validate` prints."""

import io

from rich.console import Console

from pipelines.schemas.bot import TrainingExample
from pipelines.schemas.training import Finding, RowEdit, Severity
from serving.cli.tables.findings import print_difference, print_findings


def finding(severity: Severity, check: str, row: str, *, is_repairable: bool = False) -> Finding:
    edit = RowEdit(intent_id="a", position=1, before=TrainingExample(text=""), after=None) if is_repairable else None
    return Finding(severity=severity, check=check, row=row, explanation="it is [odd].", repair="mend it.", edit=edit)


def printed(*findings: Finding, n_rows: int = 1234) -> list[str]:
    stream = io.StringIO()
    print_findings(findings, source="bot.json", n_rows=n_rows, console=Console(file=stream, width=40))
    return stream.getvalue().splitlines()


def test_print_findings_groups_them_the_gravest_first() -> None:
    lines = printed(
        finding("note", "text_is_not_repeated", "a/9", is_repairable=True),
        *(finding("warning", "enough_examples", f"intent{number}") for number in range(5)),
        finding("error", "span_in_text", "a/1"),
    )
    assert lines == [
        "error annotations outside their text (1)",
        "  a/1: it is [odd].",
        "    -> mend it.",
        "warning intents with few examples (5)",
        "  intent0: it is [odd].",
        "    -> mend it.",
        "  intent1: it is [odd].",
        "    -> mend it.",
        "  intent2: it is [odd].",
        "    -> mend it.",
        "  ... and 2 more; --out report.html shows them",
        "note repeated examples (1)",
        "  a/9: it is [odd].",
        "    -> mend it. [--fix]",
        "bot.json: 1,234 examples, 1 error, 5 warnings, 1 note",
        "1 can be repaired by --fix, which shows what it changes; --undo reverts it",
    ]


def test_print_findings_of_a_good_bot_is_one_line() -> None:
    assert printed() == ["bot.json: 1,234 examples, 0 errors, 0 warnings, 0 notes"]


def test_print_difference_prints_it_as_it_is() -> None:
    stream = io.StringIO()
    difference = "--- a\n+++ b\n@@ -1 +1 @@\n-[red]old[/red]\n+" + "new " * 50
    print_difference(difference, console=Console(file=stream, width=40))
    assert stream.getvalue() == difference + "\n"
