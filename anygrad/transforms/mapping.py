"""vmap: a function of one member as a function of whole batches."""

from __future__ import annotations

import functools
from collections.abc import Callable
from numbers import Integral
from typing import Any

from anygrad.arrays.creation import constant
from anygrad.arrays.device import default_device
from anygrad.arrays.levels import next_level
from anygrad.batch.batch import Batch
from anygrad.core.containers import flatten, flatten_arguments, parts_of, unflatten
from anygrad.core.types import rank
from anygrad.ops.manipulation import broadcast_to, moveaxis
from anygrad.transforms._arguments import apart, as_came, as_given, check_callable, held_by, name_of

Axes = Any
"""An integer, None, or containers of these in the shape of (the beginning of) what they are about."""


def vmap(
    f: Callable[..., Any], in_axes: Axes = 0, out_axes: Axes = 0, *, axis_size: int | None = None
) -> Callable[..., Any]:
    """A function that maps another over an axis of its arguments, in whole-array operations and without a loop.

    Args:
        f: takes arrays, or containers of arrays, of one member. It must not look at values (no ``if x > 0``).
        in_axes: which axis of the positional arguments to map over: an integer for all of them, or a tuple with an
            entry for each: an integer, None for what all members share, or containers of these within a container.
            Arguments by name are mapped over their first axis. Integers in containers are the same for all members.
        out_axes: where the mapped axis stands in the results: an integer for all, or containers of integers and None
            (for a result that is the same for all members).
        axis_size: the number of members, needed only if no argument is mapped.

    Returns:
        A function of whole batches.

    Raises:
        ValueError: when called: mapped axes have different lengths, an argument has no such axis, ``in_axes`` does not
            fit the arguments, or nothing says how many members there are.
        TypeError: when called: ``f`` needs the value of an array, as ``if`` and ``float`` do.

    >>> ag.vmap(lambda x, y: ag.sum(x * y))(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 1.0], [2.0, 2.0]]))
    array([ 3., 14.])
    >>> ag.vmap(ag.matmul, in_axes=(None, 1), out_axes=1)(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[1., 2.],
           [3., 4.]])
    """
    check_callable(f, "vmap")
    what = f"vmap of {name_of(f)}"

    @functools.wraps(f)
    def mapped_function(*args: Any, **kwargs: Any) -> Any:
        axes_of_args = in_axes if isinstance(in_axes, int | Integral) or in_axes is None else tuple(in_axes)
        if isinstance(axes_of_args, tuple) and len(axes_of_args) != len(args):
            raise ValueError(f"{what}: in_axes has {len(axes_of_args)} entries, and {len(args)} arguments were given")
        leaves, paths, structure = flatten_arguments(args)
        named, named_paths, named_structure = flatten(kwargs, "argument ")
        axes = [*_prefixed(axes_of_args, args, f"{what}: in_axes"), *[0] * len(named)]
        leaves += named
        paths += named_paths
        whole = {f"argument {i}" for i in range(len(args))}
        axes = [None if type(x) in (int, bool) and p not in whole else a for x, a, p in zip(leaves, axes, paths)]
        fronted = [x if a is None else _fronted(x, a, f"{what}: {p}") for x, a, p in zip(leaves, axes, paths)]
        size = _size(fronted, axes, paths, what, axis_size)
        with next_level(Batch) as batch_type:
            members = [x if a is None else as_given(batch_type(x), len(x.shape) == 1) for x, a in zip(fronted, axes)]
            left = iter(members)
            out = f(*unflatten(structure, left), **unflatten(named_structure, left))
            results, out_paths, out_structure = flatten(out, "output")
            places = _prefixed(out_axes, out, f"{what}: out_axes")
            placed = [_placed(x, a, batch_type, size, f"{what}: {p}") for x, a, p in zip(results, places, out_paths)]
        given = [x for x in leaves if rank(type(x)) >= 0]
        return unflatten(out_structure, apart([as_came(x, given) for x in placed], fronted))

    return mapped_function


def _prefixed(axes: Axes, value: Any, what: str) -> list[int | None]:
    """The axis of each leaf of a container, from axes for it or for its parts."""
    if axes is None or isinstance(axes, int | Integral):
        return [None if axes is None else int(axes)] * len(flatten(value)[0])
    parts, entries = parts_of(value), parts_of(axes)
    if parts is None or entries is None or dict(parts).keys() != dict(entries).keys():
        raise ValueError(f"{what} {axes!r} does not fit a {type(value).__name__}")
    by_name = dict(entries)
    return [axis for name, part in parts for axis in _prefixed(by_name[name], part, what + name)]


def _fronted(x: Any, axis: int, what: str) -> Any:
    """An argument with the mapped axis in front."""
    x = constant(x, default_device())
    ndim = len(x.shape)
    if not -ndim <= axis < ndim:
        raise ValueError(f"{what} has no axis {axis} to map over: its shape is {tuple(x.shape)}; use None in in_axes")
    return moveaxis(x, axis, 0) if axis % ndim else x


def _size(fronted: list[Any], axes: list[int | None], paths: list[str], what: str, axis_size: int | None) -> int:
    """The number of members."""
    sizes = {path: x.shape[0] for x, axis, path in zip(fronted, axes, paths) if axis is not None}
    if axis_size is not None:
        sizes["axis_size"] = axis_size
    if not sizes:
        raise ValueError(f"{what}: no argument is mapped, so axis_size must say how many members there are")
    if len(set(sizes.values())) > 1:
        given = ", ".join(f"{path} has {n}" for path, n in sizes.items())
        raise ValueError(f"{what}: mapped axes must have one length; {given}")
    (size,) = set(sizes.values())
    return int(size)


def _placed(x: Any, axis: int | None, batch_type: type[Batch], size: int, what: str) -> Any:
    """A result with the mapped axis where it belongs."""
    whole = held_by(x, batch_type)
    if whole is x:
        if axis is None:
            return x
        x = constant(x, default_device())
        whole = broadcast_to(x, (size, *x.shape))
    if axis is None:
        raise ValueError(f"{what} differs between members, and out_axes says None")
    ndim = len(whole.shape)
    if not -ndim <= axis < ndim:
        raise ValueError(f"{what} has {ndim - 1} axes, and out_axes asks for the mapped one at {axis}")
    return moveaxis(whole, 0, axis) if axis % ndim else whole
