"""The simulated fleet: nothing is lost, and it behaves as queues do."""

from dataclasses import replace

import numpy as np
import pytest

from serving.bench.capacity.fleet import simulate
from serving.bench.capacity.outcome import Outcome
from serving.bench.capacity.scenario import Autoscaling, Clients, Faults, Fleet, Load, Scenario
from serving.bench.capacity.work import Limits, Work

LIMITS = Limits(
    max_connections=200,
    database_seconds=3.0,
    llm_seconds=4.0,
    llm_slots=8,
    worker_slots=32,
    retry_after_seconds=2.0,
    silence_seconds=5.0,
)
BARE = Work(cpu_ms=5.0, spread=0.0, database_ms=0.0, round_trips=0)
CALM = Scenario(load=Load(100.0), fleet=Fleet(2), work=Work(), limits=LIMITS, seconds=60.0)
LOST = Faults(zone_lost_at=20.0, database_away_at=20.0, database_away_seconds=20.0, llm_slow_at=10.0)
TROUBLE = {
    "calm": CALM,
    "overload": replace(CALM, load=Load(600.0)),
    "impatient": replace(CALM, load=Load(600.0), clients=Clients(patience_seconds=1.0, heeds_retry_after=False)),
    "forgetful": replace(CALM, load=Load(600.0), clients=Clients(patience_seconds=1.0), remembers=False),
    "everything": replace(
        CALM,
        load=Load(200.0, platform_share=0.4, llm_share=0.2, surge_at=30, surge_until=40, surge_factor=4),
        fleet=Fleet(3, workers=3, cells=2, autoscaling=Autoscaling(periods=1, delay_seconds=1), start_seconds=5),
        clients=Clients(patience_seconds=2.5, tries=3),
        faults=LOST,
    ),
    "waiting customers": replace(CALM, load=Load(clients=16), faults=LOST),
}


def mean_wait(outcome: Outcome) -> float:
    """Return the average time until an answer."""
    return float(outcome.answered["seconds"].mean())


@pytest.mark.parametrize("scenario", TROUBLE.values(), ids=TROUBLE)
def test_every_message_is_answered_given_up_or_open(scenario: Scenario) -> None:
    outcome = simulate(scenario)
    ended = np.concatenate([outcome.answered["at"], outcome.given_up["at"]])
    if scenario.load.clients:
        assert outcome.open == scenario.load.clients
    else:
        assert len(np.unique(ended)) == len(ended)  # none twice: no two messages come at the same time
    assert set(ended) <= set(outcome.sent_at)
    assert outcome.open == outcome.sent - len(ended) >= 0
    assert outcome.tries >= outcome.sent
    assert outcome.answered["seconds"].min() > 0


@pytest.mark.parametrize("name", ["overload", "everything"])
def test_no_process_has_more_connections_than_allowed(name: str) -> None:
    seconds = simulate(TROUBLE[name]).seconds
    assert seconds["in_work"].max() > 0
    assert (seconds["in_work"] <= LIMITS.max_connections * seconds["processes"].cummax()).all()


def test_calm_fleet_answers_everything_at_the_first_try() -> None:
    outcome = simulate(CALM)
    assert outcome.tries == outcome.sent
    assert outcome.open < 5
    assert outcome.percentile(0.95) < 0.05


def test_waiting_is_that_of_a_queue_with_random_arrivals_and_constant_work() -> None:
    # Pollaczek and Khinchine: load / (2 * (1 - load)) of the work
    scenario = replace(CALM, work=BARE, fleet=Fleet(1), load=Load(160.0), limits=replace(LIMITS, max_connections=10**6))
    outcome = simulate(replace(scenario, seconds=600.0))
    assert mean_wait(outcome) == pytest.approx(0.005 * (1 + 0.8 / (2 * 0.2)), rel=0.05)


def test_waiting_customers_keep_one_process_busy() -> None:
    outcome = simulate(replace(CALM, work=BARE, fleet=Fleet(1), load=Load(clients=16)))
    assert len(outcome.answered) == pytest.approx(60 / 0.005, rel=0.01)
    assert outcome.percentile(0.5) == pytest.approx(16 * 0.005)


def test_more_processes_never_mean_more_waiting() -> None:
    waits = [mean_wait(simulate(replace(CALM, fleet=Fleet(number)))) for number in range(1, 7)]
    assert waits == sorted(waits, reverse=True)


def test_the_same_seed_is_the_same_run() -> None:
    scenario = TROUBLE["everything"]
    first, second, other = (simulate(replace(scenario, seed=seed)) for seed in (1, 1, 2))
    assert first.answered.equals(second.answered)
    assert first.seconds.equals(second.seconds)
    assert not first.answered.equals(other.answered)


def test_the_same_messages_come_whatever_the_fleet_is() -> None:
    assert np.array_equal(simulate(CALM).sent_at, simulate(replace(CALM, fleet=Fleet(9))).sent_at)


def test_autoscaling_waits_for_its_alarm_and_the_start() -> None:
    rules = Autoscaling(target=0.5, period_seconds=60, periods=3, delay_seconds=30, cooldown_seconds=60)
    fleet = Fleet(1, autoscaling=rules, start_seconds=45)
    outcome = simulate(replace(CALM, fleet=fleet, load=Load(150.0), seconds=600.0))
    processes = outcome.seconds["processes"]
    assert processes[processes > 1].index[0] == 3 * 60 + 30 + 45
    assert processes.iloc[-1] == 2  # 150 * 5.5 ms: .8 of one, .4 of two
    calm = simulate(replace(CALM, fleet=fleet, load=Load(50.0), seconds=600.0))
    assert calm.seconds["processes"].max() == 1


def test_autoscaling_that_is_saturated_grows_by_its_target() -> None:
    fleet = Fleet(6, autoscaling=Autoscaling(target=0.6, periods=1, delay_seconds=0), start_seconds=1)
    outcome = simulate(replace(CALM, work=Work(cpu_ms=50.0), fleet=fleet, load=Load(300.0), seconds=70.0))
    assert outcome.seconds["processes"].iloc[-1] == 10  # a busy processor counts as 1, however long the queue


def test_a_lost_zone_costs_a_third_and_no_message() -> None:
    fleet = Fleet(6, start_seconds=30)
    outcome = simulate(replace(CALM, fleet=fleet, faults=Faults(zone_lost_at=20.0)))
    processes = outcome.seconds["processes"]
    assert (processes[19], processes[21], processes[52]) == (6, 4, 6)
    assert len(outcome.given_up) == 0
    late = outcome.answered[outcome.answered["seconds"] > 5]
    assert late["at"].between(20, 40).all()  # until the load balancer has noticed
    assert len(late) > 0


def test_nothing_is_answered_while_the_database_is_away() -> None:
    outcome = simulate(replace(CALM, faults=Faults(database_away_at=20.0, database_away_seconds=20.0)))
    done = outcome.answered["at"] + outcome.answered["seconds"]
    assert not done.between(20.1, 39.9).any()
    other_cells = simulate(
        replace(
            CALM, fleet=Fleet(2, cells=4), faults=Faults(database_away_at=20.0, database_away_seconds=20.0, cells_hit=1)
        )
    )
    assert other_cells.bad_share(since=20, until=35) == pytest.approx(
        outcome.bad_share(since=20, until=35) / 4, abs=0.05
    )


def test_answers_from_the_database_end_a_storm_that_goes_on_without_them() -> None:
    storm = replace(
        CALM,
        load=Load(200.0, surge_at=10.0, surge_until=20.0, surge_factor=4.0),
        limits=replace(LIMITS, max_connections=1000),
        clients=Clients(patience_seconds=4.0, tries=10),
        seconds=120.0,
    )
    outcomes = [simulate(replace(storm, remembers=remembers)) for remembers in (True, False)]
    remembering, forgetting = (outcome.bad_share(since=100, until=110) for outcome in outcomes)
    assert remembering < 0.01
    assert forgetting > 0.5


def test_a_slow_language_model_costs_time_and_no_answer() -> None:
    load = Load(100.0, llm_share=0.1)
    outcome = simulate(replace(CALM, load=load, faults=Faults(llm_slow_at=10.0, llm_slow_seconds=30.0)))
    assert len(outcome.given_up) == 0
    assert outcome.answered["seconds"].max() < LIMITS.llm_seconds + 0.5
    assert outcome.llm["late"].sum() >= 5
    assert outcome.llm["broken"].sum() > outcome.llm["late"].sum()  # the breaker spares most of them the wait


def test_questions_wait_for_a_place() -> None:
    load = Load(100.0, llm_share=0.5)
    few, many = (simulate(replace(CALM, load=load, limits=replace(LIMITS, llm_slots=slots))) for slots in (1, 1000))
    assert few.llm["answered"].sum() <= 2 * 60 / 0.2
    assert many.llm["answered"].sum() == many.llm.sum().sum()


def test_events_of_a_dead_worker_are_taken_up_by_another() -> None:
    platform = replace(
        CALM, load=Load(100.0, platform_share=1.0), fleet=Fleet(6, workers=3), faults=Faults(zone_lost_at=20.0)
    )
    outcome = simulate(platform)
    assert outcome.open < 60  # on their way at the end
    late = outcome.answered[outcome.answered["seconds"] > LIMITS.silence_seconds]
    assert len(late) > 0
    assert late["at"].between(19, 40).all()


def test_the_queue_grows_while_there_are_too_few_workers() -> None:
    outcome = simulate(replace(CALM, load=Load(300.0, platform_share=1.0), fleet=Fleet(3, workers=1)))
    age = outcome.seconds["queue_age"]
    assert age.iloc[-1] > age.iloc[30] > 5
    assert outcome.seconds["queued"].iloc[-1] > 5000


def test_workers_that_are_full_and_not_busy_are_noticed_by_their_backlog_alone() -> None:
    # 145 a second are 58 % of a processor, and fill 30 of its 32 places for .21 s each
    fleet = Fleet(3, workers=1, autoscaling=Autoscaling(target=0.75, periods=1, delay_seconds=0), start_seconds=1)
    platform = replace(CALM, load=Load(145.0, platform_share=1.0), work=Work(cpu_ms=4.0), fleet=fleet, seconds=130.0)
    by_cpu, by_backlog = (
        simulate(replace(platform, fleet=replace(fleet, workers_follow=follows))).seconds["workers"].iloc[-1]
        for follows in ("cpu", "backlog")
    )
    assert (by_cpu, by_backlog) == (1, 2)
