"""Jacobians, Hessians and products with them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

from anygrad.core.containers import flatten, mapped, unflatten
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array, describe
from anygrad.core.types import SCALARS, rank
from anygrad.ops.creation import new_arange, new_zeros
from anygrad.ops.datatypes import astype
from anygrad.ops.elementwise import add
from anygrad.ops.indexing import getitem
from anygrad.ops.logic import equal
from anygrad.ops.manipulation import expand_dims, reshape
from anygrad.transforms._arguments import Selection, check_callable, check_each, name_of, select, split_aux
from anygrad.transforms.forward import jvp
from anygrad.transforms.mapping import vmap
from anygrad.transforms.reverse import grad, vjp

Argnums = int | Sequence[int]


def jacrev(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """The Jacobian of a function by reverse mode: one backward pass for all outputs at once.

    Args:
        f: takes arrays, or containers of arrays, and returns a real array, or containers of these.
        argnums: which positional arguments to differentiate; several give a tuple.
        has_aux: whether ``f`` returns a pair, whose second part is handed back as it is.

    Returns:
        A function whose result has the structure of the output of ``f`` with, in place of each array, the structure of
        the argument; in that, arrays of the output's shape followed by the argument's.

    Raises:
        TypeError: when called: an array in the argument is not floating, or the output is not real.

    >>> ag.jacrev(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    check_callable(f, "jacrev")

    @functools.wraps(f)
    def jacobian_function(*args: Any, **kwargs: Any) -> Any:
        what = f"jacrev of {name_of(f)}"
        chosen = select(what, args, kwargs, argnums, None)
        out, pullback, *aux = vjp(_of_leaves(f, chosen, has_aux, what), *chosen.leaves, has_aux=has_aux)
        found = _pulled_back(chosen, out, pullback, what)
        return (found, aux[0]) if has_aux else found

    return jacobian_function


def jacfwd(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """The Jacobian of a function by forward mode: one evaluation that carries all directions at once.

    Arguments and result are those of :func:`jacrev`; the output may be complex.

    >>> ag.jacfwd(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    check_callable(f, "jacfwd")

    @functools.wraps(f)
    def jacobian_function(*args: Any, **kwargs: Any) -> Any:
        what = f"jacfwd of {name_of(f)}"
        chosen = select(what, args, kwargs, argnums, None)
        _check_real(chosen.leaves, chosen.paths, what)
        found_aux: list[Any] = []

        def pushed(*tangents: Any) -> Any:
            pairs = _of_leaves(f, chosen, has_aux, what), chosen.leaves, tangents
            _, tangent, *aux = jvp(*pairs, has_aux=has_aux)
            found_aux[:] = aux
            return tangent

        columns = vmap(pushed, out_axes=-1)(*_basis(chosen.leaves))
        shapes = [tuple(x.shape) for x in chosen.leaves]
        found = mapped(lambda column: chosen.arranged(_split_columns(column, shapes)), columns)
        return (found, found_aux[0]) if has_aux else found

    return jacobian_function


def jacobian(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """The Jacobian of a function by the cheaper mode: forward if the output has more elements than the argument.

    Arguments and result are those of :func:`jacrev`; the output of real arguments may be complex, as with
    :func:`jacfwd`.

    >>> ag.jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    check_callable(f, "jacobian")

    @functools.wraps(f)
    def jacobian_function(*args: Any, **kwargs: Any) -> Any:
        what = f"jacobian of {name_of(f)}"
        chosen = select(what, args, kwargs, argnums, None)
        out, pullback, *aux = vjp(_of_leaves(f, chosen, has_aux, what), *chosen.leaves, has_aux=has_aux)
        outputs, _, _ = flatten(out)
        is_complex = any(kind_of(y.dtype) == "c" for y in outputs)
        if is_complex or _count(outputs) > _count(chosen.leaves):
            del pullback
            return jacfwd(f, argnums, has_aux=has_aux)(*args, **kwargs)
        found = _pulled_back(chosen, out, pullback, what)
        return (found, aux[0]) if has_aux else found

    return jacobian_function


def hessian(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """The matrix of second derivatives of a scalar function: forward mode over reverse mode.

    Args:
        f: takes arrays, or containers of arrays, and returns a real scalar.
        argnums: which positional arguments to differentiate; several give a tuple of tuples.
        has_aux: whether ``f`` returns a pair, whose second part is handed back as it is.

    Returns:
        A function whose result has the structure of the argument within that of the argument.

    >>> ag.hessian(lambda x: ag.sum(x**3))(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    return jacfwd(grad(f, argnums, has_aux=has_aux), argnums, has_aux=has_aux)


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The product of a scalar function's Hessian with a direction, without the Hessian: forward over reverse mode.

    Args:
        f: takes arrays, or containers of arrays, and returns a real scalar.
        primals: its arguments.
        tangents: the direction: for each argument what has its structure and shapes.

    Returns:
        A tuple of the structure of ``primals``.

    >>> ag.hvp(lambda x: ag.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 1.0]),))
    (array([ 6., 12.]),)
    """
    check_callable(f, "hvp")
    check_each(primals, f"hvp of {name_of(f)}", "primals")
    return jvp(grad(f, tuple(range(len(primals)))), primals, tangents)[1]


# --- pieces -----------------------------------------------------------------------------------------------------------


def _of_leaves(f: Callable[..., Any], chosen: Selection, has_aux: bool, what: str) -> Callable[..., Any]:
    """A function of the arrays to differentiate, whose results are arrays too."""

    def of_leaves(*leaves: Any) -> Any:
        args, kwargs = chosen.called(leaves)
        out, aux = split_aux(f(*args, **kwargs), has_aux, what)
        out = mapped(lambda y: add(new_zeros(chosen.leaves[0], ()), y) if type(y) in SCALARS else y, out)
        return (out, aux) if has_aux else out

    return of_leaves


def _pulled_back(chosen: Selection, out: Any, pullback: Callable[[Any], Any], what: str) -> Any:
    """The Jacobian, by a pullback of each element of the output."""
    outputs, paths, structure = flatten(out, "output")
    _check_real(outputs, paths, what)
    rows = vmap(pullback)(unflatten(structure, _basis(outputs)))
    blocks = []
    start = 0
    for y in outputs:
        stop = start + math.prod(y.shape)
        blocks.append(
            chosen.arranged([reshape(getitem(row, slice(start, stop)), (*y.shape, *row.shape[1:])) for row in rows])
        )
        start = stop
    return unflatten(structure, blocks)


def _count(arrays: Sequence[Array]) -> int:
    return sum(math.prod(getattr(x, "shape", ())) for x in arrays)


def _check_real(arrays: Sequence[Any], paths: Sequence[str], what: str) -> None:
    for x, path in zip(arrays, paths):
        if rank(type(x)) >= 0 and kind_of(x.dtype) != "f":
            raise TypeError(
                f"{what}: {path} must be real and floating, given {describe(x)}; split it with real and imag"
            )


def _basis(arrays: Sequence[Array]) -> list[Array]:
    """For each array a batch of arrays; together member k has a 1 at element k of all of them, and zeros elsewhere."""
    total = _count(arrays)
    found = []
    start = 0
    for x in arrays:
        size = math.prod(x.shape)
        rows = expand_dims(new_arange(x, total), 1)
        columns = expand_dims(new_arange(x, size) + start, 0)
        found.append(reshape(astype(equal(rows, columns), x.dtype), (total, *x.shape)))
        start += size
    return found


def _split_columns(columns: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """The last axis of an array cut into pieces, each in a shape."""
    pieces = []
    start = 0
    for shape in shapes:
        stop = start + math.prod(shape)
        pieces.append(reshape(getitem(columns, (..., slice(start, stop))), (*columns.shape[:-1], *shape)))
        start = stop
    return pieces
