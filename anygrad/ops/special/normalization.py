"""Numbers brought to mean 0 and variance 1, and the layer of neural networks made of that."""

from __future__ import annotations

from typing import Any

from anygrad.core.primitive import Array, primitive
from anygrad.ops.elementwise import add, divide, multiply, sqrt, square, subtract
from anygrad.ops.reductions import mean

Axes = int | tuple[int, ...]


@primitive(
    lambda g, x, out, axis, eps: _standardize_rule(g, x, out, axis, eps),
    jvp=(lambda t, x, out, axis, eps: _standardize_rule(t, x, out, axis, eps),),  # its Jacobian is symmetric
)
def standardize(x: Array, /, axis: Axes = -1, eps: float = 1e-5) -> Array:
    """``(x - mean) / sqrt(variance + eps)`` along the last axis, or the given ones.

    Args:
        x: an array of a real floating dtype; the result has its shape and dtype.
        axis: the axes over which mean and variance (of n, not n - 1, numbers) are taken.
        eps: added to the variance, so that equal numbers give 0 and a finite gradient.

    >>> ag.special.standardize(ag.Tensor([1.0, 2.0, 3.0]), eps=0.0)
    Tensor([-1.22474487,  0.        ,  1.22474487])
    """
    centred = subtract(x, mean(x, axis=axis, keepdims=True))
    return divide(centred, _deviation(centred, axis, eps))


def layer_norm(x: Array, /, weight: Array = None, bias: Array = None, *, axis: Axes = -1, eps: float = 1e-5) -> Array:
    """Layer normalisation (Ba, Kiros and Hinton, 2016, equation 4): ``standardize(x) * weight + bias``.

    Args:
        x: an array of a real floating dtype.
        weight: an array that broadcasts with ``x``, mostly of the lengths of the normalised axes; by default none.
        bias: likewise.
        axis: the axes over which each group of numbers is brought to mean 0 and variance 1.
        eps: added to the variance.

    Returns:
        An array of the shape of ``x``.

    >>> ag.special.layer_norm(ag.Tensor([[1.0, 2.0], [30.0, 10.0]]), bias=1.0, eps=0.0)
    Tensor([[0., 2.],
            [2., 0.]])
    """
    out: Any = standardize(x, axis=axis, eps=eps)
    out = out if weight is None else multiply(out, weight)
    return out if bias is None else add(out, bias)


def _deviation(centred: Array, axis: Axes, eps: float) -> Array:
    return sqrt(add(mean(square(centred), axis=axis, keepdims=True), eps))


def _standardize_rule(g: Array, x: Array, out: Array, axis: Axes, eps: float) -> Array:
    centred = subtract(x, mean(x, axis=axis, keepdims=True))
    along = multiply(out, mean(multiply(g, out), axis=axis, keepdims=True))
    across = subtract(subtract(g, mean(g, axis=axis, keepdims=True)), along)
    return divide(across, _deviation(centred, axis, eps))
