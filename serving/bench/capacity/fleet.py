"""A simulated fleet: discrete events with SimPy, the product's own limits, and its own circuit breaker.

Every message ends as answered or given up, or is still open at the end. Times are seconds of the simulation.
"""

import math
import random
from collections import deque
from collections.abc import Callable, Generator
from typing import Any, cast

import simpy
from simpy.events import Timeout

from serving.bench.capacity.machines import LLM, Attempt, Database, Message, Process
from serving.bench.capacity.outcome import Outcome, Recorder
from serving.bench.capacity.scenario import Scenario
from serving.channels.delivery import RETRY_SECONDS
from serving.channels.worker import STUCK_SECONDS

_CONNECT_SECONDS = 10.0
"""How long a load balancer tries to reach a process that is gone."""
_BUSY_SECONDS = 0.001
_LLM_SPREAD = 0.4
Steps = Generator[simpy.Event, Any, None]


def simulate(scenario: Scenario) -> Outcome:
    """Run a scenario."""
    return _Simulation(scenario).run()


class _Simulation:
    def __init__(self, scenario: Scenario) -> None:
        self._scenario, self._limits, self._fleet = scenario, scenario.limits, scenario.fleet
        self._env = env = simpy.Environment()
        # one for the messages, so that the same messages come whatever the fleet does; one for everything else
        self._dice, self._other_dice = random.Random(scenario.seed), random.Random(scenario.seed + 1)  # noqa: S311
        self._recorder = Recorder()
        self._apis = [self._new_process() for _ in range(scenario.fleet.processes)]
        self._workers = [self._new_process() for _ in range(scenario.fleet.workers)]
        self._turn = 0
        self._queue: deque[tuple[float, Message]] = deque()
        self._waiting: deque[Attempt] = deque()
        work, faults = scenario.work, scenario.faults
        self._repeat = (work.repeat_cpu_ms / work.cpu_ms) if work.cpu_ms else 0.0
        self._refused = self._seconds(work.refused_cpu_ms)
        self._databases = [
            Database(
                self._seconds(work.database_ms) / scenario.fleet.database_processors,
                away_from=faults.database_away_at if cell < faults.cells_hit else math.inf,
                away_seconds=faults.database_away_seconds,
            )
            for cell in range(scenario.fleet.cells)
        ]
        self._network = work.round_trips * scenario.fleet.round_trip_ms / 1000
        for steps in (self._impatience(), self._look(), self._lose_zone()):
            env.process(steps)
        self._arrive()
        if scenario.fleet.autoscaling is not None:
            env.process(self._scale(self._apis))
            if scenario.fleet.workers:
                env.process(self._scale(self._workers))

    def run(self) -> Outcome:
        self._env.run(until=self._scenario.seconds)
        return self._recorder.outcome()

    def _seconds(self, milliseconds: float) -> float:
        return milliseconds * self._fleet.cpu_factor / 1000

    def _later(self, seconds: float, what: Callable[[simpy.Event], None], value: object = None) -> None:
        callbacks = Timeout(self._env, seconds, value).callbacks
        if callbacks is not None:
            callbacks.append(what)

    # -- messages

    def _arrive(self) -> None:
        """Have the first messages come; customers who wait send their next one themselves."""
        load = self._scenario.load
        if not load.clients:
            self._later(self._dice.expovariate(load.rate(self._env.now)), self._on_arrival)
        for _ in range(load.clients):
            self._send(self._new_message())

    def _on_arrival(self, _: simpy.Event) -> None:
        self._send(self._new_message())
        self._later(self._dice.expovariate(self._scenario.load.rate(self._env.now)), self._on_arrival)

    def _new_message(self) -> Message:
        dice, load, spread = self._dice, self._scenario.load, self._scenario.work.spread
        self._recorder.sent(self._env.now)
        return Message(
            self._env.now,
            # the mean of a lognormal is not its median
            cpu=self._seconds(self._scenario.work.cpu_ms) * dice.lognormvariate(-spread * spread / 2, spread),
            llm=self._scenario.llm_ms / 1000 * dice.lognormvariate(0, _LLM_SPREAD),
            asks_llm=dice.random() < load.llm_share,
            calls_tool=dice.random() < load.tool_share,
            is_platform=dice.random() < load.platform_share,
            cell=int(dice.random() * len(self._databases)),
        )

    def _send(self, message: Message) -> None:
        message.tries += 1
        self._recorder.tries += 1
        process = self._pick()
        if process is None:
            self._later(_BUSY_SECONDS, self._on_failed, message)
        elif process.died_at is not None:
            self._later(_CONNECT_SECONDS, self._on_failed, message)
        elif len(process.in_work) >= self._limits.max_connections:
            self._recorder.busy += 1
            self._later(_BUSY_SECONDS, self._on_failed, message)
        else:
            attempt = Attempt(message, process, self._env.now, accepts=message.is_platform)
            self._waiting.append(attempt)
            self._begin(attempt)

    def _pick(self) -> Process | None:
        """Round robin over the processes that the load balancer believes in."""
        now, noticed = self._env.now, self._scenario.faults.noticed_seconds
        for _ in range(len(self._apis)):
            self._turn = (self._turn + 1) % len(self._apis)
            process = self._apis[self._turn]
            if process.died_at is None or now - process.died_at < noticed:
                return process
        return None

    def _begin(self, attempt: Attempt) -> None:
        """Queue the CPU work of an attempt."""
        message, now = attempt.message, self._env.now
        attempt.process.in_work[attempt] = None
        cpu = message.cpu
        if self._databases[message.cell].is_away(now):
            cpu = self._refused
        elif attempt.accepts or (self._scenario.remembers and message.stored_at is not None):
            attempt.is_repeat, cpu = True, message.cpu * self._repeat
        self._later(attempt.process.take(cpu, now), self._on_computed, attempt)

    def _on_computed(self, event: simpy.Event) -> None:
        attempt = cast(Attempt, event.value)
        if attempt.is_done:
            return
        message = attempt.message
        if message.asks_llm and not attempt.is_repeat and not self._databases[message.cell].is_away(self._env.now):
            self._env.process(self._ask(attempt))
        else:
            self._store(attempt)

    def _ask(self, attempt: Attempt) -> Steps:
        """Ask the language model as the product does: a place, the breaker, and one limit for all of it."""
        env, process, faults = self._env, attempt.process, self._scenario.faults
        give_up_at = env.now + self._limits.llm_seconds
        what = "no place"
        with process.places.request() as place:
            got = yield place | env.timeout(self._limits.llm_seconds)
            if place in got:
                what = "broken"
                if process.breakers.may_call(LLM):
                    is_slow = 0 <= env.now - faults.llm_slow_at < faults.llm_slow_seconds
                    seconds = attempt.message.llm * (faults.llm_slow_factor if is_slow else 1)
                    what = "answered" if seconds <= give_up_at - env.now else "late"
                    yield env.timeout(min(seconds, give_up_at - env.now))
                    (process.breakers.succeeded if what == "answered" else process.breakers.failed)(LLM)
        self._recorder.count_llm(env.now, what)
        if not attempt.is_done:
            self._store(attempt)

    def _store(self, attempt: Attempt) -> None:
        """Read and write the database."""
        message, now = attempt.message, self._env.now
        share = 0.5 if attempt.is_repeat else 1.0  # a repeat reads, and writes nothing
        seconds = self._databases[message.cell].take(now, share=share, patience=self._limits.database_seconds)
        if seconds is None:
            self._later(self._limits.database_seconds, self._on_refused, attempt)
            return
        if not attempt.is_repeat:
            seconds = max(seconds, message.work_until - now)  # a dead process has claimed it
        sending = self._scenario.sending_ms / 1000 if attempt.sends else 0.0
        self._later(seconds + self._network + sending, self._on_stored, attempt)

    def _on_stored(self, event: simpy.Event) -> None:
        attempt = cast(Attempt, event.value)
        if attempt.is_done:
            return
        message = attempt.message
        self._end(attempt)
        if attempt.accepts:
            self._enqueue(message)
            return
        message.stored_at = self._env.now
        if not attempt.is_client_gone:
            self._recorder.answered(message.at, self._env.now)
            self._next()

    def _on_refused(self, event: simpy.Event) -> None:
        attempt = cast(Attempt, event.value)
        if attempt.is_done:
            return
        self._end(attempt)
        if attempt.sends:
            number = min(attempt.message.tries, len(RETRY_SECONDS)) - 1
            attempt.message.tries += 1
            self._later(RETRY_SECONDS[number], self._on_due, attempt.message)
        elif not attempt.is_client_gone:
            self._fail(attempt.message)

    def _end(self, attempt: Attempt) -> None:
        attempt.is_done = True
        attempt.process.in_work.pop(attempt, None)
        self._feed_workers()

    def _on_failed(self, event: simpy.Event) -> None:
        self._fail(cast(Message, event.value))

    def _fail(self, message: Message) -> None:
        """Let a sender who got an error send again or give up."""
        clients = self._scenario.clients
        if message.tries >= clients.tries:
            self._give_up(message)
            return
        wait = 0.0
        if clients.heeds_retry_after:
            wait = self._limits.retry_after_seconds * clients.backoff ** (message.tries - 1)
            wait *= 1 + clients.jitter * self._other_dice.random()
        self._later(wait, self._on_resend, message)

    def _give_up(self, message: Message) -> None:
        message.is_over = True
        self._recorder.gave_up(message.at, self._env.now)
        self._next()

    def _on_resend(self, event: simpy.Event) -> None:
        self._send(cast(Message, event.value))

    def _next(self) -> None:
        if self._scenario.load.clients:
            self._send(self._new_message())

    def _impatience(self) -> Steps:
        """Senders who have waited too long: the attempts in the order in which they were sent."""
        patience = self._scenario.clients.patience_seconds
        while True:
            while self._waiting and self._waiting[0].is_done:
                self._waiting.popleft()
            if not self._waiting or self._waiting[0].sent_at + patience > self._env.now:
                due = self._waiting[0].sent_at + patience if self._waiting else self._env.now + patience
                yield self._env.timeout(max(due - self._env.now, 0.01))
                continue
            attempt = self._waiting.popleft()
            attempt.is_client_gone = True  # the process goes on, and stores its answer
            if attempt.message.tries >= self._scenario.clients.tries:
                self._give_up(attempt.message)
            else:
                self._send(attempt.message)

    # -- the queue of platform messages

    def _enqueue(self, message: Message) -> None:
        """Have a worker answer an event, once: the inbox knows those that a platform repeats."""
        if message.is_over:
            return
        message.is_over, message.tries = True, 1
        self._queue.append((self._env.now, message))
        self._feed_workers()

    def _on_due(self, event: simpy.Event) -> None:
        self._queue.append((self._env.now, cast(Message, event.value)))
        self._feed_workers()

    def _feed_workers(self) -> None:
        if not self._queue:
            return
        for worker in self._workers:
            while self._queue and worker.died_at is None and len(worker.in_work) < self._limits.worker_slots:
                _, message = self._queue.popleft()
                attempt = Attempt(message, worker, self._env.now, sends=True)
                worker.in_work[attempt] = None
                cpu = self._refused if self._databases[message.cell].is_away(self._env.now) else message.cpu
                self._later(worker.take(cpu, self._env.now), self._on_computed, attempt)

    # -- what changes the fleet

    def _new_process(self) -> Process:
        number = getattr(self, "_n_processes", 0)
        self._n_processes = number + 1
        return Process(self._env, zone=number % self._fleet.zones, llm_slots=self._limits.llm_slots)

    def _lose_zone(self) -> Steps:
        at = self._scenario.faults.zone_lost_at
        if at > self._scenario.seconds:
            return
        yield self._env.timeout(at)
        for group in (self._apis, self._workers):
            lost = [process for process in group if process.zone == 0 and process.died_at is None]
            for process in lost:
                self._kill(process, is_worker=group is self._workers)
            self._env.process(self._start(group, len(lost)))

    def _kill(self, process: Process, *, is_worker: bool) -> None:
        now = process.died_at = self._env.now
        for attempt in list(process.in_work):
            attempt.is_done = True
            message = attempt.message
            if message.calls_tool:
                message.work_until = now + self._limits.silence_seconds
            if is_worker:
                self._later(self._limits.silence_seconds + STUCK_SECONDS, self._on_due, message)
            elif not attempt.is_client_gone:
                self._fail(message)
        process.in_work.clear()

    def _start(self, group: list[Process], number: int) -> Steps:
        yield self._env.timeout(self._fleet.start_seconds)
        group += [self._new_process() for _ in range(number)]
        self._feed_workers()

    def _scale(self, group: list[Process]) -> Steps:
        """Track the target; `wanted` counts the processes that are starting, too, so that none is started twice."""
        rules = self._fleet.autoscaling
        if rules is None:
            return
        wanted, values, before, changed_at = len(group), deque[float](maxlen=rules.periods), 0.0, -math.inf
        while True:
            yield self._env.timeout(rules.period_seconds)
            now = self._env.now
            alive = [process for process in group if process.died_at is None]
            done = sum(process.done_work(process.died_at or now) for process in group)
            value = (done - before) / (rules.period_seconds * max(1, len(alive)))
            if group is self._workers and self._fleet.workers_follow == "backlog":
                places = self._limits.worker_slots * max(1, len(alive))
                value = (len(self._queue) + sum(len(process.in_work) for process in alive)) / places
            values.append(value)
            before = done
            is_high = len(values) == rules.periods and min(values) > rules.target
            if is_high and now - changed_at >= rules.cooldown_seconds:
                more = min(rules.most, math.ceil(len(alive) * values[-1] / rules.target)) - wanted
                if more > 0:
                    changed_at = now
                    wanted += more
                    self._env.process(self._start_after(group, more, rules.delay_seconds))

    def _start_after(self, group: list[Process], number: int, seconds: float) -> Steps:
        yield self._env.timeout(seconds)
        yield from self._start(group, number)

    def _look(self) -> Steps:
        while True:
            now = self._env.now
            self._recorder.look(
                now,
                processes=sum(process.died_at is None for process in self._apis),
                workers=sum(process.died_at is None for process in self._workers),
                in_work=sum(len(process.in_work) for process in self._apis),
                queued=len(self._queue),
                queue_age=now - self._queue[0][0] if self._queue else 0.0,
                rate=self._scenario.load.rate(now),
            )
            yield self._env.timeout(1.0)
