"""Functions of functions: derivatives of code over arrays that the caller already has."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from anygrad.backends import backend_of, numpy_dtype
from anygrad.creation import asarray
from anygrad.dual import Dual
from anygrad.graph import backward, mode
from anygrad.ops.creation import ones_like, zeros_like
from anygrad.ops.datatypes import kind_of
from anygrad.primitive import SCALARS, Array, describe, rank
from anygrad.record import edge_of
from anygrad.tensor import Tensor

__all__ = ["grad", "jvp", "value_and_grad"]


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The gradient of a function, as a function of the same arguments.

    Args:
        f: takes arrays and returns a real scalar (an array of one element and no axes). It is called with Tensors in
            place of the differentiated arguments.
        argnums: which positional arguments to differentiate; several give a tuple of gradients.

    Returns:
        A function whose result has the shape, dtype, library and device of the argument; it can be differentiated
        again.

    Raises:
        TypeError: when called: an argument is no floating array, or ``f`` returns no real scalar.
        IndexError: when called: an argnum is out of range.

    >>> ag.grad(lambda x: ag.sum(x**3))(np.array([1.0, 2.0]))
    array([ 3., 12.])
    >>> ag.grad(ag.grad(lambda x: x**3))(2.0)
    array(12.)
    """
    _check_callable(f, "grad")
    both = value_and_grad(f, argnums)

    @functools.wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., tuple[Any, Any]]:
    """The value and the gradient of a function, from one evaluation; otherwise as :func:`grad`.

    >>> ag.value_and_grad(lambda x: ag.sum(x**2))(np.array([1.0, 2.0]))
    (array(5.), array([2., 4.]))
    """
    _check_callable(f, "value_and_grad")

    @functools.wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        name = getattr(f, "__name__", "f")
        positions = [argnums] if isinstance(argnums, int) else list(argnums)
        for i in positions:
            if not -len(args) <= i < len(args):
                raise IndexError(f"grad of {name}: argnums names argument {i}, and {len(args)} were given")
        with _next_level(Tensor) as tensor_type:
            tracked = list(args)
            inputs = []
            for i in positions:
                tracked[i] = _tracked(args[i], tensor_type, f"grad of {name}: argument {i}")
                inputs.append(tracked[i])
            out = f(*tracked, **kwargs)
            value, gradients = _value_and_gradients(out, inputs, tensor_type, name)
        return value, gradients[0] if isinstance(argnums, int) else tuple(gradients)

    return value_and_gradient


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of a function and its derivative in a direction, by forward mode: one evaluation, nothing is recorded.

    Args:
        f: takes arrays and returns an array, or a tuple of arrays.
        primals: the arguments of ``f``.
        tangents: the direction: for each argument an array of its shape.

    Returns:
        What ``f`` returns, and its directional derivative, of the same structure.

    Raises:
        TypeError: an argument is no floating array, or an operation has no forward rule.
        ValueError: a tangent has another shape than its argument, or there are more or fewer of them.

    >>> ag.jvp(lambda x: x**2, (np.array([1.0, 2.0]),), (np.array([1.0, 0.5]),))
    (array([1., 4.]), array([2., 2.]))
    """
    _check_callable(f, "jvp")
    name = getattr(f, "__name__", "f")
    if len(primals) != len(tangents):
        raise ValueError(f"jvp of {name}: {len(primals)} primals and {len(tangents)} tangents were given")
    with _next_level(Dual) as dual_type:
        duals = [
            _dual(x, t, dual_type, f"jvp of {name}: argument {i}") for i, (x, t) in enumerate(zip(primals, tangents))
        ]
        out = f(*duals)
    parts = [_primal_and_tangent(part, dual_type) for part in (out if isinstance(out, tuple) else (out,))]
    if not isinstance(out, tuple):
        return parts[0]
    return tuple(primal for primal, _ in parts), tuple(tangent for _, tangent in parts)


def _dual(x: Any, tangent: Any, dual_type: type[Dual], what: str) -> Dual:
    x = _floating(x, what)
    tangent = asarray(tangent, dtype=numpy_dtype(x.dtype)) if rank(type(tangent)) < 0 else tangent
    if tuple(tangent.shape) != tuple(x.shape):
        raise ValueError(f"{what} has shape {tuple(x.shape)} and its tangent {tuple(tangent.shape)}")
    return dual_type(x, tangent)


def _primal_and_tangent(out: Any, dual_type: type[Dual]) -> tuple[Any, Any]:
    if type(out) is not dual_type:
        return out, zeros_like(out) if rank(type(out)) >= 0 else 0.0
    return out.data, zeros_like(out.data) if out.tangent is None else out.tangent


def _check_callable(f: Any, name: str) -> None:
    if not callable(f):
        raise TypeError(f"{name}: f must be callable, given {f!r}")


@contextlib.contextmanager
def _next_level(wrapper: Any) -> Iterator[Any]:
    """A wrapper's type for a transform nested one deeper than those already running."""
    mode.level += 1
    try:
        yield wrapper.at_level(mode.level)
    finally:
        mode.level -= 1


def _tracked(value: Any, tensor_type: type[Tensor], what: str) -> Tensor:
    """An argument as a leaf of the transform."""
    tensor: Tensor = tensor_type.rewrap(_floating(value, what), True)
    return tensor


def _floating(value: Any, what: str) -> Array:
    """An argument that can be differentiated, as an array."""
    if type(value) in SCALARS:
        if not isinstance(value, float | complex):
            raise TypeError(f"{what} must be floating, given the integer {value!r}; write {float(value)!r}")
        value = Tensor(value).data
    if rank(type(value)) < 0:
        raise TypeError(f"{what} must be an array, a Tensor or a float, given {type(value).__name__}")
    if kind_of(value.dtype) not in "fc":
        raise TypeError(f"{what} must be of a floating dtype, given {describe(value)}; convert it with .astype(float)")
    return value


def _value_and_gradients(
    out: Any, inputs: list[Tensor], tensor_type: type[Tensor], name: str
) -> tuple[Any, list[Array]]:
    """The plain value of a traced result, and its gradient in each input."""
    is_traced = isinstance(out, Tensor) and out.level == tensor_type.level
    value = out.data if is_traced else out
    if type(value) not in SCALARS and (getattr(value, "shape", None) != () or kind_of(value.dtype) == "c"):
        raise TypeError(f"grad of {name}: the function must return a real scalar, given {describe(value)}")
    edge = edge_of(out) if is_traced else None
    found: dict[Any, Array] = {}
    if edge is not None:
        with _quiet(value):
            found = backward(edge, ones_like(value), tensor_type, wanted=inputs)
    return value, [found[x] if x in found else zeros_like(x.data) for x in inputs]


def _quiet(value: Array) -> contextlib.AbstractContextManager[Any]:
    while isinstance(value, Tensor):
        value = value.data
    return backend_of(value).quiet()
