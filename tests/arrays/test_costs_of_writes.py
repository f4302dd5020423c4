"""A loop of assignments costs what it writes, not the array for each write.

It is counted in bytes, so that no clock is asked. Where each write copied the array, a loop of four times as many steps
would allocate sixteen times as much.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad.backends.numpy import NumpyBackend

COLUMNS = 500
FEW, MANY = 50, 200
MEMBERS = 4
START = np.linspace(0.1, 0.9, COLUMNS)
BATCH = START + np.arange(MEMBERS)[:, None]


def filled(steps: int) -> Callable[[Any], Any]:
    """The sum over an array whose rows are computed from the rows before."""

    def f(start: Any) -> Any:
        u = np.zeros((steps, COLUMNS), like=start)
        u[0] = start
        for t in range(1, steps):
            u[t] = u[t - 1] + 0.01 * np.sin(u[t - 1]) - 0.001 * u[t - 1] ** 2
        return np.sum(u)

    return f


MODES: dict[str, tuple[Callable[[Callable[[Any], Any]], Any], int]] = {
    "reverse": (lambda f: ag.grad(f)(START), 1),
    "forward": (lambda f: ag.jvp(f, (START,), (START,)), 2),
    "batch": (lambda f: ag.vmap(f)(BATCH), MEMBERS),
    "batch of gradients": (lambda f: ag.vmap(ag.grad(f))(BATCH), MEMBERS),
    "hvp": (lambda f: ag.hvp(f, (START,), (START,)), 2),
}
"""What is run, and how many arrays of numbers stand in an array under it."""

PEAK = 6
"""The most that a pass may hold at a time, in terms of the array: what it has read and written, and gradients."""


def allocated(run: Callable[[], Any]) -> int:
    """The bytes that are allocated in all, also those that are free again soon.

    At each call of a function and at each return the rise since the last one is added up.
    """
    total = before = 0

    def look(*_: Any) -> None:
        nonlocal total, before
        now, peak = tracemalloc.get_traced_memory()
        total += max(peak - before, 0)
        before = now
        tracemalloc.reset_peak()

    tracemalloc.start()
    others = sys.getprofile()
    sys.setprofile(look)
    try:
        run()
    finally:
        sys.setprofile(others)
        tracemalloc.stop()
    return total


def peak(run: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The sizes of the arrays that are copied before they are written over."""
    found: list[int] = []
    copied = NumpyBackend.copied

    def counted(self: NumpyBackend, array: Any) -> Any:
        found.append(array.size)
        return copied(self, array)

    monkeypatch.setattr(NumpyBackend, "copied", counted)
    return found


@pytest.mark.parametrize("mode", MODES)
def test_what_a_loop_allocates_grows_with_its_steps(mode):
    run, _ = MODES[mode]
    run(filled(3))  # what is made once is made before
    few, many = (allocated(lambda: run(filled(steps))) / steps for steps in (FEW, MANY))  # noqa: B023
    assert few > COLUMNS * 8
    assert many <= 1.3 * few


def test_the_count_tells_a_loop_that_copies_the_array_each_time():
    def copying(steps: int) -> None:
        u = np.zeros((steps, COLUMNS))
        for t in range(steps):
            u = np.array(u)
            u[t] = 1.0

    few, many = (allocated(lambda: copying(steps)) / steps for steps in (FEW, MANY))  # noqa: B023
    assert many > 3 * few


@pytest.mark.parametrize("mode", MODES)
def test_what_a_loop_holds_at_a_time(mode):
    run, arrays = MODES[mode]
    run(filled(3))
    for steps in (FEW, MANY):
        assert peak(lambda: run(filled(steps))) <= PEAK * arrays * steps * COLUMNS * 8  # noqa: B023


@pytest.mark.parametrize("mode", MODES)
def test_no_step_copies_the_array(mode, copies):
    run, arrays = MODES[mode]
    for steps in (FEW, MANY):
        copies.clear()
        run(filled(steps))
        assert sum(size >= steps * COLUMNS for size in copies) <= 2 * arrays


@pytest.mark.parametrize("steps", [5, 40])
def test_the_callers_array_is_copied_once(steps, copies):
    given = np.linspace(0.0, 1.0, 40 * COLUMNS).reshape(40, COLUMNS)
    before = given.copy()

    def f(x: Any) -> Any:
        for t in range(1, steps):
            x[t] = x[t - 1] * 0.5
            x[t, 1:] += 0.25
        return np.sum(x)

    ag.grad(f)(given)
    assert copies.count(given.size) == 1
    copies.clear()
    x = ag.Tensor(given)
    for t in range(1, steps):
        x[t] += x[t - 1] * 0.5
    assert copies.count(given.size) == 1
    np.testing.assert_array_equal(given, before)


@pytest.mark.parametrize("n", [10, 30])
def test_updates_in_place_beside_what_the_graph_has_saved(n, copies):
    def eliminated(a: Any) -> Any:
        for k in range(n):
            for i in range(k + 1, n):
                a[i, k:] -= a[i, k] / a[k, k] * a[k, k:]
        return np.sum(np.log(np.diagonal(a)))

    ag.grad(eliminated)(np.eye(n) * n + 1.0)
    assert copies.count(n * n) == 1
