"""What other thresholds would have cost on the utterances that a version was measured on, as its training logged it."""

import asyncio
import csv
import io
import math
from collections import OrderedDict

from pydantic import BaseModel, ConfigDict, Field

from pipelines.errors import RegistryUnavailable
from pipelines.registry.client import Registry
from pipelines.registry.run_record import MEASURED_ON
from pipelines.registry.runs import Runs

_FILE = "thresholds.csv"
_READ_SECONDS = 20.0
_MAX_KEPT = 50


class TradeOffPoint(BaseModel):
    """What a threshold of the confidence would have meant. Shares of nothing are null."""

    model_config = ConfigDict(frozen=True)

    confidence: float = Field(description="The threshold.")
    cost: float | None = Field(description="Cost per message, in units of one wrong answer.")
    wrong: float | None = Field(description="Share of the in-scope messages that get a wrong answer.")
    needless: float | None = Field(description="Share of the in-scope messages refused though understood rightly.")
    asked: float | None = Field(description="Share of the in-scope messages that are asked which intent is meant.")
    outside: float | None = Field(description="Share of the out-of-scope messages that get an answer.")
    allowed: bool = Field(description="Whether training may choose it: it refuses few that were understood.")
    chosen: bool = Field(description="Whether it is the version's own.")


class TradeOff(BaseModel):
    """The curve of one version."""

    model_config = ConfigDict(frozen=True)

    version: str
    measured_on: str = Field(description="`holdout`, `test_set`, `test` or `production`.")
    points: tuple[TradeOffPoint, ...]


class TradeOffs:
    """Reads the curves of versions, which never change, from the registry at `tracking_uri`."""

    def __init__(self, tracking_uri: str) -> None:
        self._tracking_uri = tracking_uri
        self._known: OrderedDict[tuple[str, str], TradeOff] = OrderedDict()

    async def find(self, bot: str, version: str) -> TradeOff | None:
        """Return the curve of a version; None if its training measured nothing.

        Raises `NotFound` if there is no such version, and `RegistryUnavailable` if the server does not answer in time.
        """
        known = self._known.get((bot, version))
        if known is not None:
            return known
        try:
            found = await asyncio.wait_for(asyncio.to_thread(self._read, bot, version), _READ_SECONDS)
        except TimeoutError as error:
            raise RegistryUnavailable(self._tracking_uri, f"no answer within {_READ_SECONDS:g} s") from error
        if found is not None:
            self._known[bot, version] = found
            while len(self._known) > _MAX_KEPT:
                self._known.popitem(last=False)
        return found

    def _read(self, bot: str, version: str) -> TradeOff | None:
        run_id = Registry(self._tracking_uri).find_version(bot, version).run_id
        runs = Runs(self._tracking_uri)
        for part in MEASURED_ON:
            content = runs.read(run_id, f"{part}/{_FILE}")
            if content is not None:
                return TradeOff(version=version, measured_on=part, points=read_points(content.decode()))
        return None


def read_points(text: str) -> tuple[TradeOffPoint, ...]:
    """Read the points of a curve from the CSV file that training logs; columns of other programs are left out."""
    return tuple(_point(row) for row in csv.DictReader(io.StringIO(text)))


def _point(row: dict[str, str]) -> TradeOffPoint:
    fields = {name: _number(row.get(name, "")) for name in ("cost", "wrong", "needless", "asked", "outside")}
    flags = {name: row.get(name) == "True" for name in ("allowed", "chosen")}
    return TradeOffPoint(confidence=float(row["confidence"]), **fields, **flags)


def _number(text: str) -> float | None:
    number = float(text) if text else math.nan
    return number if math.isfinite(number) else None
