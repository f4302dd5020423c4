"""Loops of assignments, as NumPy programs have them: ``python -m benchmarks.assignments``.

What such a loop costs is seen beside the same function on plain NumPy, and in the memory that its gradient takes beside
the array that is filled. Each program runs in a process of its own, in one thread; the time is that of the processor.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import anygrad as ag
from benchmarks.case import named
from benchmarks.memory import counters

__all__ = ["Loop", "loops", "main", "measured"]


class Loop(NamedTuple):
    """A program that assigns in a loop.

    Attributes:
        function: what is differentiated, which gives a number.
        argument: the array that is given to it.
        filled: the shape of the array that is written to.
    """

    function: Callable[[Any], Any]
    argument: np.ndarray
    filled: tuple[int, ...]


# --- the programs -----------------------------------------------------------------------------------------------------


def rows(start: Any) -> Any:
    """Rows computed from the rows before: 200 of 500."""
    u = np.zeros((200, len(start)), like=start)
    u[0] = start
    for t in range(1, len(u)):
        u[t] = u[t - 1] + 0.01 * np.sin(u[t - 1]) - 0.001 * u[t - 1] ** 2
    return np.sum(u)


def diffusion(start: Any) -> Any:
    """Heat along the second axis of a grid of 100 x 100, 200 steps of it kept."""
    u = np.zeros((201, *start.shape), like=start)
    u[0] = start
    for n in range(len(u) - 1):
        u[n + 1, 1:-1] = u[n, 1:-1] + 0.1 * (u[n, 2:] - 2 * u[n, 1:-1] + u[n, :-2])
    return np.sum(u**2)


def gauss_seidel(sources: Any) -> Any:
    """Poisson's equation on a grid of 30 x 30, 20 sweeps element by element."""
    u = np.zeros(sources.shape, like=sources)
    n, m = u.shape
    for _ in range(20):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                u[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] + sources[i, j])
    return np.sum(u**2)


def elimination(a: Any) -> Any:
    """The logarithm of a determinant of 100 x 100 by elimination, row by row, in the argument itself."""
    for k in range(len(a)):
        for i in range(k + 1, len(a)):
            a[i, k:] -= a[i, k] / a[k, k] * a[k, k:]
    return np.sum(np.log(np.abs(np.diagonal(a))))


def recursion(x: Any) -> Any:
    """A filter of 2,000 elements, element by element."""
    y = np.zeros(len(x), like=x)
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = 0.5 * y[i - 1] + x[i]
    return np.sum(y**2)


def _loops() -> dict[str, Loop]:
    rng = np.random.default_rng(0)
    return {
        "rows": Loop(rows, np.linspace(0.1, 0.9, 500), (200, 500)),
        "diffusion": Loop(diffusion, rng.normal(size=(100, 100)), (201, 100, 100)),
        "gauss-seidel": Loop(gauss_seidel, rng.normal(size=(30, 30)), (30, 30)),
        "elimination": Loop(elimination, rng.normal(size=(100, 100)) + 20 * np.eye(100), (100, 100)),
        "recursion": Loop(recursion, rng.normal(size=2000), (2000,)),
    }


loops: dict[str, Loop] = _loops()
"""The programs by their names."""


# --- measuring --------------------------------------------------------------------------------------------------------


def _best(run: Callable[[], Any], rounds: int) -> float:
    """The shortest time of some rounds, each of as many runs as take 50 ms, in seconds of the processor."""
    run()
    shortest, runs = float("inf"), 1
    for _ in range(rounds):
        while True:
            start = time.process_time()
            for _ in range(runs):
                run()
            taken = time.process_time() - start
            if taken > 0.05:
                break
            runs *= 2
        shortest = min(shortest, taken / runs)
    return shortest


def _check(loop: Loop) -> None:
    """The gradient along a direction is that of differences, or nothing is measured."""
    direction = np.random.default_rng(1).normal(size=loop.argument.shape)
    value, gradient = ag.value_and_grad(loop.function)(loop.argument)
    ahead, behind = (loop.function(loop.argument + step * direction) for step in (1e-6, -1e-6))
    np.testing.assert_allclose(value, loop.function(loop.argument.copy()), rtol=1e-12)
    np.testing.assert_allclose(np.sum(gradient * direction), (ahead - behind) / 2e-6, rtol=1e-5)


def measured(name: str, rounds: int) -> dict[str, float]:
    """The times of a program and of its gradient, in seconds, and the most memory of that, in bytes."""
    loop = loops[name]
    _check(loop)
    gradient = ag.value_and_grad(loop.function)
    return {
        "plain": _best(lambda: loop.function(loop.argument.copy()), rounds),
        "gradient": _best(lambda: gradient(loop.argument), rounds),
        "memory": counters["tracemalloc"].peak(lambda: gradient(loop.argument)),
    }


def _in_a_process(name: str, rounds: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.assignments", name, "--rounds", str(rounds), "--json"]
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    run = subprocess.run(command, env={**os.environ, **threads}, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(run.stdout)[name]
    return found


def _line(name: str, found: dict[str, float]) -> str:
    filled = 8 * int(np.prod(loops[name].filled))
    times = f"{found['plain'] * 1e3:9.2f} ms{found['gradient'] * 1e3:10.2f} ms{found['gradient'] / found['plain']:8.1f}"
    return f"{name:14}{times}{found['memory'] / filled:17.1f}"


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.assignments", description="Measure loops of assignments."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(loops)}; all of them by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="seconds and bytes, measured in this process")
    options = parser.parse_args(arguments)
    try:
        names = named("program", options.names, loops) or list(loops)
    except ValueError as error:
        parser.error(str(error))
    if options.json:
        print(json.dumps({name: measured(name, options.rounds) for name in names}))
        return
    print(f"{'':14}{'plain':>12}{'gradient':>13}{'ratio':>8}{'memory / array':>17}")
    for name in names:
        print(_line(name, _in_a_process(name, options.rounds)))


if __name__ == "__main__":
    main()
