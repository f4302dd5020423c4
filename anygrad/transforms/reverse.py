"""Reverse mode: grad, value_and_grad, vjp and linearize."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from anygrad.arrays.creation import constant
from anygrad.arrays.device import default_device
from anygrad.arrays.levels import next_level
from anygrad.backends import backend_of
from anygrad.core.containers import flatten, mapped, matching, unflatten
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array, describe
from anygrad.core.types import SCALARS, device_of, outlived, rank, scalar_results
from anygrad.ops.creation import ones_like, zeros_like
from anygrad.reverse.engine import backward
from anygrad.reverse.graph import Edge, join
from anygrad.reverse.pullback import Cotangents, match
from anygrad.reverse.record import edge_of
from anygrad.reverse.tensor import Tensor
from anygrad.transforms._arguments import (
    Argnames,
    Argnums,
    apart,
    as_came,
    check_callable,
    held_by,
    name_of,
    quiet,
    select,
    split_aux,
    tracked,
    untraced,
)


def grad(
    f: Callable[..., Any], argnums: Argnums = None, argnames: Argnames = None, *, has_aux: bool = False
) -> Callable[..., Any]:
    """The gradient of a function, as a function of the same arguments.

    Args:
        f: takes arrays, or containers of arrays, and returns a real scalar (an array of one element and no axes). It is
            called with Tensors in place of the arrays in the differentiated arguments.
        argnums: which positional arguments to differentiate; by default the first; several give a tuple of gradients.
        argnames: which arguments given by name to differentiate; several give a dict of gradients. With both, the
            gradients are a pair.
        has_aux: whether ``f`` returns a pair of the scalar and of anything else; the gradient then comes in a pair too.

    Returns:
        A function whose result has the structure of the argument, and arrays of the same shape, dtype, library and
        device in it; it can be differentiated again.

    Raises:
        TypeError: when called: an array in the argument is not floating, or ``f`` returns no real scalar.
        IndexError: when called: an argnum is out of range.
        KeyError: when called: an argname was not given by name.

    >>> ag.grad(lambda x: ag.sum(x**3))(np.array([1.0, 2.0]))
    array([ 3., 12.])
    >>> ag.grad(lambda p: p["w"] * p["b"])({"w": 2.0, "b": 3.0})
    {'w': array(3.), 'b': array(2.)}
    >>> ag.grad(ag.grad(lambda x: x**3))(2.0)
    array(12.)
    """
    check_callable(f, "grad")
    both = value_and_grad(f, argnums, argnames, has_aux=has_aux)

    @functools.wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, gradients = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return gradient


def value_and_grad(
    f: Callable[..., Any], argnums: Argnums = None, argnames: Argnames = None, *, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """The value and the gradient of a function, from one evaluation; otherwise as :func:`grad`.

    With ``has_aux`` the value is the pair that the function returns.

    >>> ag.value_and_grad(lambda x: ag.sum(x**2))(np.array([1.0, 2.0]))
    (array(5.), array([2., 4.]))
    """
    check_callable(f, "value_and_grad")
    what = f"grad of {name_of(f)}"

    @functools.wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        chosen = select(what, args, kwargs, argnums, argnames)
        with next_level(Tensor) as tensor_type:
            inputs, arguments = tracked(chosen, tensor_type)
            tracked_args, tracked_kwargs = chosen.called(arguments)
            out, aux = split_aux(f(*tracked_args, **tracked_kwargs), has_aux, what)
            value, gradients = _value_and_gradients(out, inputs, tensor_type, what)
            value = as_came(value, chosen.leaves)
            value = (value, untraced(aux, tensor_type, chosen.leaves)) if has_aux else value
        return value, chosen.arranged(gradients)

    return value_and_gradient


def _value_and_gradients(
    out: Any, inputs: list[Tensor], tensor_type: type[Tensor], what: str
) -> tuple[Any, list[Array]]:
    """The plain value of a traced result, and its gradient in each input."""
    value = held_by(out, tensor_type)
    if type(value) not in SCALARS and (getattr(value, "shape", None) != () or kind_of(value.dtype) == "c"):
        raise TypeError(f"{what}: the function must return a real scalar, given {describe(value)}; {_remedy(value)}")
    edge = None if value is out else edge_of(out)
    found: dict[Any, Array] = {}
    if edge is not None:
        with quiet(value):
            found = backward(edge, ones_like(value), tensor_type)
    return value, _gradients_of(inputs, found)


def _remedy(value: Any) -> str:
    if value is None:
        return "is a return missing?"
    return "reduce it with sum" if hasattr(value, "shape") else "what comes besides is returned with has_aux=True"


def _gradients_of(inputs: list[Tensor], found: dict[Any, Array]) -> list[Array]:
    """The gradient in each input, of those that a backward pass has found.

    Raises:
        RuntimeError: there is one in an input of a transform that has ended.
    """
    gradients = [as_came(found.pop(x), (x.data,)) if x in found else zeros_like(x.data) for x in inputs]
    for leaf in found:
        if leaf._edge is None:
            raise outlived(type(leaf))
    return gradients


# --- vjp --------------------------------------------------------------------------------------------------------------


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of a function, and its pullback: from a cotangent of the output to those of the arguments.

    Args:
        f: takes arrays, or containers of arrays, and returns an array or containers of arrays.
        primals: its arguments.
        has_aux: whether ``f`` returns a pair, whose second part is handed back as it is.

    Returns:
        ``(out, pullback)``, or ``(out, pullback, aux)``. ``pullback(cotangent)`` takes what has the structure, shapes
        and dtypes of ``out`` and gives a tuple with the cotangent of each argument; it can be called many times.

    Raises:
        TypeError: an array among the arguments is not floating.
        RuntimeError: when the pullback is called: an argument was changed in place since.
        ValueError: when the pullback is called: the cotangent has another structure or shape than the output.

    >>> out, pullback = ag.vjp(lambda x: x**2, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    check_callable(f, "vjp")
    what = f"vjp of {name_of(f)}"
    chosen = select(what, primals, {}, tuple(range(len(primals))), None)
    with next_level(Tensor) as tensor_type:
        inputs, arguments = tracked(chosen, tensor_type)
        out, aux = split_aux(f(*chosen.called(arguments)[0]), has_aux, what)
        leaves, paths, structure = flatten(out, "output")
        values = [as_came(held_by(x, tensor_type), chosen.leaves) for x in leaves]
        values = apart(values, values)  # which the graph may hold
        pull = pull_through(leaves, inputs, tensor_type)
        aux = untraced(aux, tensor_type, chosen.leaves) if has_aux else None

    marks = [_mark(x) for x in chosen.leaves]

    def pullback(cotangent: Any) -> Any:
        for x, mark, path in zip(chosen.leaves, marks, chosen.paths):
            if mark is not None and _mark(x) != mark:
                raise RuntimeError(
                    f"{what}: {path} was changed in place since, and the pullback may need what was in it; write "
                    f"x = x + y in place of x += y, or give vjp a copy"
                )
        given = matching(cotangent, structure, "cotangent", "output")
        arrays = [like(g, value, path) for g, value, path in zip(given, values, paths)]
        return chosen.arranged(pull(arrays))

    out = unflatten(structure, values)
    return (out, pullback, aux) if has_aux else (out, pullback)


def _mark(x: Any) -> Any:
    """What tells whether an array of a library has been changed meanwhile."""
    return backend_of(x).mark(x) if rank(type(x)) == 0 and type(x) not in scalar_results else None


def pull_through(
    outputs: list[Any], inputs: list[Tensor], tensor_type: type[Tensor]
) -> Callable[[list[Any]], list[Any]]:
    """From cotangents of recorded outputs to those of the inputs; the graph is kept."""
    edges: list[Edge | None] = [edge_of(x) if tensor_type.is_of_level(x) else None for x in outputs]
    root = join(edges)

    def pull(cotangents: list[Any]) -> list[Any]:
        found: dict[Any, Any] = {}
        if root is not None:
            # For hooks, a level above those of the cotangents.
            with next_level(Tensor) as hooks_type, quiet(inputs[0]):
                found = backward(root, Cotangents(cotangents), hooks_type, retain_graph=True)
        return _gradients_of(inputs, found)

    return pull


def like(g: Any, value: Any, path: str, kind: str = "cotangent") -> Array:
    """A cotangent or tangent as an array of the dtype of what it belongs to.

    Raises:
        ValueError: it has another shape.
        TypeError: it is complex, and what it belongs to is not.
    """
    shape = tuple(getattr(value, "shape", ()))
    if rank(type(g)) < 0:
        g = constant(g, device_of(value) if rank(type(value)) >= 0 else default_device())
    if tuple(g.shape) != shape:
        raise ValueError(f"the {kind} of {path} must have its shape {shape}, given {describe(g)}")
    if not hasattr(value, "dtype"):
        return g
    if kind_of(g.dtype) == "c" and kind_of(value.dtype) != "c":
        raise TypeError(f"the {kind} of {path} must be real, as it is, given {describe(g)}")
    return match(g, (shape, value.dtype))


# --- linearize --------------------------------------------------------------------------------------------------------


def linearize(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of a function, and its derivative there as a linear function of the tangents.

    ``f`` is evaluated once; each call of the linear function costs one pass over what was recorded.

    Args:
        f: takes arrays, or containers of arrays, and returns an array or containers of arrays.
        primals: its arguments.

    Returns:
        ``(out, derivative)``; ``derivative(*tangents)`` has the structure of ``out``.

    >>> out, derivative = ag.linearize(lambda x: x**2, np.array([1.0, 2.0]))
    >>> derivative(np.array([1.0, 10.0]))
    array([ 2., 40.])
    """
    chosen = select(f"linearize of {name_of(f)}", primals, {}, tuple(range(len(primals))), None)
    out, pullback = vjp(f, *primals)
    leaves, _, structure = flatten(out)
    _, _, arguments = flatten(primals)
    # The pullback is linear; what is recorded of it, at any cotangent, is its transpose.
    with next_level(Tensor) as tensor_type:
        cotangents = [tensor_type.rewrap(zeros_like(x), True) if rank(type(x)) >= 0 else 0.0 for x in leaves]
        tensor_type.place.inputs = inputs = [c for c in cotangents if isinstance(c, Tensor)]
        pulled = chosen.picked(flatten(pullback(unflatten(structure, cotangents)))[0])
        push = pull_through(pulled, inputs, tensor_type)

    def derivative(*tangents: Any) -> Any:
        given = chosen.picked(matching(tangents, arguments, "tangents", "the arguments"))
        moved = iter(push([like(t, x, p, "tangent") for t, x, p in zip(given, chosen.leaves, chosen.paths)]))
        return unflatten(structure, [next(moved) if rank(type(x)) >= 0 else 0.0 for x in leaves])

    return out, derivative


def elementwise_grad(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The derivative of a function that works element by element, at each element.

    It is the gradient of the sum of what the function returns, so for a function that mixes elements it holds the sums
    of the columns of the Jacobian.

    Args:
        f: takes arrays and returns a real array.
        argnums: the argument to differentiate.

    >>> ag.elementwise_grad(ag.sin)(np.array([0.0, np.pi]))
    array([ 1., -1.])
    """
    check_callable(f, "elementwise_grad")

    @functools.wraps(f)
    def derivative(*args: Any, **kwargs: Any) -> Any:
        if not -len(args) <= argnums < len(args):
            raise IndexError(f"elementwise_grad: argnums names argument {argnums}, and {len(args)} were given")
        at = argnums % len(args)
        out, pullback = vjp(lambda x: f(*args[:at], x, *args[at + 1 :], **kwargs), args[at])
        return pullback(mapped(ones_like, out))[0]

    return derivative
