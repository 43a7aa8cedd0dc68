"""A bot as notebooks and scripts use it: one line for each thing that a data scientist does with it."""

import re
from pathlib import Path
from typing import Unpack

import pandas as pd

from pipelines.drift.drift import Drift
from pipelines.drift.run import look_for_drift
from pipelines.errors import NotFound, UserInputError
from pipelines.importing.bot import Mode
from pipelines.registry.client import RegisteredVersion
from pipelines.registry.fetch import NEWEST, fetch_release, find_version, load_newest_passed
from pipelines.registry.reference import Reference, parse_reference
from pipelines.registry.release import Release, load_release
from pipelines.registry.verdict import GATE_TAG, REASONS_TAG
from pipelines.schemas import html
from pipelines.schemas.bot import BotFile
from pipelines.steps.data.labels import read_items
from pipelines.steps.data.turns import read_turns
from pipelines.steps.evaluation.compare_releases import ReleaseComparison, compare_releases
from pipelines.steps.evaluation.fresh import fresh_rows
from serving.lab.background import with_database
from serving.lab.examples import Examples, UsedTable, read_used
from serving.lab.importing import ImportedTable, read_rows, store_rows
from serving.lab.moves import Move
from serving.lab.options import TrainOptions, params_of
from serving.lab.place import Place, Since, begin_of
from serving.lab.progress import shown_progress
from serving.lab.release import BotRelease
from serving.lab.rows import Rows, to_examples
from serving.lab.scoring import score_turns
from serving.lab.tables import aliases_of, label_table, release_table
from serving.lab.talk import talk_with
from serving.lab.training import TrainingResult, read_result, run_in_child
from serving.release.promoter import AliasMove, Promoter
from serving.store.client import Database

Named = int | str | Path
"""A version: its number, an alias such as `production`, `newest` (of those that passed), or a release folder."""
_ALIAS = re.compile(r"[a-zA-Z][\w-]*")
_HELD_OUT = ", all of them held out in both trainings"


class Bot:
    """One bot: its examples, trainings, releases, and what customers wrote.

    Every line reads anew, so two calls may differ while the platform runs. Without a platform the examples come from a
    bot file (`source`), and trainings are logged to a file in the home folder. All errors are `BotError`.

    Parameters
    ----------
    name
        The bot. Default: that of `INTENTLOOP_DEFAULT_BOT`.
    source
        Where the examples are: `mongo`, the drafts in the database, or a bot file.
    home
        The platform's home folder. Default: the one that commands use in this folder.
    tracking_uri
        The MLflow server or store. `auto` finds it as commands do, and else takes a file in the home folder.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        source: Path | str = "mongo",
        home: Path | str | None = None,
        tracking_uri: str = "auto",
    ) -> None:
        self._place = Place.find(name, home=home, tracking_uri=tracking_uri)
        self._examples = Examples(self._place, str(source))
        self._loaded: dict[str, Release] = {}

    @property
    def name(self) -> str:
        """The bot's name."""
        return self._place.bot

    # -- examples and training

    @property
    def examples(self) -> pd.DataFrame:
        """What the next training learns from: `text`, `intent`, `entities`, `origin` and `example_id`.

        `entities` are lists of `{"start", "end", "type", "value"}`. Out-of-scope utterances have the intent `__oos__`.
        """
        return self._examples.frame()

    @property
    def definition(self) -> BotFile:
        """The bot as a training reads it: intents with replies, parameters and tools, and entities."""
        return self._examples.extract().bot_file

    def use(self, examples: pd.DataFrame | None) -> UsedTable | None:
        """Train on these examples from now on, in this session; return what was read, and what the data gate finds.

        The drafts in the database stay as they are: intents keep their replies, parameters and tools from there, and
        only the examples are others. An intent without a row has none, but for `cancel` and the other intents of every
        bot. The fixed test set stays, too. None: train on the drafts again.

        Parameters
        ----------
        examples
            Columns `text` and `intent`, and optionally `entities`, as in `bot.examples`; or whatever
            `intentloop import` reads, such as values marked in the text: `where is [ORD-1042](order_id)`. The intent
            `__oos__` marks what no intent should take.

        Raises
        ------
        DataRejected
            The table cannot be read; the message names the row or column. What was used before stays.
        """
        if examples is None:
            self._examples = self._examples.using(None)
            return None
        rows = read_used(examples)
        used = self._examples.using(rows)
        table = UsedTable(rows, used.check())
        self._examples = used
        return table

    def import_rows(
        self,
        table: pd.DataFrame | Path | str,
        *,
        text_column: str | None = None,
        intent_column: str | None = None,
        language: str | None = None,
        mode: Mode = "add",
    ) -> ImportedTable:
        """Put a table of labelled texts into the drafts, as `intentloop import rows.csv` does; make the bot if new.

        `bot.use` changes this session only; this is kept, in the database or in the bot file that is the `source`.

        Parameters
        ----------
        table
            A DataFrame, or a CSV, TSV, JSONL or Parquet file.
        text_column, intent_column
            By name or number from 1; None finds them.
        language
            Tag of the texts' language; None guesses it.
        mode
            What becomes of what the bot has and the table does not: `add` keeps it, `replace_examples` deletes the
            other examples of the table's intents, `replace` everything.

        Raises
        ------
        DataRejected
            The table cannot be read; the message names row and column, and what to do.
        """
        rows = read_rows(table, text_column=text_column, intent_column=intent_column, language=language)
        self._examples = self._examples.using(None)
        report = store_rows(self._place, rows, source=self._examples.drafts, mode=mode)
        return ImportedTable(rows, report, self._examples.check())

    def train(self, **options: Unpack[TrainOptions]) -> TrainingResult:
        """Train on `bot.examples`, evaluate, judge, and register a version: about a minute for the sample bot.

        The options are the parameters of the training notebook; the most useful: `test_file`, `cross_validate=5`,
        `search=30`, `needless_limit`, `seed`, `promote=True` (go live if the gate passes). It runs in a process of its
        own, which an interrupt ends.

        Raises
        ------
        UserInputError
            There is no such option, or its value is impossible.
        TrainingFailed
            The training stopped, and says why: faulty data, another training of the bot, a server that is away.
        """
        place, home = self._place, self._place.settings.home.resolve()
        source = self._examples.source
        given: TrainOptions = {"out_of_scope_file": self._examples.out_of_scope, **options}
        params = params_of(
            given,
            bot=self.name,
            source=source,
            home=home,
            tracking_uri=place.tracking_uri,
            release_alias=place.settings.release_alias,
        )
        with shown_progress("Training") as progress:
            report, seconds = run_in_child(params, home=home, is_stored=source == "mongo", progress=progress)
        return read_result(place, report, seconds=seconds, release=self.release(report.version))

    # -- releases

    @property
    def releases(self) -> pd.DataFrame:
        """The versions, newest first, with the columns `serving.lab.tables.RELEASE_COLUMNS`."""
        registry = self._place.registry
        return release_table(registry.versions(self.name), registry.aliases(self.name))

    @property
    def production(self) -> BotRelease:
        """The release that answers customers."""
        return self.release(self._place.settings.release_alias)

    def release(self, named: Named) -> BotRelease:
        """Load a release, whatever its verdict, and verify its files.

        Raises
        ------
        NotFound, ModelNotLoaded, UserInputError
            There is no such version.
        ReleaseRefused
            Its files are not those that were trained.
        """
        if isinstance(named, Path) or (isinstance(named, str) and "/" in named and Path(named).is_dir()):
            folder = Path(named)
            return BotRelease(self.name, folder.name, load_release(folder, version=folder.name))
        found = self._find(named)
        if found.key not in self._loaded:
            self._loaded[found.key] = fetch_release(self._place.registry, found, bot=self.name)
        return BotRelease(
            self.name,
            found.version,
            self._loaded[found.key],
            gate=found.tags.get(GATE_TAG, ""),
            reasons=found.tags.get(REASONS_TAG, ""),
            aliases=aliases_of(found.version, self._place.registry.aliases(self.name)),
        )

    @property
    def newest(self) -> BotRelease:
        """The newest release that has passed its gate, whether or not it was ever promoted."""
        return self.release(NEWEST)

    def compare(self, first: Named, second: Named, *, on: Rows | Path | str | None = None) -> ReleaseComparison:
        """Compare two releases on the same utterances; `first` is the one before.

        `on` are labelled rows: a DataFrame with `text` and `intent`, or a JSONL file. Default: the examples that
        trainings hold out, without those that either release has learnt from.
        """
        one, other = self.release(first), self.release(second)
        if on is not None:
            rows, note = to_examples(on), ""
        else:
            trained_by = [self._find(each).run_id for each in (first, second)]
            rows, note = fresh_rows(self._examples.extract().frame, self._place.runs, trained_by), _HELD_OUT
        with shown_progress("Comparison") as progress:
            return compare_releases(one.release, other.release, rows, note=note, progress=progress)

    def promote(self, version: Named, *, alias: str | None = None, why: str = "") -> Move:
        """Put a version into production, checked and recorded as by `intentloop promote`.

        `alias` may be `canary` or `shadow`, to try it beside production. Raises `ReleaseRefused` if serving would
        refuse it; nothing has moved then.
        """
        found = self._find(version)

        async def promote(database: Database) -> AliasMove:
            return await self._promoter(database).promote(found, alias=alias, why=why)

        return self._describe(with_database(self._place.settings, promote))

    def roll_back(self, *, why: str = "") -> Move:
        """Restore the version that answered before, as `intentloop rollback` does."""

        async def roll_back(database: Database) -> AliasMove:
            return await self._promoter(database).roll_back(why=why)

        return self._describe(with_database(self._place.settings, roll_back))

    def talk(self, *texts: str, version: Named | None = None) -> pd.DataFrame:
        """Return what a release, by default production, replies to messages of one conversation; no tool is called.

        The columns are `serving.lab.talk.TALK_COLUMNS`.
        """
        release = self.production if version is None else self.release(version)
        return talk_with(release.release, texts, bot=self.name, settings=self._place.settings)

    # -- what customers wrote

    def turns(self, *, since: Since = "4w") -> pd.DataFrame:
        """Return the logged turns, with the columns `pipelines.steps.data.turns.TURN_COLUMNS`. They quote customers."""
        begin = begin_of(since)
        with shown_progress("Turns") as progress:
            return read_turns(*self._place.database, since=begin, progress=progress)

    @property
    def labels(self) -> pd.DataFrame:
        """The labelling queue, the most valuable first, with the columns `serving.lab.tables.LABEL_COLUMNS`."""
        return label_table(read_items(*self._place.database))

    def score(self, *, since: Since = "4w", version: Named | None = None) -> pd.DataFrame:
        """Return what a version, by default production, makes of the logged messages, one row per message.

        The columns are `pipelines.scoring.score.COLUMNS`, without the text. An interrupted call resumes where it ended.
        """
        found = self._find(self._place.settings.release_alias if version is None else version)
        with shown_progress("Scoring") as progress:
            return score_turns(self._place, found, since=since, progress=progress)

    def drift(self, *, since: Since = "4w") -> Drift:
        """Compare what customers write with what production was trained on; logs a run, as `intentloop drift` does.

        Raises `NotFound` if there is no message to compare.
        """
        begin = begin_of(since)
        with shown_progress("Drift") as progress:
            found, version = look_for_drift(self.name, self._place.settings, since=begin, progress=progress)
        if found is None:
            hint = f"version {version} has nothing to be compared with; choose an earlier time"
            raise NotFound("message since", f"{begin:%Y-%m-%d}", hint=hint)
        return found

    def _find(self, named: Named) -> RegisteredVersion:
        text = str(named)
        if text == NEWEST:
            release = load_newest_passed(self._place.registry, self.name)
            found = self._place.registry.find_version(self.name, release.version)
            self._loaded[found.key] = release
            return found
        is_alias = _ALIAS.fullmatch(text) is not None
        reference = Reference(self.name, alias=text) if is_alias else parse_reference(text, bot=self.name)
        if reference.bot != self.name:
            raise UserInputError(f"{text!r} is a release of bot {reference.bot!r}; use Bot({reference.bot!r})")
        return find_version(self._place.registry, reference, default_alias=self._place.settings.release_alias)

    def _promoter(self, database: Database) -> Promoter:
        settings, registry = self._place.settings, self._place.registry
        return Promoter.from_settings(settings, database, bot=self.name, registry=registry)

    def _describe(self, moved: AliasMove) -> Move:
        poll_seconds = self._place.settings.release_poll_seconds
        sentences = moved.describe(bot=self.name, poll_seconds=poll_seconds)
        return Move(moved.alias, str(moved.version), moved.before, tuple(sentences))

    def __repr__(self) -> str:
        """Describe what it reads, without reading it."""
        return f"Bot({self.name!r}), {self._examples.describe()}, releases at {self._place.shown_uri}"

    def _repr_html_(self) -> str:
        return html.block(html.line(repr(self)))
