"""Scoring the logged messages with a release, as `intentloop score` does."""

from dataclasses import replace
from functools import partial

import pandas as pd

from pipelines.progress import Progress
from pipelines.registry.client import RegisteredVersion
from pipelines.registry.fetch import downloaded
from pipelines.scoring.score import Job, find_unfinished, score_log
from serving.clock import utc_now
from serving.lab.place import Place, Since, begin_of
from serving.replay.score import score_messages


def score_turns(place: Place, version: RegisteredVersion, *, since: Since, progress: Progress) -> pd.DataFrame:
    """Return one row per logged message, with the columns `pipelines.scoring.score.COLUMNS`.

    An interrupted scoring is resumed by the same call.
    """
    now = utc_now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begin = begin_of(since, now=midnight)
    target = place.settings.home / "scores" / f"{place.bot}-{version.version}-since-{begin:%Y-%m-%d}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    with downloaded(place.registry, version, bot=place.bot) as folder:
        job = Job(place.bot, since=begin, until=now, release_folder=folder, out=target, asked=str(since))
        job = replace(job, out=find_unfinished(job) or target)
        summary = score_log(
            job,
            partial(score_messages, public_shortcuts=frozenset(place.settings.public_shortcuts)),
            mongo_uri=place.settings.resolved_mongo_uri,
            database=place.settings.mongo_database,
            scheduler=place.settings.dask_scheduler,
            progress=progress,
        )
    return pd.read_parquet(summary.file)
