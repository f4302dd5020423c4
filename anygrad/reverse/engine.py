"""The engine: carries cotangents back through the graph of recorded operations.

Every node runs once, when all its consumers have. Nothing here recurses, so depth is bounded by memory alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from anygrad.arrays.ownership import hold_copies
from anygrad.backends.fusion import ADDED, fused_pullbacks
from anygrad.core.primitive import Array, describe
from anygrad.core.types import rank, scalar_results
from anygrad.ops.creation import copy
from anygrad.ops.elementwise import add
from anygrad.ops.indexing import Scatter, index_iadd
from anygrad.reverse.graph import Edge, Node
from anygrad.reverse.pullback import Cotangents

__all__ = ["awaited", "backward", "owned"]


def awaited(root: Edge) -> dict[Edge, int]:
    """How many children's gradients each creator of a result waits for, before a backward pass from it.

    This is the counter that orders the pass: a node runs when its count has come down to zero.

    Args:
        root: a Tensor, or the Node of one.

    >>> a, b, c = (ag.Tensor([1.0], requires_grad=True) for _ in range(3))
    >>> f = (a + b) + (b + c)
    >>> ag.graph.awaited(f)[b]
    2
    """
    root = root if type(root) is Node else root.edge()  # type: ignore[union-attr]
    counts: dict[Edge, int] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        for parent in node.parents if type(node) is Node else ():
            if parent in counts:
                counts[parent] += 1
            elif parent is not None:
                counts[parent] = 1
                stack.append(parent)
    return counts


def _awaited_by_several(root: Node, leading: set[Edge] | None) -> dict[Node, int]:
    """The part of :func:`awaited` that a pass needs: for nodes with several children how many of these it will run.

    Raises:
        RuntimeError: an earlier pass has been there and has freed what was saved.
    """
    counts: dict[Node, int] = {}
    stack: list[Node] = []
    node: Node | None = root
    while node is not None:
        if node.saved is None:
            raise RuntimeError(
                f"backward through {node.name!r} a second time: what it saved was freed by the first pass; "
                f"call the first backward with retain_graph=True to go through the graph again. An array that was kept "
                f"outside of a function, in a cache, an attribute or a global, is to be computed anew in each call"
            )
        following = None
        first = node.first
        for parent in first if type(first) is tuple else (first, node.second):
            if type(parent) is Node and (leading is None or parent in leading):
                if parent.children > 1:
                    if parent in counts:
                        counts[parent] += 1
                        continue
                    counts[parent] = 1
                if following is not None:
                    stack.append(following)
                following = parent
        node = following if following is not None else stack.pop() if stack else None
    return counts


def _leading_to(root: Edge, wanted: Iterable[Edge]) -> set[Edge]:
    """The edges below root from which a path leads to a wanted edge, the wanted ones among them."""
    consumers: dict[Edge, list[Edge]] = {root: []}
    stack = [root]
    while stack:
        node = stack.pop()
        for parent in node.parents if type(node) is Node else ():
            if parent is not None:
                if parent not in consumers:
                    consumers[parent] = []
                    stack.append(parent)
                consumers[parent].append(node)
    stack = [edge for edge in wanted if edge in consumers]
    leading = set(stack)
    while stack:
        for consumer in consumers[stack.pop()]:
            if consumer not in leading:
                leading.add(consumer)
                stack.append(consumer)
    return leading


def backward(
    root: Edge,
    cotangent: Array,
    tensor_type: type[Any],
    *,
    wanted: Sequence[Edge] | None = None,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> dict[Edge, Array]:
    """Carry a cotangent from the root back through the graph.

    Args:
        root: where to start: the Node of an intermediate, or a leaf Tensor.
        cotangent: the gradient of the root, of its shape, dtype and device; a Tensor with ``create_graph``.
        tensor_type: the type of the Tensors whose graph it is.
        wanted: the edges whose gradients are returned; by default all leaf Tensors. Branches that lead to none of
            them are not entered.
        retain_graph: keep the saved arrays, so that the graph can be gone through again.
        create_graph: record the pass itself, so that its results can be differentiated; retains the graph.

    Returns:
        The gradient of each wanted edge that the root depends on: arrays of their own, or Tensors with
        ``create_graph``.

    Raises:
        RuntimeError: the graph was freed.
        Exception: what a rule raises, with the operation and its shapes in the message.
    """
    retain_graph = retain_graph or create_graph
    leading = None if wanted is None else _leading_to(root, wanted)
    if leading is not None and root not in leading:
        return {}
    targets = set() if wanted is None else set(wanted)
    counts = _awaited_by_several(root, leading) if type(root) is Node else {}
    # What has arrived at leaves, and at nodes with several children: the sum, whether the engine owns it, and its type
    # if it can be added to in place.
    sums: dict[Edge, list[Any]] = {} if type(root) is Node else {root: [cotangent, False, None]}
    ready: list[tuple[Node, Array]] = []
    results: dict[Edge, Array] = {}
    node: Node | None
    following: Node | None
    node, g, its_g = (root if type(root) is Node else None), cotangent, None
    del cotangent
    while node is not None:
        if node.hooks:
            g = _run_hooks(node, g, tensor_type)
        first = node.first
        parents = first if type(first) is tuple else (first, node.second)
        saved: Any = node.saved  # never None: that was looked at when the children were counted
        if leading is not None:
            parents = tuple(parent if parent in leading else None for parent in parents)
            if node in targets:
                results[node] = owned(g, False)
        if create_graph:
            saved = tuple(tensor_type.rewrap(value, edge) for value, edge in zip(saved, (*node.parents, node)))
        pullback = node.pullback
        fused = fused_pullbacks.get(type(g)) if fused_pullbacks else None
        try:
            if fused is None:
                cotangents = pullback.runs[type(g)](g, parents, saved, node)
            else:
                cotangents = fused(pullback, g, parents, saved, node, sums)
        except Exception as error:
            error.add_note(f"in the backward pass of {node.name!r}, with a cotangent {describe(g)}")
            raise
        if not retain_graph:
            node.saved = None
        following = saved = None
        for parent, c in zip(parents, cotangents):
            if type(parent) is Node and parent.children == 1:
                if type(c) is Scatter:
                    c = c.dense()
                if following is not None:
                    ready.append((following, its_g))
                following, its_g = parent, c  # next, without a detour through the list: 4 % of a chain of operations
                continue
            if parent is None:
                continue
            arrived = sums.get(parent)
            if arrived is not None and type(c) is arrived[2]:
                arrived[0] += c  # in place, where the library's arrays are mutable
            elif arrived is not None and arrived[1] and type(c) is Scatter:
                arrived[0] = c.added_to(arrived[0], in_place=True)
            else:
                total, is_ours = _arrived(c, pullback.fresh and c is not g) if arrived is None else _joined(arrived, c)
                # Of what can be added to in place the type; where operations know of several devices, none.
                sums[parent] = [total, is_ours, type(total) if is_ours and fused is None else None]
            if type(parent) is Node:
                counts[parent] = still = counts.get(parent, 1) - 1  # not counted: it has a second child only since then
                if not still:
                    ready.append((parent, sums.pop(parent)[0]))
        c = cotangents = ()  # so that nothing lives longer than it is needed, and what is ours is held by nobody else
        arrived = total = None
        if following is None and ready:
            following, its_g = ready.pop()
        node, g, its_g = following, its_g, None
    for leaf, (g, is_ours, _) in sums.items():
        if getattr(leaf, "hooks", None):
            g, is_ours = _run_hooks(leaf, g, tensor_type), False
        results[leaf] = owned(g, is_ours)
    return results


def _arrived(c: Any, is_ours: bool) -> tuple[Any, bool]:
    """The first cotangent that arrives somewhere, and whether the engine may write into it."""
    return (c.dense(), True) if type(c) is Scatter else (c, is_ours)


def _joined(arrived: list[Any], c: Any) -> tuple[Any, bool]:
    """The sum of what has arrived somewhere and one more cotangent, which is the engine's own."""
    total, is_ours, _ = arrived
    if c is ADDED:
        return total, True
    if type(c) is Scatter:
        return c.added_to(total, in_place=is_ours), True
    if type(c) is Cotangents:
        return total + c, True
    # Operations, not operators: these may know on which of several devices the arrays are.
    return (index_iadd(total, c, ...) if is_ours and type(c) is type(total) else add(total, c)), True


def owned(g: Array, is_ours: bool) -> Array:
    """A cotangent as an array that nobody else holds, at the same place in the graph."""
    if type(g) in scalar_results:
        return scalar_results[type(g)](g)
    if is_ours:
        return g
    if not rank(type(g)):
        return copy(g)
    twin = g._twin()
    hold_copies(twin)
    return twin


def _run_hooks(node: Edge, g: Array, tensor_type: type[Any]) -> Array:
    """Show a cotangent to the hooks, in the order of their keys; each may replace it."""
    is_raw = not isinstance(g, tensor_type)
    gradient = owned(g, False)
    gradient = tensor_type.rewrap(gradient, None) if is_raw else gradient
    assert node.hooks is not None
    for _, hook in sorted(node.hooks.items()):
        replacement = hook(gradient)
        if replacement is None:
            continue
        is_alike = isinstance(replacement, tensor_type) and replacement.shape == gradient.shape
        if not is_alike or replacement.dtype != gradient.dtype:
            raise ValueError(
                f"a hook must return None or a Tensor of the gradient's shape and dtype, {describe(gradient)}, "
                f"given {describe(replacement)}"
            )
        gradient = replacement
    return gradient.data if is_raw else gradient
