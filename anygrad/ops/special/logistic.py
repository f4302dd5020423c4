"""The logistic function, activations, and sums of exponentials."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from anygrad.core.kinds import is_complex
from anygrad.core.primitive import Array, elementwise, primitive
from anygrad.core.types import rank
from anygrad.ops._axes import Axes, Shape, count, kept, normalized
from anygrad.ops.creation import new_zeros, zeros_like
from anygrad.ops.datatypes import astype, wide
from anygrad.ops.elementwise import (
    abs,
    add,
    chain,
    conj,
    divide,
    exp,
    log,
    log1p,
    maximum,
    minimum,
    multiply,
    negative,
    real,
    reciprocal,
    square,
    subtract,
)
from anygrad.ops.elementwise import sign as sign_of
from anygrad.ops.logic import equal, greater, greater_equal, isfinite, less
from anygrad.ops.manipulation import broadcast_arrays, reshape
from anygrad.ops.reductions import max, sum
from anygrad.ops.searching import where
from anygrad.ops.special.errors import PER_ROOT_PI, ROOT_HALF, ndtr
from anygrad.ops.trigonometry import FLAT

# --- the logistic function --------------------------------------------------------------------------------------------


@elementwise(lambda x, out: _expit_slope(x, out))
def expit(x: Array, /) -> Array:
    """The logistic function ``1 / (1 + exp(-x))``, also called sigmoid.

    >>> ag.special.expit(ag.Tensor([-1000.0, 0.0, 1.0]))
    Tensor([0.        , 0.5       , 0.73105858])
    """
    small = exp(negative(abs(x)))
    return divide(where(greater_equal(x, 0), 1.0, small), add(small, 1))


@elementwise(None, lambda out: subtract(1, multiply(out, 2)))
def _expit_slope(x: Array, out: Array, /) -> Array:
    """``out * (1 - out)`` for the logistic function of ``x``, from ``x`` where that would lose digits."""
    small = exp(negative(abs(x)))
    return where(less(out, 1 - FLAT), multiply(out, subtract(1, out)), divide(small, square(add(small, 1))))


@elementwise(lambda x: reciprocal(multiply(x, subtract(1, x))))
def logit(x: Array, /) -> Array:
    """``log(x / (1 - x))``, the inverse of :func:`expit`: infinite at 0 and 1, NaN beyond.

    >>> ag.special.logit(ag.Tensor([0.25, 0.5, 1.0]))
    Tensor([-1.09861229,  0.        ,         inf])
    """
    rest = subtract(1, x)
    is_middle = less(abs(subtract(x, 0.5)), 0.2)  # where the logarithm of a quotient close to 1 would lose digits
    middle = log1p(divide(subtract(multiply(where(is_middle, x, 0.5), 2), 1), where(is_middle, rest, 0.5)))
    return where(is_middle, middle, log(divide(x, rest)))


@elementwise(lambda x: expit(negative(x)))
def log_expit(x: Array, /) -> Array:
    """The logarithm of :func:`expit`, exact also where that underflows.

    >>> ag.special.log_expit(ag.Tensor([-1000.0, 0.0, 50.0]))
    Tensor([-1.00000000e+03, -6.93147181e-01, -1.92874985e-22])
    """
    return subtract(minimum(x, 0), log1p(exp(negative(abs(x)))))


# --- activations ------------------------------------------------------------------------------------------------------


@elementwise(lambda out: greater(out, 0))
def relu(x: Array, /) -> Array:
    """The larger of ``x`` and 0; its derivative at 0 is 0.

    >>> ag.special.relu(ag.Tensor([-1.0, 0.0, 2.0]))
    Tensor([0., 0., 2.])
    """
    return maximum(x, 0)


@elementwise(lambda x: expit(x))
def softplus(x: Array, /) -> Array:
    """``log(1 + exp(x))``, without overflow.

    >>> ag.special.softplus(ag.Tensor([-50.0, 0.0, 1000.0]))
    Tensor([1.92874985e-22, 6.93147181e-01, 1.00000000e+03])
    """
    return add(maximum(x, 0), log1p(exp(negative(abs(x)))))


@elementwise(lambda x: _gated_slope(x, x, 1.0))
def silu(x: Array, /) -> Array:
    """``x * expit(x)``, also called swish; 0 at ``-inf``.

    >>> ag.special.silu(ag.Tensor([-ag.inf, 0.0, 1.0]))
    Tensor([0.        , 0.        , 0.73105858])
    """
    return _gated(x, expit(x))


def gelu(x: Array, /, *, approximate: bool = False) -> Array:
    """``x * ndtr(x)``, the Gaussian error linear unit; 0 at ``-inf``.

    With ``approximate=True`` the usual formula with tanh, ``x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x**3)))``, which is
    off by up to 5e-4.

    >>> ag.special.gelu(ag.Tensor([-ag.inf, 0.0, 1.0]))
    Tensor([0.        , 0.        , 0.84134475])
    >>> ag.special.gelu(ag.Tensor([-ag.inf, 0.0, 1.0]), approximate=True)
    Tensor([0.        , 0.        , 0.84119199])
    """
    return _gelu_by_tanh(x) if approximate else _gelu(x)


@elementwise(lambda x: add(ndtr(x), chain(_normal_density(x), x)))
def _gelu(x: Array, /) -> Array:
    """The exact one behind :func:`gelu`."""
    return _gated(x, ndtr(x))


# The tanh is written as the logistic function of twice its argument, 2 sqrt(2/pi) (x + 0.044715 x**3).
@elementwise(lambda x: _gated_slope(x, _gelu_argument(x), _gelu_argument_slope(x)))
def _gelu_by_tanh(x: Array, /) -> Array:
    """The approximation behind :func:`gelu`."""
    return _gated(x, expit(_gelu_argument(x)))


# --- sums of exponentials ---------------------------------------------------------------------------------------------


@primitive(
    lambda g, out, axis: chain(subtract(g, sum(chain(g, out), axis=axis, keepdims=True)), out),
    jvp=(lambda t, out, axis: chain(subtract(t, sum(chain(t, out), axis=axis, keepdims=True)), out),),
)
def softmax(x: Array, /, axis: Axes = None) -> Array:
    """``exp(x)`` over its sum along all axes, or the given ones, without overflow.

    >>> ag.special.softmax(ag.Tensor([[1.0, 1000.0], [0.0, 0.0]]), axis=1)
    Tensor([[0. , 1. ],
            [0.5, 0.5]])
    """
    if not count(tuple(x.shape), axis):
        return exp(x)
    grown = exp(subtract(x, max(x, axis=axis, keepdims=True)))
    return _kept(divide(grown, _total(grown, axis)), x)


@primitive(
    lambda g, out, axis: subtract(g, chain(sum(g, axis=axis, keepdims=True), exp(out))),
    jvp=(lambda t, out, axis: subtract(t, sum(chain(t, exp(out)), axis=axis, keepdims=True)),),
)
def log_softmax(x: Array, /, axis: Axes = None) -> Array:
    """The logarithm of :func:`softmax`, exact also where that underflows.

    >>> ag.special.log_softmax(ag.Tensor([1.0, 1000.0]))
    Tensor([-999.,    0.])
    """
    if not count(tuple(x.shape), axis):
        return exp(x)
    top = max(x, axis=axis, keepdims=True)
    moved = subtract(x, where(isfinite(top), top, 0.0))
    return _kept(subtract(moved, log(_total(exp(moved), axis))), x)


class SignedLogarithm(NamedTuple):
    """What :func:`logsumexp` gives with ``return_sign``: ``sign * exp(logarithm)`` is the sum."""

    logarithm: Array
    sign: Array


def logsumexp(
    a: Array, /, axis: Axes = None, b: Array = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """``log(sum(b * exp(a)))`` along all axes, or the given ones, without overflow.

    ``b``, by default 1, is differentiated too. The sum of nothing is 0, and its logarithm ``-inf``; where the sum is 0
    the gradient is 0. A negative sum gives NaN, unless ``return_sign`` asks for the logarithm of the sum's absolute
    value and its sign, whose derivative is 0.

    Raises:
        TypeError: ``b`` or ``return_sign`` with complex numbers.

    >>> ag.special.logsumexp(ag.Tensor([1000.0, 1000.0]))
    Tensor(1000.69314718)
    >>> ag.special.logsumexp(ag.Tensor([0.0, 0.0]), b=ag.Tensor([1.0, -3.0]), return_sign=True)
    SignedLogarithm(logarithm=Tensor(0.69314718), sign=Tensor(-1.))
    """
    if b is None and not return_sign:
        return _logsumexp(a, axis=axis, keepdims=keepdims)
    if is_complex(a) or (b is not None and rank(type(b)) >= 0 and is_complex(b)):
        raise TypeError("logsumexp: weights and return_sign are for real numbers")
    if b is None or rank(type(b)) < 0:
        b = add(new_zeros(a, ()), 1 if b is None else b)
    signed = _signed_logsumexp(*broadcast_arrays(a, b), axis=axis, keepdims=keepdims)
    if return_sign:
        return signed
    return where(less(signed.sign, 0), math.nan, signed.logarithm)


@primitive(
    lambda g, a, out, axis: _share_cotangent(g, _shares(a, out, axis), axis),
    jvp=(lambda t, a, out, axis, keepdims: sum(chain(t, _shares(a, out, axis)), axis=axis, keepdims=keepdims),),
)
def _logsumexp(a: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
    """The one without weights behind :func:`logsumexp`."""
    if not count(tuple(a.shape), axis):
        return add(sum(a, axis=axis, keepdims=keepdims), -math.inf)
    if is_complex(a):
        top = _finite(max(real(a), axis=axis, keepdims=True))
        out = add(log(sum(exp(subtract(a, top)), axis=axis, keepdims=True)), top)
    else:
        # The largest terms are 1 after the shift. Counted apart, they do not swallow the digits of the others.
        top = max(a, axis=axis, keepdims=True)
        is_top = equal(a, top)
        n = maximum(_total(astype(is_top, wide[top.dtype]), axis), 1)
        others = exp(subtract(where(is_top, -math.inf, a), where(equal(top, -math.inf), 0.0, top)))
        out = _kept(add(add(log1p(divide(_total(others, axis), n)), log(n)), top), a)
    return out if keepdims else reshape(out, _without(tuple(a.shape), axis))


@primitive(
    lambda g, a, b, out, axis: _signed_cotangent(g, a, out, axis, b),
    lambda g, a, b, out, axis: _signed_cotangent(g, a, out, axis),
    jvp=(
        lambda t, a, b, out, axis, keepdims: _signed_tangent(t, a, out, axis, keepdims=keepdims, b=b),
        lambda t, a, b, out, axis, keepdims: _signed_tangent(t, a, out, axis, keepdims=keepdims),
    ),
    outputs=SignedLogarithm,
)
def _signed_logsumexp(a: Array, b: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Any:
    """The one with weights of the same shape behind :func:`logsumexp`."""
    a = where(equal(b, 0), -math.inf, a)
    shape = tuple(a.shape)
    top = _finite(max(a, axis=axis, keepdims=True)) if count(shape, axis) else sum(a, axis=axis, keepdims=True)
    total = sum(multiply(b, exp(subtract(a, top))), axis=axis, keepdims=True)
    vanishes = equal(total, 0)
    logarithm = where(vanishes, -math.inf, add(log(abs(where(vanishes, 1.0, total))), top))
    parts = logarithm, sign_of(total)
    return parts if keepdims else tuple(reshape(part, _without(shape, axis)) for part in parts)


# --- pieces of the above ----------------------------------------------------------------------------------------------


def _total(terms: Array, axis: Axes) -> Array:
    """The sum of terms up to 1, of which there may be more than half precision can count."""
    dtype = wide[terms.dtype]
    return sum(terms if dtype is terms.dtype else astype(terms, dtype), axis=axis, keepdims=True)


def _kept(out: Array, x: Array) -> Array:
    return out if out.dtype == x.dtype else astype(out, x.dtype)


def _gated(x: Array, gate: Array) -> Array:
    """``x * gate``, and 0 where the gate is shut, also at ``-inf``."""
    return multiply(gate, where(equal(gate, 0), 0.0, x))


def _gated_slope(x: Array, argument: Array, argument_slope: Array) -> Array:
    """The derivative of ``x * expit(argument)`` for a function of ``x`` with a slope."""
    gate = expit(argument)
    gate_slope = chain(_expit_slope(argument, gate), argument_slope)
    return add(gate, chain(gate_slope, x))


def _normal_density(x: Array) -> Array:
    return multiply(exp(multiply(square(x), -0.5)), PER_ROOT_PI * ROOT_HALF)


GELU = 4 * PER_ROOT_PI * ROOT_HALF
CUBIC = 0.044715


def _gelu_argument(x: Array) -> Array:
    return multiply(x, add(multiply(square(x), GELU * CUBIC), GELU))


def _gelu_argument_slope(x: Array) -> Array:
    return add(multiply(square(x), 3 * GELU * CUBIC), GELU)


def _without(shape: Shape, axis: Axes) -> Shape:
    axes = normalized(axis, len(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def _finite(top: Array) -> Array:
    return where(isfinite(top), top, 0.0)


def _beside(reduced: Array, a: Array, axis: Axes) -> Array:
    """A reduction's result, or its cotangent, so that it broadcasts with the operand."""
    return reshape(reduced, kept(tuple(a.shape), axis))


def _shares(a: Array, out: Array, axis: Axes) -> Array:
    """The share of each term in the sum of the exponentials, whose logarithm is ``out``; 0 where all terms are 0."""
    if not is_complex(out):
        out = where(equal(out, -math.inf), 0.0, out)
    return exp(subtract(a, _beside(out, a, axis)))


def _share_cotangent(g: Array, shares: Array, axis: Axes) -> Array:
    return chain(_beside(g, shares, axis), conj(shares) if is_complex(shares) else shares)


def _signed_shares(a: Array, out: SignedLogarithm, axis: Axes) -> Array:
    return multiply(_shares(a, out[0], axis), _beside(out[1], a, axis))


def _signed_cotangent(g: Any, a: Array, out: SignedLogarithm, axis: Axes, b: Array = None) -> Array:
    shares = _signed_shares(a, out, axis)
    g_log = zeros_like(out[0]) if g[0] is None else g[0]
    return _share_cotangent(g_log, shares if b is None else _weighted(shares, b), axis)


def _signed_tangent(
    t: Array, a: Array, out: SignedLogarithm, axis: Axes, *, keepdims: bool, b: Array = None
) -> tuple[Array, Array]:
    shares = _signed_shares(a, out, axis)
    moved = sum(chain(t, shares if b is None else _weighted(shares, b)), axis=axis, keepdims=keepdims)
    return moved, zeros_like(out[1])


def _weighted(shares: Array, b: Array) -> Array:
    return chain(b, shares)  # a weight of 0 makes a term 0 however large its exponential is
