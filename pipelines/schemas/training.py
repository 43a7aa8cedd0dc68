"""What a training run is asked to do, and what validation found."""

import ast
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipelines.errors import UserInputError
from pipelines.schemas.bot import TrainingExample
from pipelines.settings import BOT_NAME

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The gravest first."""


_NEARLY = 0.85
"""Likeness of two names from which one is taken for a slip of the pen: `seeds` and `seed` have 0.89."""
_ALIKE = 0.6
"""Likeness from which on a name is proposed for one that is certainly no parameter."""
CASES = Path(__file__).parents[2] / "data" / "cases"
"""Where notebooks save conversations: in the checkout, whatever folder a training is started in."""


AUTO = "auto"
"""Value of a file parameter that stands for the file that fits the bot, if there is one."""
_INJECTED = "# Parameters"
"""First line of the cell in which papermill sets parameters."""
_NOT_PARAMS = ("progress_file",)
"""Variables of the notebook's cell of parameters that only the program that runs it sets."""


class TrainParams(BaseModel):
    """Parameters of a training run; the notebook's first cell has one variable for each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bot: str = Field(default="default", pattern=BOT_NAME, description="Bot to train.")
    source: str = Field(default="mongo", description="`mongo`, or a bot file to read instead.")
    home: Path = Field(default=Path(".intentloop"), description="Folder for snapshots and releases.")
    tracking_uri: str = Field(default="auto", description="MLflow server or store; `auto` finds one.")
    run_id: str = Field(default="", description="MLflow run to resume; empty: a new one.")
    out_of_scope_file: Path | None = Field(
        default=None, description="JSONL of utterances no intent should take, or `auto`."
    )
    test_file: Path | None = Field(
        default=None, description="JSONL of labelled utterances to report on only, or `auto`."
    )
    holdout_share: float = Field(
        default=0.15, ge=0.0, le=0.5, description="Share of the examples held out to evaluate."
    )
    cross_validate: int = Field(default=0, ge=0, le=20, description="Folds of an extra cross-validation; 0: none.")
    encoder: str = Field(
        default="auto", description="Sentence encoder: `auto`, `none`, or a folder with an ONNX model."
    )
    algorithm: Literal["ap", "lbfgs"] = Field(default="ap", description="Entity tagger: `ap` fast, `lbfgs` thorough.")
    refusal_cost: float = Field(
        default=0.7,
        ge=0.0,
        le=1.0,
        description="Cost of asking again, or of a language model, in wrong answers; used to fit the thresholds.",
    )
    needless_limit: float = Field(
        default=0.01,
        ge=0.0,
        le=0.5,
        description="Share of the rightly understood that fitted thresholds may refuse, to refuse more out of scope.",
    )
    search: int = Field(default=0, ge=0, description="Hyper-parameter candidates to try first; 0: no search.")
    min_accuracy: float = Field(default=0.6, ge=0.0, le=1.0, description="Gate: minimum accuracy on held-out examples.")
    min_entity_f1: float = Field(
        default=0.5, ge=0.0, le=1.0, description="Gate: minimum entity F1 on held-out examples."
    )
    min_behaviour: float = Field(
        default=0.7,
        ge=0.0,
        le=1.0,
        description="Gate: minimum share of intents that a typo or a greeting leaves unchanged.",
    )
    min_out_of_scope_recall: float = Field(
        default=0.1, ge=0.0, le=1.0, description="Gate: minimum share of held-out out-of-scope rows sent to fallback."
    )
    max_needless_fallback: float = Field(
        default=0.2, ge=0.0, le=1.0, description="Gate: maximum share of correctly understood rows sent to fallback."
    )
    max_latency_ms: float = Field(
        default=250.0, gt=0.0, description="Gate: maximum p95 of the CPU time to parse a message."
    )
    replays: int = Field(default=200, ge=0, description="Gate: newest stored conversations to replay; 0: none.")
    max_lost_goals: float = Field(
        default=0.02,
        ge=0.0,
        le=1.0,
        description="Gate: maximum share of conversations that lose their goal.",
    )
    cases: Path = Field(default=CASES, description="Gate: folder of saved conversations whose answers must not change.")
    accept_tool_changes: bool = Field(
        default=False,
        description="Gate: accept tool calls and questions that differ from those in stored conversations.",
    )
    max_relabelled: float = Field(
        default=0.05, ge=0.0, le=1.0, description="Gate: maximum share of texts with another intent than in production."
    )
    max_relabelled_of_intent: float = Field(
        default=0.2,
        ge=0.0,
        le=1.0,
        description="Gate: maximum share of one intent's texts, or one entity type's annotations, that are relabelled.",
    )
    accept_relabelled: bool = Field(
        default=False, description="Gate: accept that labels differ from those of the version in production."
    )
    seed: int = Field(default=0, ge=0, lt=2**32, description="Seed of everything random.")
    promote: bool = Field(default=False, description="Set the alias `release_alias` if the gate is passed.")
    release_alias: str = Field(default="production", min_length=1, description="Alias of the version that answers.")

    @classmethod
    def from_namespace(cls, namespace: Mapping[str, object]) -> Self:
        """Read every parameter from the variable of its name.

        Parameters
        ----------
        namespace
            The variables of a notebook, `globals()`; others than the parameters are passed over.

        Returns
        -------
        TrainParams
            The parameters, checked.

        Raises
        ------
        UserInputError
            A variable is missing, has an impossible value, or is no parameter: one of the cell of parameters in a
            notebook, or elsewhere a plain value whose name is nearly that of a parameter.
        """
        written = _written_parameters(namespace.get("In"), known=cls.model_fields)
        problems = [
            _unknown(name, cls.model_fields)
            for name, value in namespace.items()
            if name not in cls.model_fields and name not in _NOT_PARAMS
            if name in written
            or (isinstance(value, str | int | float | Path | None) and _nearest(name, cls.model_fields))
        ]
        problems += [f"{name!r} is missing" for name in cls.model_fields if name not in namespace]
        if not problems:
            try:
                return cls.model_validate({name: namespace[name] for name in cls.model_fields})
            except ValidationError as error:
                problems = [f"{fault['loc'][0]!r}: {fault['msg']}" for fault in error.errors(include_url=False)]
        raise UserInputError(f"{'; '.join(problems)}; correct the notebook's cell of parameters")

    @model_validator(mode="before")
    @classmethod
    def _knows_every_name(cls, values: object) -> object:
        unknown = [name for name in values if name not in cls.model_fields] if isinstance(values, Mapping) else []
        if unknown:
            raise ValueError("; ".join(_unknown(str(name), cls.model_fields) for name in unknown))
        return values

    @field_validator("cross_validate")
    @classmethod
    def _one_fold_is_none(cls, folds: int) -> int:
        if folds == 1:
            raise ValueError("a cross-validation needs 2 folds or more; 0 skips it")
        return folds

    @field_validator("out_of_scope_file", "test_file", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value


def _nearest(name: str, known: Iterable[str], *, cutoff: float = _NEARLY) -> str:
    return next(iter(get_close_matches(name, known, n=1, cutoff=cutoff)), "")


def _unknown(name: str, known: Iterable[str]) -> str:
    likely = _nearest(name, known, cutoff=_ALIKE)
    return f"{name!r} is no parameter" + (f", did you mean {likely!r}?" if likely else "")


def _written_parameters(cells: object, *, known: Collection[str]) -> set[str]:
    """Return the names in the cells of parameters, given the cells that IPython has run, in order.

    The newest cell that sets nothing but plain values, most of the parameters among them, is the notebook's own; cells
    of plain values after it are what papermill or a person sets instead. An earlier one may have been corrected since.
    """
    names: set[str] = set()
    for source in reversed(cells if isinstance(cells, list) else []):
        assigned = _plain_assignments(str(source))
        if any(name in known for name in assigned) or str(source).lstrip().startswith(_INJECTED):
            names |= assigned
        if 2 * len(assigned.intersection(known)) > len(known):
            return names
    return set()


def _plain_assignments(source: str) -> set[str]:
    """Return the names that a cell assigns, if all it does is to assign plain values."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a magic command
        return set()
    names: set[str] = set()
    for statement in statements:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if not targets or not all(isinstance(target, ast.Name) for target in targets):
            return set()
        try:
            ast.literal_eval(statement.value)  # type: ignore[attr-defined]
        except ValueError:
            return set()
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


class RowEdit(BaseModel):
    """A change of one example, small enough to review: its old and its new form.

    It is applied only if `before` is still there. `after` is None for an example to delete.
    """

    model_config = ConfigDict(frozen=True)

    intent_id: str
    position: int = Field(ge=1, description="Position of the example within its intent, from 1.")
    before: TrainingExample
    after: TrainingExample | None

    def __str__(self) -> str:
        """Describe the change, with values in brackets: `to [Oslo](city)`."""
        if self.after is None:
            return "delete the example"
        text = self.after.text
        for span in sorted(self.after.entities, key=lambda span: -span.begin):
            text = f"{text[: span.begin]}[{text[span.begin : span.end]}]({span.name}){text[span.end :]}"
        return f"make it: {text}"


class Finding(BaseModel):
    """One finding of validation.

    An error stops a training run, a warning should be reviewed, a note is for information. `intent_id` is the intent
    concerned, if one is. If it concerns an example, `text` is that example's text, and `start` and `end` delimit the
    characters concerned, if only some are. `edit` is set if a program can safely make the repair.
    """

    model_config = ConfigDict(frozen=True)

    severity: Severity
    check: str
    row: str = Field(description="Id of the example, intent or entity concerned.")
    explanation: str
    repair: str
    intent_id: str = ""
    position: int | None = Field(default=None, description="Position of the example within its intent, from 1.")
    text: str = ""
    start: int | None = None
    end: int | None = None
    edit: RowEdit | None = None

    def __str__(self) -> str:
        return f"{self.row}: {self.explanation} Repair: {self.repair}"
