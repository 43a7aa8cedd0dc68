"""The out-of-scope score on made-up evidence."""

import json

import numpy as np
import pytest

from pipelines.nlu.intents.out_of_scope import Evidence, OutOfScopeScore
from pipelines.steps.evaluation.metrics import area_under_roc

N_INTENTS = 6


def evidence(n_rows: int, *, seed: int = 0) -> Evidence:
    """Rows whose own intent stands out in the decisions; the first intent's lead is usually small."""
    random = np.random.default_rng(seed)
    labels = np.arange(n_rows, dtype=np.intp) % N_INTENTS
    decisions = random.normal(-1.0, 0.1, (n_rows, N_INTENTS))
    decisions[np.arange(n_rows), labels] = random.normal(1.0, 0.2, n_rows)
    leads = random.normal(np.where(labels == 0, 1.0, 4.0), 0.5)
    return Evidence(decisions, random.normal(0.8, 0.1, n_rows), leads, random.uniform(0.5, 1.0, n_rows), labels)


@pytest.fixture(scope="module")
def scope() -> OutOfScopeScore:
    return OutOfScopeScore().fit(evidence(600))


def score(scope: OutOfScopeScore, decisions: list[float], *, lead: float, similarity: float, coverage: float) -> float:
    intent = int(np.argmax(decisions))
    signals = scope.signals(np.array(decisions), intent=intent, lead=lead, similarity=similarity, coverage=coverage)
    return scope.score(signals)


def test_score_grows_as_each_signal_gets_less_usual(scope: OutOfScopeScore) -> None:
    usual = [-1.0, 1.0, -1.0, -1.0, -1.0, -1.0]
    base = score(scope, usual, lead=4.0, similarity=0.8, coverage=0.8)
    assert score(scope, [-1.0, 0.1, 0.0, -1.0, 0.0, -1.0], lead=4.0, similarity=0.8, coverage=0.8) > base
    assert score(scope, usual, lead=1.0, similarity=0.8, coverage=0.8) > base
    assert score(scope, usual, lead=4.0, similarity=0.3, coverage=0.8) > base
    assert score(scope, usual, lead=4.0, similarity=0.8, coverage=0.2) > base


def test_score_judges_a_lead_by_the_standards_of_its_intent(scope: OutOfScopeScore) -> None:
    first, second = [1.0, -1.0, -1.0, -1.0, -1.0, -1.0], [-1.0, 1.0, -1.0, -1.0, -1.0, -1.0]
    hard, easy = (score(scope, row, lead=1.0, similarity=0.8, coverage=0.8) for row in (first, second))
    assert hard < easy - 2.0


def test_held_out_scores_are_like_those_of_new_rows(scope: OutOfScopeScore) -> None:
    new = evidence(600, seed=1)
    scores = [
        score(scope, list(row), lead=lead, similarity=similarity, coverage=coverage)
        for row, lead, similarity, coverage in zip(new.decisions, new.leads, new.similarity, new.coverage, strict=True)
    ]
    assert scope.held_out_ is not None
    assert 0.4 < area_under_roc(np.array(scores), scope.held_out_) < 0.6


@pytest.mark.parametrize("n_rows", [1, 2, 7])
def test_fit_few_rows_gives_finite_scores(n_rows: int) -> None:
    scope = OutOfScopeScore().fit(evidence(n_rows))
    assert np.isfinite(score(scope, [0.0] * N_INTENTS, lead=-10.0, similarity=0.0, coverage=0.0))


def test_fit_rows_that_no_fold_knew_gives_finite_scores() -> None:
    rows = evidence(4)
    unknown = Evidence(np.full((4, N_INTENTS), -np.inf), rows.similarity, rows.leads, rows.coverage, rows.labels)
    assert np.isfinite(score(OutOfScopeScore().fit(unknown), [1.0] * 6, lead=1.0, similarity=0.1, coverage=0.1))


def test_a_view_that_is_the_same_on_all_rows_does_not_drown_the_others() -> None:
    """The words of a language that writes none apart are never covered, until once one is."""
    rows = evidence(600)
    scope = OutOfScopeScore().fit(Evidence(rows.decisions, rows.similarity, rows.leads, np.zeros(600), rows.labels))
    usual = [-1.0, 1.0, -1.0, -1.0, -1.0, -1.0]
    assert score(scope, usual, lead=4.0, similarity=0.8, coverage=1.0) >= -60.0


def test_parts_survive_json_and_score_the_same(scope: OutOfScopeScore) -> None:
    settings, arrays = scope.to_parts()
    again = OutOfScopeScore.from_parts(json.loads(json.dumps(settings)), arrays)
    row = [0.3, -1.0, 0.2, -1.0, -1.0, -1.0]
    assert score(again, row, lead=1.0, similarity=0.5, coverage=0.5) == score(
        scope, row, lead=1.0, similarity=0.5, coverage=0.5
    )
