"""Finding where numbers go wrong: detect_anomaly."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any

import numpy as np

from anygrad.arrays.wrapper import Wrapper, bottom, reset_operators
from anygrad.backends import backend_of
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Implementation, Primitive, describe, forget_implementations, observers
from anygrad.core.types import rank
from anygrad.ops.logic import isfinite
from anygrad.ops.reductions import all
from anygrad.reverse.graph import Node
from anygrad.reverse.pullback import Cotangents, Pullback

__all__ = ["detect_anomaly"]

PACKAGE = os.path.dirname(os.path.dirname(__file__))


class detect_anomaly:
    """Stop at the operation that first makes a NaN or an infinity, forward or backward: a context manager.

    It also notices arrays that were changed between the forward and the backward pass, which makes gradients wrong.
    Each operation on Tensors is checked and what it saves is copied, so use it to find an error, not to train. It holds
    for all threads, and for the backward pass of what was computed inside.

    Raises:
        FloatingPointError: in the block: an operation with finite operands has a result, or its rule a cotangent, that
            is not finite; the message names the operation and the line of your program that called it.
        RuntimeError: in a backward pass: an array that an operation saved has been changed since.

    >>> x = ag.Tensor([1.0, 0.0], requires_grad=True)
    >>> with ag.detect_anomaly():  # doctest: +IGNORE_EXCEPTION_DETAIL
    ...     ag.log(x)
    Traceback (most recent call last):
    FloatingPointError: log made -inf at index (1,) of its result at program.py:2: ag.log(x)
    """

    def __enter__(self) -> None:
        self._quiet = np.errstate(all="ignore")  # the errors here say more than NumPy's warnings
        self._quiet.__enter__()
        observers.append(_observed)
        forget_implementations()
        reset_operators()

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._quiet.__exit__(kind, error, traceback)
        observers.remove(_observed)
        forget_implementations()
        reset_operators()


def _observed(op: Primitive, array_type: type, run: Implementation) -> Implementation:
    """An operation on a wrapper's type, with its results looked at."""
    if not issubclass(array_type, Wrapper):
        return run

    def observing(*operands: Any, **params: Any) -> Any:
        out = run(*operands, **params)
        if out is NotImplemented:
            return out
        results = out if isinstance(out, tuple) else (out,)
        inputs = operands[0] if op.variadic else operands
        for result in results:
            problem = _first_problem(result)
            if problem is not None and not _has_problem(inputs):
                raise _explained(FloatingPointError(f"{op.name} made {problem} of its result {_where(_user_line())}"))
        for node in {id(n): n for n in map(_node_of, results) if n is not None}.values():
            if not isinstance(node.pullback, _ObservedPullback):
                node.pullback = _ObservedPullback(node.pullback, node, _user_line())
        return out

    return observing


def _explained(error: FloatingPointError) -> FloatingPointError:
    """An error to which nothing is to be added, in no variable of the frame that its traceback holds."""
    error.explained = True  # type: ignore[attr-defined]
    return error


def _node_of(result: Any) -> Node | None:
    """The node of the operation that made a Tensor, of several results the one they share."""
    edge = getattr(result, "_edge", None)
    if type(edge) is not Node:
        return None
    parent = edge.parents[0]
    return parent if edge.stands_for_output and type(parent) is Node else edge


# --- values -----------------------------------------------------------------------------------------------------------


def _first_problem(x: Any) -> str | None:
    """The first NaN or infinity in an array, and where it is; None if there is none."""
    x = bottom(x)
    if rank(type(x)) < 0 or kind_of(x.dtype) not in "fc" or bool(all(isfinite(x))):
        return None
    values = np.asarray(backend_of(x).to_numpy(x))
    index = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
    return f"{values[index]} at index {index}"


def _has_problem(values: Sequence[Any]) -> bool:
    """Whether a NaN or an infinity is among some arrays and numbers."""
    return any(_first_problem(x) is not None for x in values) or any(
        isinstance(x, float | complex) and not np.isfinite(x) for x in values
    )


def _snapshot(x: Any) -> Any:
    x = bottom(x)
    return None if rank(type(x)) < 0 else np.array(backend_of(x).to_numpy(x))


# --- the backward pass ------------------------------------------------------------------------------------------------


class _ObservedPullback(Pullback):
    """The reverse rule of one recorded operation, with what goes in and comes out looked at."""

    __slots__ = ()

    def __init__(self, inner: Pullback, node: Node, line: str) -> None:
        if hasattr(inner, "output"):
            self.output = inner.output
        before = [_snapshot(value) for value in node.saved or ()]
        op = inner.op  # not self, which would be held in a cycle

        def run(g: Any, parents: Sequence[Any], saved: tuple[Any, ...], node: Node) -> Sequence[Any]:
            for value, copy in zip(saved, before):
                if copy is not None and not np.array_equal(_snapshot(value), copy, equal_nan=True):
                    raise RuntimeError(
                        f"an array {describe(bottom(value))} that {op.name} saved was changed between the forward "
                        f"and the backward pass; give anygrad a copy. It was used {_where(line)}"
                    )
            cotangents = inner.run(g, parents, saved, node)
            into = g if isinstance(g, Cotangents) else (g,)
            for i, c in enumerate(cotangents):
                problem = _first_problem(getattr(c, "values", c))
                if problem is not None and not _has_problem((*into, *saved)):
                    name = op.operands[min(i, len(op.operands) - 1)] if hasattr(op, "operands") else i
                    raise FloatingPointError(
                        f"the backward pass of {op.name} made {problem} of the cotangent of {name!r}; "
                        f"it was called {_where(line)}{getattr(op, 'hint', '')}"
                    )
            return cotangents

        self._runs_by(inner.op, run)
        self.saves = inner.saves
        self.fresh = inner.fresh


# --- the user's program -----------------------------------------------------------------------------------------------


def _user_line() -> str:
    """The innermost line of the running program that is not anygrad's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    if frame is None:
        return "in anygrad itself"
    name, number = frame.f_code.co_filename, frame.f_lineno
    return f"{name}:{number}: {linecache.getline(name, number, frame.f_globals).strip()}"


def _where(line: str) -> str:
    return f"at {line}"
