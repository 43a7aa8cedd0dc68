"""Lists of the API as tables."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pipelines.errors import SetupProblem

if TYPE_CHECKING:
    import pandas as pd


def frame(rows: Iterable[Mapping[str, Any]], *, times: tuple[str, ...] = ()) -> "pd.DataFrame":
    """Return rows as a table, with the columns of `times` as moments in UTC. Raises `SetupProblem` without pandas."""
    try:
        import pandas as pd
    except ImportError as error:
        raise SetupProblem("tables need pandas: pip install 'intentloop[train]'") from error
    table = pd.DataFrame(list(rows))
    for name in times:
        if name in table:
            table[name] = pd.to_datetime(table[name], utc=True, format="ISO8601")
    return table
