"""Random numbers that a function draws, to be drawn again the same when it runs once more."""

from __future__ import annotations

import contextlib
import functools
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from anygrad.core.containers import attributes_of
from anygrad.core.primitive import Primitive
from anygrad.core.types import rank

__all__ = ["Draws"]

Source: TypeAlias = tuple[Callable[[], Any], Callable[[Any], None]]
"""How the state of a source of random numbers is got, and set."""


class Draws:
    """The states of the sources that a function may draw from, before it does.

    These are those that NumPy, Python and PyTorch share, and the generators among a function's arguments and among what
    it uses by name.
    """

    __slots__ = ("_noted",)

    def __init__(self, f: Callable[..., Any], arguments: Any) -> None:
        self._noted = [(source, source[0]()) for source in (*_shared(), *_sources_in((f, arguments)))]

    def noted(self) -> Draws:
        """Forget the sources that have not been drawn from."""
        self._noted = [(source, state) for source, state in self._noted if not _same(source[0](), state)]
        return self

    @contextlib.contextmanager
    def again(self) -> Iterator[None]:
        """Draw in a block from these states, and go on after it as if nothing had been drawn."""
        before = [(source, source[0]()) for source, _ in self._noted]
        try:
            _restore(self._noted)
            yield
        finally:
            _restore(before)


def _restore(noted: list[tuple[Source, Any]]) -> None:
    for (_, set_state), state in noted:
        set_state(state)


def _same(x: Any, y: Any) -> bool:
    if isinstance(x, dict):
        x, y = tuple(x.values()), tuple(y.values())
    if isinstance(x, tuple) and len(x) < 9:
        return all(map(_same, x, y))
    return bool(x == y) if isinstance(x, tuple | str | int) else np.array_equal(x, y)


def _shared() -> list[Source]:
    numpys = (functools.partial(np.random.get_state, legacy=False), np.random.set_state)
    torch = sys.modules.get("torch")
    torchs = [] if torch is None else [(torch.random.get_rng_state, torch.random.set_rng_state)]
    return [numpys, (random.getstate, random.setstate), *torchs]


DEPTH, MOST = 6, 1000
"""How far generators are looked for: a model among the arguments may hold much else."""


def _sources_in(root: Any) -> list[Source]:
    """The generators that can be reached from an object."""
    found: list[Source] = []
    seen: set[int] = set()
    stack = [(root, 0)]
    while stack and len(seen) < MOST:
        x, depth = stack.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        source = _source_of(x)
        if source is not None:
            found.append(source)
        elif depth < DEPTH:
            stack += [(part, depth + 1) for part in _reached_from(x)]
    return found


def _source_of(x: Any) -> Source | None:
    if isinstance(x, np.random.Generator):
        bits = x.bit_generator
        return lambda: bits.state, lambda state: setattr(bits, "state", state)
    if isinstance(x, random.Random):
        return x.getstate, x.setstate
    kind = type(x)
    has_states = hasattr(kind, "get_state") and hasattr(kind, "set_state")  # as NumPy's older ones, and PyTorch's
    is_librarys = kind.__module__.partition(".")[0] in ("numpy", "torch")
    return (x.get_state, x.set_state) if has_states and is_librarys else None


def _reached_from(x: Any) -> Iterable[Any]:
    """What an object holds, or a function uses by name."""
    if isinstance(x, tuple | list | set):
        return x
    if isinstance(x, dict):
        return x.values()
    if isinstance(x, FunctionType):
        cells = [cell.cell_contents for cell in x.__closure__ or () if _is_filled(cell)]
        used = [x.__globals__[name] for name in x.__code__.co_names if name in x.__globals__]
        return [*cells, *(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values(), *used]
    if isinstance(x, MethodType):
        return x.__self__, x.__func__
    if isinstance(x, functools.partial):
        return x.func, x.args, x.keywords
    if isinstance(x, type | ModuleType | Primitive) or rank(type(x)) >= 0:
        return ()
    return attributes_of(x).values()


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
