"""The guide to the bot file names every field of the models, with its default."""

import json
import re

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipelines.botfile.check import check_content
from pipelines.schemas.bot import (
    AnnotatedSpan,
    BotFile,
    Entity,
    EntityValue,
    Intent,
    QuickReplyOption,
    TestRow,
    TrainingExample,
)
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.thresholds import ChosenThresholds
from pipelines.schemas.tool import ToolSpec
from tests.support.docs import ROOT

GUIDE = (ROOT / "serving" / "docs" / "bot-file.md").read_text(encoding="utf-8")
MODEL_BY_HEADING: dict[str, type[BaseModel]] = {
    "The file": BotFile, "Intent": Intent, "Example": TrainingExample, "Annotation": AnnotatedSpan,
    "Row of the test set": TestRow, "Parameter": Parameter, "Button": QuickReplyOption, "Tool": ToolSpec,
    "Entity": Entity, "Value": EntityValue, "Thresholds": ChosenThresholds,
}  # fmt: skip


def shown_default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.default
    if default is None or default == ():
        return "none"
    if default == "":
        return "empty"
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def test_the_guide_has_a_table_for_each_object() -> None:
    assert re.findall(r"^## (.+)$", GUIDE, re.MULTILINE) == list(MODEL_BY_HEADING)


@pytest.mark.parametrize(("heading", "model"), MODEL_BY_HEADING.items(), ids=list(MODEL_BY_HEADING))
def test_the_guide_names_every_field_and_default(heading: str, model: type[BaseModel]) -> None:
    section = GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", section, re.MULTILINE)
    assert rows == [(field.alias or name, shown_default(field)) for name, field in model.model_fields.items()]


def test_the_smallest_bot_file_of_the_guide_is_one() -> None:
    block = re.search(r"```json\n(.+?)```", GUIDE, re.DOTALL)
    assert block is not None
    assert len(check_content(json.loads(block[1]), source="guide").wire["intents"]) == 1
