"""Pieces of neural networks that take less as one step than as several: a layer, and the loss of a classifier."""

from __future__ import annotations

import math

from anygrad.core.kinds import kinds
from anygrad.core.primitive import Array, bilinear, describe, primitive
from anygrad.ops._axes import normalized
from anygrad.ops.elementwise import add, chain, multiply, negative
from anygrad.ops.indexing import take_along_axis
from anygrad.ops.linalg._matrices import adjoint
from anygrad.ops.linalg.products import matmul, strong_matmul
from anygrad.ops.logic import equal
from anygrad.ops.manipulation import broadcast_to, expand_dims, reshape, squeeze
from anygrad.ops.reductions import sum
from anygrad.ops.searching import where
from anygrad.ops.special.logistic import log_softmax


@primitive(
    lambda g, weight: strong_matmul(g, adjoint(weight)),
    lambda g, x: strong_matmul(adjoint(_rows(x)), _rows(g)),
    lambda g: sum(_rows(g), axis=0),
    jvp=(
        lambda t, weight: matmul(t, weight),
        lambda t, x: matmul(x, t),
        lambda t, out: broadcast_to(t, tuple(out.shape)),
    ),
    fresh=True,
)
def linear(x: Array, weight: Array, bias: Array, /) -> Array:
    """A fully connected layer, ``x @ weight + bias``, as one step.

    Args:
        x: an array of shape (..., m).
        weight: an array of shape (m, n), the transpose of what PyTorch's function of this name takes.
        bias: an array of shape (n,).

    Returns:
        An array of shape (..., n).

    Raises:
        ValueError: the shapes do not fit.

    >>> weight = ag.Tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]])
    >>> ag.special.linear(ag.Tensor([[1.0, 2.0]]), weight, ag.Tensor([0.5, 0.0, 0.0]))
    Tensor([[1.5, 2. , 4. ]])
    """
    check_layer(x, weight, bias)
    return add(matmul(x, weight), bias)


def check_layer(x: Array, weight: Array, bias: Array) -> None:
    """Refuse what is no layer, or would broadcast to something else.

    Raises:
        ValueError: a shape does not fit.
    """
    of_x, of_weight, of_bias = (tuple(getattr(array, "shape", ())) for array in (x, weight, bias))
    if len(of_weight) != 2:
        raise ValueError("weight must be a matrix of shape (m, n)")
    if of_x[-1:] != of_weight[:1]:
        raise ValueError(
            "weight must have as many rows as there are elements along the last axis of x; "
            "of a weight as PyTorch has it give the transpose, weight.mT"
        )
    if of_bias != of_weight[1:]:
        raise ValueError("bias must have one axis, as long as the rows of weight; for a layer without write x @ weight")


def _rows(x: Array) -> Array:
    """The vectors along the last axis as the rows of one matrix."""
    return x if len(x.shape) == 2 else reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


def cross_entropy(scores: Array, labels: Array, axis: int = -1) -> Array:
    """The negative logarithm of the probability that scores give to the right classes, for each row of scores.

    The probabilities are :func:`softmax` of the scores. What is minimised is mostly the mean of the result.

    Args:
        scores: an array of a real floating dtype with the classes along an axis. A class that cannot be may have the
            score ``-inf``.
        labels: the numbers of the right classes, integers of the shape of ``scores`` without that axis; or the
            probabilities of the classes, floating numbers or truth values of the shape of ``scores``.
        axis: the axis of the classes.

    Returns:
        An array of the shape of ``scores`` without that axis.

    Raises:
        TypeError: one of the two is no array.
        ValueError: the shape of ``labels`` is another.
        IndexError: a number is none of a class, where the array library looks.

    >>> scores = ag.Tensor([[2.0, 0.0, -1.0], [0.0, 0.0, 0.0]])
    >>> ag.special.cross_entropy(scores, ag.Tensor([0, 2]))
    Tensor([0.16984602, 1.09861229])
    >>> ag.special.cross_entropy(scores, ag.Tensor([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]]))
    Tensor([0.16984602, 1.09861229])
    """
    dtype = getattr(labels, "dtype", None)
    if dtype is None:
        raise TypeError(f"cross_entropy: labels must be an array or a Tensor, given {describe(labels)}")
    logarithms = log_softmax(scores, axis=axis)
    if kinds[dtype] != "i":
        return _cross_entropy(labels, logarithms, axis=axis)
    (at,) = normalized(axis, len(scores.shape))
    wanted = scores.shape[:at] + scores.shape[at + 1 :]
    if tuple(labels.shape) != tuple(wanted):
        raise ValueError(
            f"cross_entropy: labels that are integers must be the number of a class for each row of scores, of shape "
            f"{tuple(wanted)}; given {describe(labels)}"
        )
    return negative(squeeze(take_along_axis(logarithms, expand_dims(labels, axis=at), axis=at), axis=at))


@bilinear(
    lambda g, logarithms, axis: chain(expand_dims(negative(g), axis=axis), logarithms),
    lambda g, labels, axis: chain(expand_dims(negative(g), axis=axis), labels),
)
def _cross_entropy(labels: Array, logarithms: Array, /, *, axis: int) -> Array:
    """The one of two distributions behind :func:`cross_entropy`; a probability of 0 leaves nothing of ``-inf``."""
    if tuple(labels.shape) != tuple(logarithms.shape):
        raise ValueError("labels that are no integers must have a probability for each score")
    return negative(sum(multiply(labels, where(equal(labels, 0), 0.0, logarithms)), axis=axis))
