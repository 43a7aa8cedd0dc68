"""A look at examples: the tables say what was put into the bot, and plots and styles can be made of any of them."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.exploration.explore import Exploration, explore_examples
from pipelines.exploration.explore_plots import plot_overlap, plot_own_confidence, plot_sizes, style_intents, style_rows
from pipelines.steps.data.extract import Extract, extract_from_wire
from tests.support.bots import TINY_BOT_WIRE, intent

MISPLACED = "can you tell me where my order is"


def extract_of(wire: dict[str, Any]) -> Extract:
    return extract_from_wire(wire, source="the test")


@pytest.fixture(scope="module")
def planted() -> Exploration:
    """Give a look at the tiny bot with a greeting and a question among the orders, and a value without its mark."""
    wire = {**TINY_BOT_WIRE, "intents": list(TINY_BOT_WIRE["intents"])}
    order = next(row for row in wire["intents"] if row["intentId"] == "order_product")
    rows = [
        *order["trainingData"],
        {"text": "hello bott"},
        {"text": "buy some tents"},
        {"text": "?!"},
        {"text": MISPLACED},
    ]
    wire["intents"][wire["intents"].index(order)] = {**order, "trainingData": rows}
    return explore_examples(extract_of(wire), encoder=None)


def test_explore_counts_examples_wordings_and_annotations(planted: Exploration) -> None:
    table = planted.intents
    assert list(table.index) == [row["intentId"] for row in TINY_BOT_WIRE["intents"] if row["trainingData"]]
    order = next(row for row in TINY_BOT_WIRE["intents"] if row["intentId"] == "order_product")
    assert table.loc["order_product", "examples"] == len(order["trainingData"]) + 3  # signs alone are left out
    assert table.loc["greet", "annotated"] == 0.0
    assert table.loc["track_order", "wordings"] <= table.loc["track_order", "examples"]
    assert table["understood"].between(0, 1).all()
    assert (table["low"] <= table["understood"]).all()
    assert (table["understood"] <= table["high"]).all()
    assert (table["tried"] == table["examples"]).all()


def test_explore_overlap_is_of_shares(planted: Exploration) -> None:
    assert np.allclose(planted.overlap.sum(axis=1), 1.0)
    assert list(planted.overlap.columns) == list(planted.overlap.index)
    own = np.diag(planted.overlap)
    assert np.allclose(planted.intents["overlap"], 1.0 - own)


def test_explore_finds_the_planted_rows(planted: Exploration) -> None:
    first = planted.near_duplicates.iloc[0]
    assert {first["text"], first["other_text"]} == {"hello bot", "hello bott"}
    assert {first["intent"], first["other_intent"]} == {"greet", "order_product"}
    row = planted.annotations.set_index("phrase").loc["tents"]
    assert (row["type"], row["unmarked"], row["example"]) == ("product", 1, "buy some tents")
    hard = planted.hardest.set_index("text").loc[MISPLACED]
    assert (hard["intent"], hard["understood_as"], hard["nearest_intent"]) == (
        "order_product", "track_order", "track_order",
    )  # fmt: skip
    assert hard["confidence"] > hard["own_confidence"]


def test_explore_neighbours_are_of_another_wording(planted: Exploration) -> None:
    assert (planted.hardest["text"] != planted.hardest["nearest_text"]).all()


def test_plots_and_styles_can_be_made(planted: Exploration) -> None:
    for figure in (plot_sizes(planted), plot_overlap(planted), plot_own_confidence(planted)):
        assert figure.axes[0].get_title()
        figure.canvas.draw()
    assert "order_product" in style_intents(planted).to_html()
    for table in (planted.hardest, planted.near_duplicates, planted.annotations):
        assert len(style_rows(table, count=1).data) == 1
        style_rows(table.head(0)).to_html()


def test_explore_knows_nothing_of_an_intent_with_a_single_example() -> None:
    wire = {**TINY_BOT_WIRE, "intents": [*TINY_BOT_WIRE["intents"], intent("lonely", "", ["do you rent boats"])]}
    exploration = explore_examples(extract_of(wire), encoder=None)
    row = exploration.intents.loc["lonely"]
    assert (row["examples"], row["tried"], np.isnan(row["understood"])) == (1, 0, True)
    shown = style_intents(exploration).to_html()
    assert "a single example: unknown" in shown
    assert re.search(r"8: \d+% to \d+%", shown)  # the greetings
    assert f"of {len(exploration.confidences):,} understood" in plot_own_confidence(exploration).axes[0].get_title()


def test_explore_of_a_bot_with_one_intent_and_one_row() -> None:
    exploration = explore_examples(extract_of({"intents": [intent("a", "", ["hello there"])]}), encoder=None)
    assert exploration.intents.loc["a", "mostly_with"] == ""
    assert exploration.hardest.empty
    assert plot_overlap(exploration).axes[0].texts[0].get_text() == "no intent overlaps another"
    plot_own_confidence(exploration).canvas.draw()


def test_explore_without_a_word_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="add some to each intent"):
        explore_examples(extract_of({"intents": [intent("a", "", ["?!"])]}), encoder=None)


def test_style_rows_shows_what_somebody_wrote_as_text() -> None:
    shown = style_rows(pd.DataFrame({"similarity": [0.5], "text": ["<img src=x>"]})).to_html()
    assert "&lt;img" in shown
    assert "<img" not in shown
    assert "50%" in shown
