"""The table of operations: special functions, by SciPy's values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.special

import anygrad as ag
from anygrad.ops.special import bessels, logistic
from tests.table.base import Domain, Draw, Operation, S, Sample, Samples, anywhere, between, nonzero
from tests.table.elementwise import binary, far_out, inside_one, positive_numbers, unary

BELOW_ONE = between(0.05, 0.95)
ORDERS = (0, 1, 2, -1, 0.5, 2.5)


def of_scipy(name: str, samples: Samples = unary, domain: Domain = anywhere, **options: Any) -> Operation:
    """A function that SciPy has under the same name; it knows no longer floating type than double."""
    call, reference = getattr(ag.special, name), getattr(scipy.special, name)
    return Operation(name, call, reference, samples, domain, in_double=True, **options)


# --- of one argument --------------------------------------------------------------------------------------------------


def of_complex_numbers(**refused: str) -> Samples:
    """Samples whose complex ones some libraries refuse."""

    def samples(m: Draw) -> Iterator[Sample]:
        for sample in unary(m):
            yield sample.refused_by(**refused) if m.dtype.kind == "c" else sample

    return samples


def far_and_near(m: Draw) -> Iterator[Sample]:
    yield from unary(m)
    yield S(np.array([-3.0, -0.4, 0.2, 10.0, 15.9, 16.1, 80.0, 1e3]).astype(m.dtype))


def on_both_sides_of_poles(m: Draw) -> Iterator[Sample]:
    yield from unary(m)
    yield S(m(3, domain=between(-1.8, -1.2)))
    yield S(m(2, domain=between(-0.8, -0.2)))
    yield S(m(2, domain=between(20, 30)))


def around_zero(m: Draw) -> Iterator[Sample]:
    yield from unary(m)
    yield S(np.array([-0.11, -0.09, -1e-3, 0.0, 1e-6, 0.02, 0.0999, 0.1001, 5.0]).astype(m.dtype))


NO_COMPLEX = {"torch": "not implemented for 'Complex", "jax": "complex", "cuda": "Wrong type"}

ERRORS = [
    of_scipy("erf", of_complex_numbers(**NO_COMPLEX), is_complex=True),
    of_scipy("erfc", of_complex_numbers(**NO_COMPLEX), is_complex=True),
    of_scipy("erfcx", far_and_near),
    of_scipy("erfinv", unary, inside_one, singular=((1.0,), (-1.0,))),
    of_scipy("erfcinv", unary, between(0.15, 1.85), singular=((0.0,), (2.0,))),
    of_scipy("ndtr"),
    of_scipy("log_ndtr"),
    of_scipy("ndtri", unary, BELOW_ONE, singular=((0.0,), (1.0,))),
]

BESSELS = [
    *(of_scipy(name, around_zero) for name in ("j0", "j1", "i0", "i1")),
    *(of_scipy(name, unary, nonzero) for name in ("i0e", "i1e")),
    *(of_scipy(name, unary, positive_numbers, singular=((0.0,),)) for name in ("y0", "y1", "k0", "k1", "k0e", "k1e")),
]

# --- gamma functions --------------------------------------------------------------------------------------------------


def polygamma_samples(m: Draw) -> Iterator[Sample]:
    for n in range(4):
        yield S(n, m(2, 3))
    yield S(1, m())
    yield S(2, m(0, 3))
    yield S(1, m(2, domain=between(-0.8, -0.2)))


def polygamma_reference(n: int, x: Any) -> Any:
    return scipy.special.polygamma(n, x).astype(x.dtype)


def with_a_parameter(*numbers: float, low: int = 1) -> Samples:
    """Samples of a function that is differentiated in the last of two arguments."""

    def samples(m: Draw) -> Iterator[Sample]:
        for number in numbers:
            yield S(number, m(2, 3))
        yield S(numbers[-1], m())
        yield S(numbers[-1], m(0, 3))
        yield S(m.integers(2, 1, low=low), m(3))
        yield S(m.integers(low=low), m(3, 2).T)
        yield S(m.integers(6, low=low), m(6)[::-1])

    return samples


def with_two_parameters(m: Draw) -> Iterator[Sample]:
    yield S(2.0, 3.0, m(2, 3))
    yield S(0.5, 0.75, m())
    yield S(1, 1, m(4))
    yield S(2.5, m.integers(2, 1, low=1), m(3))
    yield S(m.integers(3, low=1), m.integers(2, 1, low=1), m(3))
    yield S(1.5, 2, m(0, 3))


def with_degrees_of_freedom(m: Draw) -> Iterator[Sample]:
    yield S(2.0, 3.0, m(2, 3))
    yield S(0.5, 7, m())
    yield S(1, 1, m(4))
    yield S(1.5, 2, m(0, 3))


GAMMAS = [
    of_scipy("gamma", on_both_sides_of_poles, positive_numbers, singular=((0.0,), (-1.0,))),
    of_scipy("gammaln", on_both_sides_of_poles, positive_numbers, singular=((0.0,), (-1.0,))),
    of_scipy("digamma", on_both_sides_of_poles, positive_numbers, singular=((0.0,), (-1.0,))),
    Operation(
        "polygamma", ag.special.polygamma, polygamma_reference, polygamma_samples, positive_numbers, in_double=True
    ),
    of_scipy("zeta", with_a_parameter(2.0, 3.5, 1.5, low=2), positive_numbers),
    of_scipy("beta", binary, positive_numbers),
    of_scipy("betaln", binary, positive_numbers),
    of_scipy("gammainc", with_a_parameter(2.0, 0.5, 1), positive_numbers),
    of_scipy("gammaincc", with_a_parameter(2.0, 0.5, 1), positive_numbers),
    of_scipy("betainc", with_two_parameters, BELOW_ONE),
    of_scipy("fdtr", with_degrees_of_freedom, positive_numbers),
    of_scipy("fdtrc", with_degrees_of_freedom, positive_numbers),
    of_scipy("psi", unary, positive_numbers),
]

# --- Bessel functions of any order ------------------------------------------------------------------------------------


def of_orders(m: Draw) -> Iterator[Sample]:
    yield from with_a_parameter(*ORDERS, low=-3)(m)


OF_ORDERS = [
    *(of_scipy(name, of_orders, positive_numbers, is_complex=True) for name in ("jv", "yv", "iv", "kv", "kve")),
    of_scipy("ive", of_orders, positive_numbers),
]

# --- sinc -------------------------------------------------------------------------------------------------------------

NODES, WEIGHTS = np.polynomial.legendre.leggauss(60)


def sinc_derivative_reference(x: Any, n: int) -> Any:
    """The integral of ``(pi t)**n cos(pi x t + n pi / 2)`` over t from 0 to 1, by Gauss's rule."""
    t = (NODES + 1) / 2
    terms = (np.pi * t) ** n * np.cos(np.pi * np.asarray(x)[..., None] * t + n * np.pi / 2)
    return np.asarray(np.sum(terms * (WEIGHTS / 2), axis=-1)).astype(x.dtype)


def sinc_derivatives(m: Draw) -> Iterator[Sample]:
    for n in range(7):
        yield S(np.array([-4.2, -1.0, -0.3, -1e-3, 0.0, 1e-9, 0.31, 0.33, 0.8, 2.5]).astype(m.dtype), n)
    yield S(m(0, 3), 2)
    yield S(m(), 1)


SINC = [
    Operation("sinc", ag.special.sinc, np.sinc, around_zero, in_double=True),
    Operation(
        "sinc_derivative",
        bessels._sinc_derivative,
        sinc_derivative_reference,
        sinc_derivatives,
        in_double=True,
        rtol=1e-11,
    ),
]

# --- logistic functions, activations, logarithms ----------------------------------------------------------------------


def gelu_by_tanh_reference(x: Any) -> Any:
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi).astype(x.dtype) * (x + x.dtype.type(0.044715) * x**3)))


LOGISTIC = [
    of_scipy("expit"),
    Operation(
        "expit_slope",
        lambda x: logistic._expit_slope(x, ag.special.expit(x)),
        lambda x: np.cosh(x / 2) ** -2 / 4,
        far_out,
        is_analytic=True,
    ),
    of_scipy("logit", unary, BELOW_ONE, singular=((0.0,), (1.0,))),
    of_scipy("log_expit"),
    Operation("relu", ag.special.relu, lambda x: np.maximum(x, 0), unary, nonzero),
    Operation("softplus", ag.special.softplus, lambda x: np.logaddexp(x, 0), unary),
    Operation("silu", ag.special.silu, lambda x: x / (1 + np.exp(-x)), unary),
    Operation("gelu", ag.special.gelu, lambda x: x * scipy.special.ndtr(x), unary, in_double=True),
    Operation(
        "gelu_by_tanh", lambda x: ag.special.gelu(x, approximate=True), gelu_by_tanh_reference, unary, rtol=1e-12
    ),
]

LOGARITHMS = [
    of_scipy("xlogy", binary, positive_numbers, singular=((1.0, 0.0), (0.0, 0.0))),
    of_scipy("xlog1py", binary, positive_numbers, singular=((1.0, -1.0), (0.0, -1.0))),
    of_scipy("entr", unary, positive_numbers, singular=((0.0,),)),
    of_scipy("rel_entr", binary, positive_numbers, singular=((0.0, 1.0),)),
    of_scipy("kl_div", binary, positive_numbers, singular=((0.0, 1.0),)),
]

# --- sums of exponentials ---------------------------------------------------------------------------------------------


def along_axes(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3))
    yield S(m())
    yield S(m(2, 3), axis=0)
    yield S(m(2, 3, 2), axis=(0, -1))
    yield S(m(3, 2).T, axis=-2)
    yield S(m(6)[::-2], 0)
    yield S(m(0, 3), axis=-1)


def sums(m: Draw) -> Iterator[Sample]:
    yield from along_axes(m)
    yield S(m(2, 3), axis=-1, keepdims=True)
    yield S(m(2, 3) * 300, 1)
    yield S(np.array([[1.0, 1.0, 0.5], [-0.25, 0.5, 0.5]]).astype(m.dtype), axis=1)
    if m.dtype.kind == "c":
        return
    yield S(m(2, 3), axis=0, b=m(2, 3, domain=positive_numbers))
    yield S(m(2, 1), axis=1, b=m(3, domain=positive_numbers), keepdims=True)
    yield S(m(2, 3), 0, m(2, 3), return_sign=True)
    yield S(m(3), b=-1.5, return_sign=True)
    yield S(m(2, 3), axis=1, return_sign=True)


def weighted(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3), m(2, 3))
    yield S(m(2, 3), m(2, 3), axis=0)
    yield S(m(2, 3, 2), m(2, 3, 2), axis=(0, -1), keepdims=True)


def signed_reference(a: Any, b: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return scipy.special.logsumexp(a, axis, b, keepdims, return_sign=True)


SUMS = [
    of_scipy("softmax", along_axes),
    of_scipy("log_softmax", along_axes),
    of_scipy("logsumexp", sums, is_complex=True),
    Operation("signed_logsumexp", logistic._signed_logsumexp, signed_reference, weighted, in_double=True),
]


def standardized(x: Any, axis: Any = -1, eps: float = 1e-5) -> Any:
    return (x - x.mean(axis=axis, keepdims=True)) / np.sqrt(x.var(axis=axis, keepdims=True) + x.dtype.type(eps))


def normalized(x: Any, weight: Any = 1, bias: Any = 0, axis: Any = -1, eps: float = 1e-5) -> Any:
    return standardized(x, axis, eps) * weight + bias


def groups(m: Draw) -> Iterator[Sample]:
    yield S(m(5))
    yield S(m(2, 4), 0)
    yield S(m(2, 3, 4), axis=(1, 2))
    yield S(m(3, 4), axis=-1, eps=0.5)


def layers(m: Draw) -> Iterator[Sample]:
    yield S(m(3, 4))
    yield S(m(3, 4), weight=m(4), bias=m(4))
    yield S(m(2, 3, 4), weight=m(3, 1), axis=(1, 2), eps=0.1)


NORMALIZATIONS = [
    Operation("standardize", ag.special.standardize, standardized, groups, rtol=1e-12),
    Operation("layer_norm", ag.special.layer_norm, normalized, layers, rtol=1e-12),
]


def layer_of(x: Any, weight: Any, bias: Any) -> Any:
    return x @ weight + bias


def fully_connected(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3), m(3, 4), m(4))
    yield S(m(3), m(3, 2), m(2))
    yield S(m(2, 1, 3), m(3, 2), m(2))
    yield S(m(2, 3), m.other(3, 2), m(2))
    yield S(m(0, 3), m(3, 2), m(2))


def cross_entropies(scores: Any, labels: Any, axis: int = -1) -> Any:
    logarithms = scores - scipy.special.logsumexp(scores, axis=axis, keepdims=True)
    if labels.dtype.kind == "i":
        return -np.take_along_axis(logarithms, np.expand_dims(labels, axis), axis).squeeze(axis)
    return -np.sum(labels * logarithms, axis=axis)


def rows_and_labels(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3), np.array([2, 0]))
    yield S(m(2, 3, 4), m.integers(2, 4, low=0, high=3), axis=1)
    yield S(m(2, 3), m(2, 3, domain=BELOW_ONE))
    yield S(m(2, 3), m(2, 3, domain=BELOW_ONE), 0)
    yield S(m(3), m(3, domain=BELOW_ONE))


NETWORKS = [
    Operation("linear", ag.special.linear, layer_of, fully_connected, is_complex=True),
    Operation("cross_entropy", ag.special.cross_entropy, cross_entropies, rows_and_labels, in_double=True),
]

OPERATIONS = [*ERRORS, *BESSELS, *GAMMAS, *OF_ORDERS, *SINC, *LOGISTIC, *LOGARITHMS, *SUMS, *NORMALIZATIONS, *NETWORKS]
NAMES = {operation.name for operation in OPERATIONS}
