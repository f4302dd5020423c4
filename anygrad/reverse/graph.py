"""The graph of recorded operations.

A :class:`Node` is one recorded operation: edges to what it was made from, and the raw arrays its rule needs. An *edge*
is a leaf Tensor itself, the Node of an intermediate, or None for a constant. Nodes never hold intermediate Tensors, so
dropping the output frees everything.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

from anygrad.arrays.recording import restrictions
from anygrad.reverse.pullback import JoinPullback, OutputPullback, Pullback

__all__ = [
    "Edge",
    "Hook",
    "HookHandle",
    "Leaf",
    "Node",
    "hooked",
    "join",
    "key_of_last",
    "notice",
    "noticing",
    "shared",
]

Edge: TypeAlias = "Node | Leaf"
Hook: TypeAlias = Callable[[Any], Any]
"""A function of a gradient, a Tensor, that gives another in its place or None."""


class Leaf(Protocol):
    """What a Tensor is to the graph."""

    hooks: dict[int, Hook] | None

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> Any: ...

    def edge(self) -> Edge: ...


class Node:
    """One recorded operation.

    Attributes:
        pullback: what carries the output's cotangent to the operands.
        first, second: the edges of two operands, or of one and None; of several in the first place a tuple of all. An
            object less for each operation, which Python's garbage collector would go through.
        children: how often it is itself among the parents of nodes.
        saved: one slot for each operand and one for the output, None where the rule does not need it; all None after
            the rule has run.
        params: the operation's static parameters; not set on an elementwise operation.
        shapes: shape and dtype of each operand, or None where all are those of the output.
        hooks: functions of the cotangent, by key; None until one is registered.
    """

    __slots__ = ("__weakref__", "children", "first", "hooks", "params", "pullback", "saved", "second", "shapes")

    pullback: Pullback
    first: Any
    second: Edge | None
    children: int
    saved: tuple[Any, ...] | None
    params: dict[str, Any]
    shapes: Any
    hooks: dict[int, Hook] | None

    @classmethod
    def of(
        cls,
        pullback: Pullback,
        parents: tuple[Edge | None, ...],
        saved: tuple[Any, ...] = (),
        params: dict[str, Any] | None = None,
        shapes: Any = None,
    ) -> Node:
        """A new node, which its parents count among their children."""
        node = cls()
        node.pullback = pullback
        node.first = parents
        node.saved = saved
        node.params = {} if params is None else params
        node.shapes = shapes
        node.children = 0
        node.hooks = None
        for parent in parents:
            if type(parent) is cls:
                parent.children += 1
        return node

    @property
    def parents(self) -> tuple[Edge | None, ...]:
        """The edge of each operand, None where no gradient is wanted."""
        if type(self.first) is tuple:
            return self.first
        return (self.first, self.second)[: len(self.pullback.op.operands)]

    @property
    def name(self) -> str:
        """The name of the operation."""
        return self.pullback.op.name

    @property
    def creators(self) -> tuple[Edge, ...]:
        """What the operation's result was made from: leaf Tensors, and Nodes for intermediates."""
        if self.stands_for_output:
            return self.parents[0].creators  # type: ignore[union-attr]  # the Node of the operation
        return tuple(parent for parent in self.parents if parent is not None)

    @property
    def stands_for_output(self) -> bool:
        """Whether it is one of several results of an operation, whose own node is its parent."""
        return isinstance(self.pullback, OutputPullback)

    def output(self, index: int) -> Node:
        """A node that stands for one of the operation's several results; this one then waits for all of them."""
        return Node.of(self.pullback.output, (self,), params={"index": index})

    def __repr__(self) -> str:
        return f"<node {self.name}>"


def join(edges: Sequence[Edge | None]) -> Node | None:
    """A node from which a backward pass starts at several edges, given a tuple of cotangents; None without an edge."""
    if all(edge is None for edge in edges):
        return None
    return Node.of(JoinPullback(), tuple(edges))


class HookHandle:
    """What :meth:`Tensor.register_hook` returns."""

    __slots__ = ("_hooks", "_key")

    def __init__(self, hooks: dict[int, Hook], key: int) -> None:
        self._hooks = hooks
        self._key = key

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        self._hooks.pop(self._key, None)


def hooked(edge: Any, hook: Hook, key: int | None = None) -> HookHandle:
    """Give a hook to an edge of the graph, in place of the one that has the same key."""
    hooks = getattr(edge, "hooks", None)
    if hooks is None:
        hooks = edge.hooks = {}
    key = next(_keys) if key is None else key
    hooks[key] = hook
    return HookHandle(hooks, key)


def key_of_last(x: Any) -> int:
    """The key of the one hook of a Tensor that comes after all others."""
    return sys.maxsize + id(x)


_keys = itertools.count()


# --- leaves that threads share ----------------------------------------------------------------------------------------


class _Shared:
    """What adds to the gradient of a leaf holds the lock."""

    def __init__(self) -> None:
        self.renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.renew)  # where no other thread lives on that could hold it

    def renew(self) -> None:
        self.lock = threading.RLock()


shared = _Shared()


# --- who asks for nodes -----------------------------------------------------------------------------------------------


class _Noticed(threading.local):
    """Per thread: nodes that save something, with their levels, where somebody asks for them."""

    nodes: list[tuple[Node, int]] | None = None


_noticed = _Noticed()


def notice(node: Node, level: int) -> None:
    """Gather a new node, while there are restrictions, where somebody asks for it."""
    if _noticed.nodes is not None and any(value is not None for value in node.saved or ()):
        _noticed.nodes.append((node, level))


@contextlib.contextmanager
def noticing() -> Iterator[list[tuple[Node, int]]]:
    """Gather the nodes that save something, of all levels and in the order in which they are made, for a block."""
    outer = _noticed.nodes
    found = _noticed.nodes = []
    restrictions.append(None)
    try:
        yield found
    finally:
        restrictions.pop()
        _noticed.nodes = outer
        if outer is not None:
            outer += found
