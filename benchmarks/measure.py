"""Measuring: all contestants agree on the numbers, and then take turns.

Within a round every contestant runs each phase, in an order that is drawn anew for each round. A machine that is busy
for a second then slows down one round of all of them, and the ratios within that round stay right.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.case import Problem
from benchmarks.contestants.base import Contestant, Entry, LacksError
from benchmarks.memory import counters

__all__ = ["PHASES", "DisagreementError", "Result", "check", "enter", "measure", "short"]

PHASES = ("forward", "backward", "both")
TOLERANCE = {"float32": 2e-4, "float64": 1e-8}
"""How far apart two contestants may be, as a fraction of the largest number of an array."""

SECONDS = 0.02
"""How long a contestant runs in one phase of one round, at least: short passes are repeated."""


class DisagreementError(Exception):
    """Two contestants have different numbers."""


@dataclass
class Result:
    """What was measured of one contestant on one problem.

    Attributes:
        times: seconds of one pass in each round, by phase.
        repeats: passes in each round, of which that is the average.
        peak: bytes allocated at the peak of a pass forward and backward, or None where nothing counts them.
    """

    contestant: str
    clock: str
    memory: str | None
    repeats: int = 1
    peak: int | None = None
    times: dict[str, list[float]] = field(default_factory=dict)


# --- the numbers ------------------------------------------------------------------------------------------------------


def enter(problem: Problem, contestants: Sequence[Contestant]) -> tuple[dict[Contestant, Entry], dict[str, str]]:
    """Let the contestants take part, as far as they can, and check that they agree.

    Returns:
        The entries, and the reasons of those who do not take part, by name.

    Raises:
        DisagreementError: two of them have different numbers.
    """
    entries: dict[Contestant, Entry] = {}
    absent: dict[str, str] = {}
    outcomes: dict[str, list[np.ndarray]] = {}
    for contestant in contestants:
        try:
            entry = contestant.enter(problem)
            # Training steps are made twice: what comes of the second depends on the update of the first.
            found = [numbers(contestant, entry) for _ in range(1 if problem.case.rate is None else 2)]
        except LacksError as reason:
            absent[contestant.name] = str(reason)
            continue
        except Exception as error:
            error.add_note(f"{contestant.name} on {problem}")
            raise
        entries[contestant] = entry
        outcomes[contestant.name] = [array for outcome in found for array in outcome]
    check(problem, outcomes)
    return entries, absent


def numbers(contestant: Contestant, entry: Entry) -> list[np.ndarray]:
    """The gradients of a pass and, last, its value, on the host."""
    value, gradients = entry.both()
    return [contestant.to_numpy(x) for x in (*gradients, *([] if value is None else [value]))]


def check(problem: Problem, outcomes: dict[str, list[np.ndarray]]) -> None:
    """Hold all outcomes against the first.

    Raises:
        DisagreementError: naming both contestants and how far they are apart.
    """
    reference, wanted = next(iter(outcomes.items()), ("", []))
    for name, found in outcomes.items():
        for i, (x, y) in enumerate(zip(found, wanted)):  # Hessians come without a value, which is last
            scale = max(float(np.max(np.abs(y), initial=0)), 1e-30)
            off = float(np.max(np.abs(x.astype(np.float64) - y), initial=0)) / scale if x.shape == y.shape else np.inf
            if not off <= TOLERANCE[problem.dtype]:
                raise DisagreementError(
                    f"{problem}: {name} and {reference} disagree in array {i} of the outcome, "
                    f"by {off:.1e} of its largest number; their shapes are {x.shape} and {y.shape}"
                )


# --- the clocks -------------------------------------------------------------------------------------------------------


class HostClock:
    """The processor's clock, read when the result is there."""

    def __init__(self, wait: Callable[[Any], None]) -> None:
        self._wait = wait

    def time(self, run: Callable[[], Any]) -> float:
        """Seconds that a function takes."""
        start = time.perf_counter()
        self._wait(run())
        return time.perf_counter() - start


class EventClock:
    """The GPU's clock: from an event before the work to one after it, on the stream that the work is on.

    The device is idle when it starts, so where the host cannot keep up with it, what is measured is the host.
    """

    def __init__(self, new_event: Callable[[], Any], elapsed: Callable[[Any, Any], float], synchronize: Any) -> None:
        self._new_event = new_event
        self._elapsed = elapsed
        self._synchronize = synchronize

    def time(self, run: Callable[[], Any]) -> float:
        """Seconds that a function takes."""
        start, end = self._new_event(), self._new_event()
        self._synchronize()
        start.record()
        run()
        end.record()
        end.synchronize()
        return self._elapsed(start, end) / 1000


def clock_of(contestant: Contestant) -> HostClock | EventClock:
    """The clock that a contestant is timed with."""
    return HostClock(contestant.wait) if contestant.clock == "host" else gpu_clock(contestant.clock)


def gpu_clock(library: str) -> EventClock:
    """The clock of work that CuPy or PyTorch puts on its current stream."""
    if library == "cupy":
        import cupy

        return EventClock(cupy.cuda.Event, cupy.cuda.get_elapsed_time, cupy.cuda.Device().synchronize)
    import torch

    new_event = functools.partial(torch.cuda.Event, enable_timing=True)
    return EventClock(new_event, torch.cuda.Event.elapsed_time, torch.cuda.synchronize)


# --- rounds -----------------------------------------------------------------------------------------------------------


def measure(
    entries: dict[Contestant, Entry],
    rounds: int,
    *,
    phases: Sequence[str] = PHASES,
    repeats: int | None = None,
    memory: bool = True,
    seconds: float = SECONDS,
    after_round: Callable[[], None] = lambda: None,
) -> list[Result]:
    """Time the contestants in turn.

    Args:
        entries: who takes part; each has been run once, so that what is compiled is compiled.
        rounds: how often each has its turn.
        phases: which of :data:`PHASES` to time.
        repeats: passes in one turn; by default as many as take ``seconds``.
        memory: whether to count that too.
        seconds: the length of a turn.
        after_round: called after each round.
    """
    results = {}
    clocks = {}
    for contestant, entry in entries.items():
        clock = clocks[contestant] = clock_of(contestant)
        clock.time(entry.both)
        taken = min(clock.time(entry.both) for _ in range(2))
        result = Result(contestant.name, contestant.clock, contestant.memory)
        result.repeats = repeats or max(1, round(seconds / taken))
        result.times = {phase: [] for phase in phases if getattr(entry, phase) is not None}
        results[contestant] = result
    order = list(entries)
    rng = random.Random(0)
    with quiet_collector():
        for _ in range(rounds):
            rng.shuffle(order)
            for contestant in order:
                entry, clock, result = entries[contestant], clocks[contestant], results[contestant]
                for phase, times in result.times.items():
                    times.append(short(_TIMERS[phase](entry, clock, result.repeats)))
            after_round()
    if memory:
        for contestant, entry in entries.items():
            if contestant.memory is not None:
                results[contestant].peak = counters[contestant.memory].peak(entry.derivative)
    return list(results.values())


@contextlib.contextmanager
def quiet_collector() -> Iterator[None]:
    """Python's garbage collector as a program has it that imported one library and not all of them.

    It runs, since graphs of objects are part of what is measured, but does not look at what is there already.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _time_both(entry: Entry, clock: HostClock | EventClock, repeats: int) -> float:
    return clock.time(_repeated(entry.both, repeats)) / repeats


def _time_forward(entry: Entry, clock: HostClock | EventClock, repeats: int) -> float:
    assert entry.forward is not None
    return clock.time(_repeated(entry.forward, repeats)) / repeats


def _time_backward(entry: Entry, clock: HostClock | EventClock, repeats: int) -> float:
    assert entry.forward is not None
    assert entry.backward is not None
    total = 0.0
    for _ in range(repeats):
        state = entry.forward()
        clock.time(lambda state=state: state)  # until the way there is done
        total += clock.time(lambda state=state: entry.backward(state))
    return total / repeats


_TIMERS = {"forward": _time_forward, "backward": _time_backward, "both": _time_both}


def short(x: float) -> float:
    """A time with four digits, which are more than a clock's."""
    return float(f"{x:.4g}")


def _repeated(run: Callable[[], Any], repeats: int) -> Callable[[], Any]:
    """Several runs as one, with the result of the last."""

    def runs() -> Any:
        for _ in range(repeats - 1):
            run()
        return run()

    return runs
