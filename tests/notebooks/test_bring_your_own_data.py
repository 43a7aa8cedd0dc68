"""The notebook that makes a bot of a table, on a table of another shop than the sample's."""

import json
from pathlib import Path

import pytest

from tests.support.notebooks import FOLDER, code_cells, kinds_of, run_notebook

NAME = "15_bring_your_own_data.ipynb"
MOST_LINES = 19
TEXTS_BY_LABEL = {
    "Öffnungszeiten": "wann habt ihr {} auf|seid ihr {} offen|wie lange ist {} geöffnet|bis wann kann ich {} kommen",
    "Kurs buchen": "ich möchte {} einen Kurs buchen|ist {} noch ein Platz im Kurs|melde mich {} für Yoga an|Kurs {} bitte",
    "Kündigen?": "ich möchte {} kündigen|wie kündige ich {}|meinen Vertrag {} beenden|Kündigung {} bitte",
}


def test_it_takes_fewer_than_twenty_lines() -> None:
    lines = [line for cell in code_cells(FOLDER / NAME) for line in "".join(cell["source"]).split("\n")]
    assert sum(bool(line.strip()) for line in lines) <= MOST_LINES


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
def test_notebook_makes_a_bot_of_a_table_that_talks(tmp_path: Path) -> None:
    file, bot_file = tmp_path / "rows.csv", tmp_path / "bot.json"
    rows = [
        f"{text.format(when)};{label}"
        for label, texts in TEXTS_BY_LABEL.items()
        for text in texts.split("|")
        for when in ("heute", "morgen", "am Montag", "nächste Woche")
    ]
    file.write_text("\n".join(["Anfrage;Anliegen", *rows]), encoding="cp1252")
    outputs = run_notebook(
        NAME,
        tmp_path / "executed.ipynb",
        bot="gym",
        csv_file=str(file),
        source=str(bot_file),
        home=str(tmp_path / "home"),
        texts=["seid ihr am Montag offen"],
    )
    assert "error" not in [output["output_type"] for output in outputs]
    assert kinds_of(outputs).count("text/html") >= 4
    shown = json.dumps([output.get("data", {}) for output in outputs], ensure_ascii=False)
    assert "Ich habe verstanden: Öffnungszeiten." in shown
    wire = json.loads(bot_file.read_text(encoding="utf-8"))
    assert wire["language"] == "de"
    assert [intent["intentId"] for intent in wire["intents"][:3]] == ["oeffnungszeiten", "kurs_buchen", "kuendigen"]
