"""Containers of arrays as one vector, which is what solvers and optimisers work on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from anygrad.core.containers import flatten, unflatten
from anygrad.core.primitive import Array, describe
from anygrad.ops.indexing import getitem
from anygrad.ops.joining import concat
from anygrad.ops.manipulation import reshape
from anygrad.reverse.pullback import match
from anygrad.transforms._arguments import floating


def ravel_pytree(value: Any) -> tuple[Array, Callable[[Array], Any]]:
    """All elements of nested containers in one vector, and the way back.

    Those of a dict are in the order of its keys, however it was filled. Both directions are differentiable.

    Args:
        value: an array or a float, or nested containers of them.

    Returns:
        ``(vector, unravel)``; ``unravel(other)`` gives containers like ``value``, of the same shapes and dtypes, around
        the elements of another vector.

    Raises:
        TypeError: a leaf is not floating.
        ValueError: there is no leaf; or, when ``unravel`` is called, the vector has another shape.

    >>> vector, unravel = ag.ravel_pytree({"w": np.ones((2, 2)), "b": 0.5})
    >>> vector
    array([0.5, 1. , 1. , 1. , 1. ])
    >>> unravel(2 * vector)["b"]
    array(1.)
    """
    leaves, paths, structure = flatten(value, "value")
    if not leaves:
        raise ValueError(f"ravel_pytree: value must hold an array, given {value!r}")
    arrays = [floating(x, f"ravel_pytree: {path}") for x, path in zip(leaves, paths)]
    metas = [(tuple(x.shape), x.dtype) for x in arrays]
    vector = joined(arrays)
    size = vector.shape[0]

    def unravel(other: Array) -> Any:
        if tuple(other.shape) != (size,):
            raise ValueError(f"unravel: the vector must have {size} elements, given {describe(other)}")
        return unflatten(structure, [match(part, meta) for part, meta in zip(cut(other, arrays), metas)])

    return vector, unravel


def joined(arrays: Sequence[Array]) -> Array:
    """All elements of some arrays in one vector."""
    return concat([reshape(x, (-1,)) for x in arrays])


def cut(vector: Array, arrays: Sequence[Array]) -> list[Array]:
    """A vector as arrays of the shapes of others."""
    found = []
    start = 0
    for x in arrays:
        stop = start + math.prod(x.shape)
        found.append(reshape(getitem(vector, slice(start, stop)), tuple(x.shape)))
        start = stop
    return found
