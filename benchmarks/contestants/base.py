"""What every contestant is: a name, a place, and how it enters a problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.case import Problem

__all__ = ["Contestant", "Entry", "LacksError", "Namespace", "cross_entropy", "linear"]

Outcome = tuple[Any, list[Any]]
"""A value (None where the method does not give it) and the derivatives, as the library's own arrays."""


class LacksError(Exception):
    """What is raised by a contestant that cannot take part in a case, with the reason."""


@dataclass
class Entry:
    """A contestant on one problem.

    Attributes:
        both: the whole pass, with the update of the parameters in a training case.
        forward: the value, with what the way back needs; None where it cannot be had alone.
        backward: from what ``forward`` gave to the outcome.
    """

    both: Callable[[], Outcome]
    forward: Callable[[], Any] | None = None
    backward: Callable[[Any], Outcome] | None = None

    def derivative(self) -> Outcome:
        """The pass without an update, where it can be had so."""
        if self.forward is None or self.backward is None:
            return self.both()
        return self.backward(self.forward())


class Contestant:
    """One way of differentiating, on one library and one device.

    Attributes:
        name: as tables show it.
        package: the module whose version counts.
        clock: ``"host"``, or the library whose events time it on a GPU: ``"cupy"`` or ``"torch"``.
        memory: what counts its memory; a name of :data:`benchmarks.memory.counters`, or None.
    """

    package: str
    clock = "host"
    memory: str | None = None

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<contestant {self.name}>"

    def enter(self, problem: Problem) -> Entry:
        """Take part in a problem, with copies of its data.

        Raises:
            LacksError: it has no way to.
        """
        raise NotImplementedError

    def entry(
        self, forward: Callable[[], Any], backward: Callable[[Any], Outcome], params: list[Any], rate: float | None
    ) -> Entry:
        """The way there and the way back as an entry, with a rate as a training step."""

        def both() -> Outcome:
            value, gradients = backward(forward())
            if rate is not None:
                self.update(params, gradients, rate)
            return value, gradients

        return Entry(both, forward, backward)

    def update(self, params: list[Any], gradients: list[Any], rate: float) -> None:
        """Move parameters against their gradients, in place."""
        for p, g in zip(params, gradients, strict=True):
            p -= rate * g

    def wait(self, result: Any) -> None:
        """Wait until a result is computed, where the library works asynchronously and has no events."""

    def to_numpy(self, x: Any) -> np.ndarray:
        """An array on the host."""
        return np.asarray(x)


class Namespace:
    """A library as cases call it: its own functions, and those it spells in another way.

    Each name is looked up once; after that it costs what an attribute of any object does.
    """

    def __init__(self, who: str, library: Any, **others: Any) -> None:
        self.__dict__.update(others)
        self._who = who
        self._library = library

    def __getattr__(self, name: str) -> Any:
        try:
            found = getattr(self._library, name)
        except AttributeError:
            raise LacksError(f"{self._who} has no {name}") from None
        setattr(self, name, Namespace(self._who, found) if name == "linalg" else found)
        return getattr(self, name)


# --- for libraries that have no such functions ------------------------------------------------------------------------


def linear(x: Any, weight: Any, bias: Any) -> Any:
    """A fully connected layer."""
    return x @ weight + bias


def cross_entropy(xp: Any, scores: Any, labels: Any) -> Any:
    """The average of -log(probability of the right class)."""
    scores = scores - xp.stop_gradient(xp.max(scores, axis=-1, keepdims=True))
    log_total = xp.log(xp.sum(xp.exp(scores), axis=-1))
    return xp.mean(log_total - xp.sum(scores * labels, axis=-1))
