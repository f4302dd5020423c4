"""Reading and writing parts of Tensors in few steps, for loops that go through an array by rows or by elements.

What is here does for plain keys of a Tensor over a library's own array what the general way does
(:mod:`anygrad.reverse.record`, :mod:`anygrad.arrays.views`); all else goes that way. A loop over elements takes half of
the time, and the tests hold the two against each other.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any
from weakref import ref

import numpy as np

from anygrad.arrays.ownership import CAN_COUNT, is_ours
from anygrad.arrays.recording import restrictions, threshold
from anygrad.arrays.views import SMALL, parts_of
from anygrad.backends import backend_of
from anygrad.core.keys import is_plain
from anygrad.core.kinds import kinds
from anygrad.core.primitive import Array, Primitive
from anygrad.core.types import in_common, rank, scalar_results
from anygrad.ops.creation import copy
from anygrad.ops.indexing import Scatter, getitem, index_iset, index_set, written_last
from anygrad.reverse.graph import Node
from anygrad.reverse.pullback import Pullback, match, of_its_own, pullback_of
from anygrad.reverse.record import meta_of

__all__ = ["read", "read_again", "remember", "write"]

_new = object.__new__
_new_tuple = tuple.__new__  # a third of what a named tuple's own takes
_nothing = (None, None)
_nothings = (None, None, None)
_number = ((), np.dtype(np.float64))
"""Shape and dtype of most numbers: operands that share the tuple need not be compared."""


# --- backward ---------------------------------------------------------------------------------------------------------


class ReadPullback(Pullback):
    """Of ``x[key]``: the cotangent stands for an array of zeros with values added at the key."""

    __slots__ = ()

    def __init__(self, op: Primitive) -> None:
        def run(g: Array, parents: Sequence[Any], saved: tuple[Any, ...], node: Any) -> Sequence[Any]:
            if parents[0] is None:
                return (None,)
            key = node.params
            return (_new_tuple(Scatter, (g, key["key"] if type(key) is dict else key, node.shapes[0][0], False)),)

        self._runs_by(op, run)
        self.saves = (frozenset(),) * 2


class WritePullback(Pullback):
    """Of ``x[key] = values``: the cotangent of x is zero where values were written.

    Where nobody else holds the result's cotangent, that is made zero in place, so that a loop that fills an array goes
    back through it at the cost of what it has written.
    """

    __slots__ = ()

    def __init__(self, op: Primitive) -> None:
        def run(g: Array, parents: Sequence[Any], saved: tuple[Any, ...], node: Any) -> Sequence[Any]:
            key = node.params
            if type(key) is dict:
                key = key["key"]
            into_x, into_values = parents
            can_write = into_x is not None and is_ours(g)
            of_values = None
            if into_values is not None:
                of_values = _written_last(g, key, is_to_change=can_write)
                shape, dtype = meta = node.shapes[1]
                if of_values.shape != shape or of_values.dtype != dtype:
                    of_values = match(of_values, meta)
            if can_write:
                return _new_tuple(Scatter, (_write_into(g, 0, key), ..., node.shapes[0][0], True)), of_values
            return None if into_x is None else index_set(g, 0, key), of_values

        self._runs_by(op, run)
        self.saves = (frozenset(),) * 3


def _written_last(g: Array, key: Any, *, is_to_change: bool) -> Array:
    """The cotangent of values written at a key, as numbers of their own if that of the whole is to change."""
    if not is_plain(key):
        return written_last(g, key)
    kind = type(g)
    read = getitem.table[kind](g, key=key) if rank(kind) == 0 else getitem(g, key)
    return copy(read) if is_to_change and type(read) not in scalar_results else read


def _write_into(x: Array, value: Any, key: Any) -> Array:
    kind = type(x)
    return index_iset.table[kind](x, value, key=key) if rank(kind) == 0 else index_iset(x, value, key)


of_its_own.update({getitem: ReadPullback, index_set: WritePullback, index_iset: WritePullback})


# --- forward ----------------------------------------------------------------------------------------------------------


def read(x: Any, key: Any) -> Any:
    """``x[key]`` of a Tensor for a plain key."""
    a = x._array
    kind = type(a)
    out = getitem.table[kind](a, key=key)
    result = _new(x.array_type if out.shape else x.scalar_type)
    result._array = out
    edge = x._edge
    meta = x._meta or meta_of(x)
    result._meta = _number if meta[1] is _number[1] and not out.shape else None
    if edge is None or kinds[meta[1]] not in "fc" or (restrictions and threshold() > x.level):
        result._edge = None
        return result
    if edge is True:
        edge = x
    elif type(edge) is Node:
        edge.children += 1
    result._edge = node = Node()
    node.pullback = _reading
    node.first = edge
    node.second = None
    node.children = 0
    node.saved = _nothing
    node.params = key
    node.shapes = _alone(meta)
    node.hooks = None
    return result


def read_again(x: Any, view: Any, key: Any) -> Any:
    """What :func:`read` gave for the same key last, at the same node; None where that was something else.

    A loop that reads a row or an element several times before it writes has fewer nodes. While what was read is alive,
    it may get hooks, or be asked for its gradient, which is not that of both: then there is another node.
    """
    last = view.last
    if last is None or type(last[0]) is not type(key) or last[0] != key or (restrictions and threshold() > x.level):
        return None
    _, its_type, before, data, edge, meta = last
    if before() is not None or edge.hooks:
        return None
    out = _new(its_type)
    out._array, out._edge, out._meta = data, edge, meta
    view.last = key, its_type, ref(out), data, edge, meta
    return out


def remember(x: Any, view: Any, key: Any, out: Any) -> None:
    """Let :func:`read_again` know what was read, if that has numbers of its own."""
    if type(out._edge) is Node and (out.is_scalar or out._array.size * SMALL <= x._array.size):
        view.last = key, type(out), ref(out), out._array, out._edge, out._meta


def write(x: Any, key: Any, value: Any) -> bool:
    """``x[key] = value`` in the array that a Tensor holds; whether it was done, for nobody else can see that array."""
    a = x._array
    kind = type(a)
    if sys.getrefcount(a) > HOLDERS or not is_plain(key) or rank(kind) != 0:
        return False
    view = getattr(x, "_view", None)
    if view is None or view.base is not None or not view.is_filled or not CAN_COUNT or x._edge is True:
        return False
    its_edge = None
    if isinstance(value, x.family) and value.place is x.place:
        b = value._array
        its_edge = value._edge
        if (type(b) is not kind and in_common[kind, type(b)] is not kind) or kinds[b.dtype] != kinds[a.dtype]:
            return False
    elif type(value) is float or type(value) is int:
        b = value
    else:
        return False
    if view.parts:
        if parts_of(x):
            return False
        view.parts = []
    if not backend_of(a).owns_memory(a):
        return False
    edge = x._edge
    if type(edge) is Node and edge.hooks:
        return False
    try:
        index_iset.table[kind](a, b, key=key)
    except Exception:  # which the general way explains
        return False
    view.last = None
    if edge is its_edge is None or (restrictions and threshold() > x.level):
        return True
    if type(edge) is Node:
        edge.children += 1
    if its_edge is True:
        its_edge = value
    elif type(its_edge) is Node:
        its_edge.children += 1
    x._edge = node = Node()
    node.pullback = _writing
    node.first = edge
    node.second = its_edge
    node.children = 0
    node.saved = _nothings
    node.params = key
    node.shapes = (x._meta or meta_of(x), (value._meta or meta_of(value)) if its_edge is not None else None)
    node.hooks = None
    return True


def _alone(meta: Any) -> tuple[Any]:
    """A tuple of one, the same for the reads of one array: fewer objects for Python's garbage collector to look at."""
    global _last  # noqa: PLW0603
    last = _last
    if last[0] is not meta:
        _last = last = (meta,)
    return last


_last: tuple[Any] = (None,)
_reading = pullback_of(getitem)
_writing = pullback_of(index_iset)


def _holders() -> int:
    """What :func:`write` counts for an array that one Tensor holds."""

    class Holder:
        __slots__ = ("_array",)

    x = Holder()
    x._array = object()  # type: ignore[attr-defined]

    def counted(x: Any) -> int:
        a = x._array
        return sys.getrefcount(a)

    return counted(x)


HOLDERS = _holders()
