"""The table of operations: elementwise functions, choosing, and what makes arrays like another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import anygrad as ag
from anygrad.core.types import device_of
from anygrad.ops import creation as like
from anygrad.ops import elementwise, magnitudes, transfer
from anygrad.ops.elementwise import from_parts
from anygrad.ops.logaddexp import _share_of_two
from anygrad.ops.trigonometry import _tanh_slope
from tests.table.base import Domain, Draw, Operation, S, Sample, Samples, anywhere, between, fractional, nonzero

# --- samples of the usual kinds ---------------------------------------------------------------------------------------


def unary(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3))
    yield S(m())
    yield S(m(0, 3))
    yield S(m(3, 2).T)
    yield S(m(6)[::-2])


def binary(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3), m(2, 3))
    yield S(m(2, 1), m(3))
    yield S(m(), m(2, 2))
    yield S(m(3), m())
    yield S(m(), m())
    yield S(m(0, 3), m(1))
    yield S(m(3, 2).T, m(6)[::-2])
    yield S(m(2, 2), m.other(2))
    yield S(m.other(2, 1), m(2))
    yield S(m(2, 2), 1.53)
    yield S(0.53, m(3))
    yield S(m(), 2)
    yield S(3, m(2))


def of_integers(*others: Samples) -> Samples:
    """Samples followed by integers: two arrays, and an array and a number."""

    def samples(m: Draw) -> Iterator[Sample]:
        for other in others:
            yield from other(m)
        yield S(m.integers(2, 3, low=0), m.integers(3, low=1))
        yield S(m.integers(2, 3, low=0), 2)
        yield S(7, m.integers(3, low=1))

    return samples


def of_an_integer_array(m: Draw) -> Iterator[Sample]:
    yield from unary(m)
    yield S(m.integers(2, 3))


def bits(m: Draw) -> Iterator[Sample]:
    yield S(m.bools(2, 3), m.bools(3))
    yield from integer_bits(m)


def integer_bits(m: Draw) -> Iterator[Sample]:
    yield S(m.integers(2, 3, low=0), m.integers(3, low=0))
    yield S(m.integers(3, low=0), 2)
    yield S(m.integers(low=0), m.integers(2, low=0))


def logical(m: Draw) -> Iterator[Sample]:
    yield S(m.bools(2, 3), m.bools(3))
    yield S(m.bools(), m.bools(3))
    yield S(m.bools(3), True)


def comparable(m: Draw) -> Iterator[Sample]:
    yield from of_integers(binary)(m)
    x = m(2, 3)
    yield S(x, x.copy())


# --- tables of the ordinary ones --------------------------------------------------------------------------------------

positive_numbers = between(0.4, 2)
inside_one = between(-0.85, 0.85)


def analytic(name: str, domain: Domain = anywhere, **options: Any) -> Operation:
    """An analytic function of one argument that NumPy has under the same name."""
    return Operation(
        name, getattr(ag, name), getattr(np, name), unary, domain, is_complex=True, is_analytic=True, **options
    )


ANALYTIC = [
    analytic("exp"),
    analytic("expm1"),
    analytic("log", positive_numbers, singular=((0.0,),)),
    analytic("log1p", between(-0.6, 2), singular=((-1.0,),)),
    analytic("log2", positive_numbers, singular=((0.0,),)),
    analytic("log10", positive_numbers, singular=((0.0,),)),
    analytic("sqrt", positive_numbers, singular=((0.0,),)),
    analytic("reciprocal", nonzero, singular=((0.0,),)),
    analytic("square"),
    analytic("sin"),
    analytic("cos"),
    analytic("tan", between(-1, 1)),
    analytic("asin", inside_one, singular=((1.0,), (-1.0,))),
    analytic("acos", inside_one, singular=((1.0,), (-1.0,))),
    analytic("atan"),
    analytic("sinh"),
    analytic("cosh"),
    analytic("tanh"),
    analytic("asinh"),
    analytic("acosh", between(1.3, 3), singular=((1.0,),)),
    analytic("atanh", inside_one, singular=((1.0,), (-1.0,))),
]


def pow_samples(m: Draw) -> Iterator[Sample]:
    yield from binary(m)
    for exponent in (0, 1, 2, -1, 3, 0.5, -1.5):
        yield S(m(3), exponent)
    yield S(m(2, 2), m.integers(2, low=0, high=4).astype(m.dtype))
    yield S(m.integers(2, 3, low=0), m.integers(3, low=0, high=4))
    yield S(m.integers(3), 2)


def pow_of_any_sign(m: Draw) -> Iterator[Sample]:
    for exponent in (0, 1, 2, 3, -1, -2, 4.0):
        yield S(m(3), exponent)


def power_of_zero(m: Draw) -> Iterator[Sample]:
    for exponent in (0, 1, 2, 3, 1.0, 2.0):
        yield S(np.array([0.0, -1.5, 0.7]).astype(m.dtype), exponent)


def remainder_samples(m: Draw) -> Iterator[Sample]:
    for shape, other in (((2, 3), (2, 3)), ((2, 1), (3,)), ((), (2, 2)), ((), ()), ((0, 3), (1,))):
        divisor = m(*other, domain=between(2, 3))
        # Of no two is the quotient close to an integer.
        for dividend in (between(0.5, 1.5), between(-1.5, -0.5), between(3.6, 3.8)):
            yield S(m(*shape, domain=dividend), divisor)
        yield S(m(*shape, domain=between(3.6, 3.8)), m(*other, domain=between(-3, -2)))
    yield S(m(3, domain=between(0.5, 1.5)), 2.0)
    yield S(5.0, m(3, domain=between(2.1, 2.4)))
    yield S(m(2, 2, domain=between(0.5, 1.5)), m.other(2, domain=between(2, 3)))
    yield S(m.integers(2, 3), m.integers(3, low=1))
    yield S(m.integers(2, 3), -3)


def clip_samples(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3), -0.4, 0.7)
    yield S(m(2, 3), min=-0.4)
    yield S(m(2, 3), max=0.7)
    yield S(m(3), None, None)
    yield S(m(), 0.1)
    yield S(m(3, 2).T, m(3) - 2.5, m(2, 1) + 2.5)
    yield S(m(3), m(2, 3))
    yield S(m(2, 3), max=m())
    yield S(m(0, 3), -1.0, 1.0)
    yield S(m.integers(2, 3), -2, 2)


def clip_reference(x: Any, min: Any = None, max: Any = None) -> Any:
    return np.clip(x, min, max)


def where_samples(m: Draw) -> Iterator[Sample]:
    yield S(m.bools(2, 3), m(2, 3), m(2, 3))
    yield S(m.bools(2, 1), m(3), m())
    yield S(m.bools(3), m(2, 3), 0.0)
    yield S(m.bools(3), 1.5, m(3))
    yield S(m.bools(), m(2), m(2, 1))
    yield S(m.bools(2, 2), m(2, 2).T, m.other(2))
    yield S(m.bools(0, 3), m(0, 3), m(3))
    yield S(m.bools(3), m.integers(3), m.integers(2, 3))


def imaginary(m: Draw) -> Iterator[Sample]:
    for sample in unary(m):
        yield sample if m.dtype.kind == "c" else sample.refused_by(strict="Only complex", torch="non-complex")


def chained(m: Draw) -> Iterator[Sample]:
    yield from (sample for sample in binary(m) if isinstance(sample.args[0], np.ndarray))


def chain_reference(g: Any, partial: Any) -> Any:
    product = np.multiply(g, partial)
    return np.where((g == 0) & ~np.isfinite(partial), np.zeros_like(product), product)


def of_itself(function: Any) -> Any:
    """A function of an array beside others in which nothing is 0."""
    return lambda x: function(x, ag.ones_like(x), ag.ones_like(x))


def far_out(m: Draw) -> Iterator[Sample]:
    yield from unary(m)
    yield S(np.array([-30.0, -4.0, 3.0, 20.0]).astype(m.dtype))


def share_of_two_reference(x1: Any, x2: Any) -> Any:
    return 1 / (1 + np.exp(np.subtract(x2, x1)))


def simple(name: str, samples: Samples, domain: Domain = anywhere, **options: Any) -> Operation:
    """An operation that NumPy has under the same name."""
    return Operation(name, getattr(ag, name), getattr(np, name), samples, domain, **options)


def zero_slope(name: str, samples: Samples) -> Operation:
    return simple(name, samples, fractional)


BOTH_ZERO = ((0.0, 0.0),)

ARITHMETIC = [
    simple("add", of_integers(binary), is_complex=True, is_analytic=True),
    simple("subtract", of_integers(binary), is_complex=True, is_analytic=True),
    simple("multiply", of_integers(binary), is_complex=True, is_analytic=True),
    simple("divide", binary, nonzero, is_complex=True, is_analytic=True, singular=((1.0, 0.0), (0.0, 0.0))),
    simple(
        "pow",
        pow_samples,
        positive_numbers,
        is_complex=True,
        is_analytic=True,
        singular=((0.0, 0.5), (0.0, -1.0), (0.0, 0.0), (-1.0, 0.5)),
        rtol=1e-12,
    ),
    Operation("pow of any sign", ag.pow, np.power, pow_of_any_sign, nonzero),
    Operation("pow of zero", ag.pow, np.power, power_of_zero),
    Operation("chain", elementwise.chain, chain_reference, chained, is_complex=True),
    Operation("strong_product", elementwise.strong_product, np.multiply, binary, is_complex=True, is_analytic=True),
    simple("negative", of_an_integer_array, is_complex=True, is_analytic=True),
    simple("positive", of_an_integer_array, is_complex=True, is_analytic=True),
    simple("abs", of_an_integer_array, nonzero, is_complex=True),
    simple("remainder", remainder_samples),
    Operation("floor_divide", ag.floor_divide, np.floor_divide, remainder_samples),
    simple("maximum", of_integers(binary)),
    simple("minimum", of_integers(binary)),
    simple("hypot", binary, nonzero, singular=BOTH_ZERO),
    Operation("hypot_beneath", ag.hypot.beneath, np.hypot, binary, nonzero),
    Operation("abs_beneath", ag.abs.beneath, np.abs, of_an_integer_array, nonzero, is_complex=True),
    Operation("settled", of_itself(magnitudes.settled), np.copy, unary),
    Operation("settled_tangent", of_itself(magnitudes.settled_tangent), np.copy, unary),
    Operation("nan_for_zero", magnitudes.nan_for_zero, np.copy, unary, nonzero),
    Operation("valued", lambda x: magnitudes.valued(ag.square(x), x * x), np.square, unary, is_complex=True),
    simple("copysign", binary, nonzero),
    Operation("clip", ag.clip, clip_reference, clip_samples),
    simple("logaddexp", binary, rtol=1e-12),
    Operation("share_of_two", _share_of_two, share_of_two_reference, binary, is_analytic=True, rtol=1e-12),
    Operation(
        "tanh_slope", lambda x: _tanh_slope(x, ag.tanh(x)), lambda x: np.cosh(x) ** -2, far_out, is_analytic=True
    ),
    simple("atan2", binary, nonzero, singular=BOTH_ZERO),
    simple("nextafter", lambda m: (S(m(2, 1), m(3)), S(m(), m(2))), is_differentiable=False),
]

COMPLEX = [
    simple("conj", unary, is_complex=True),
    simple("real", unary, is_complex=True),
    simple("imag", imaginary, is_complex=True),
    Operation("from_parts", from_parts, lambda x1, x2: x1 + 1j * x2, lambda m: (S(m(2, 3), m(2, 3)), S(m(3), m(3)))),
    simple("sign", of_an_integer_array, nonzero, is_complex=True),
]

ROUNDING = [zero_slope(name, unary) for name in ("floor", "ceil", "trunc", "round")]

COMPARISONS = [
    simple(name, comparable, is_differentiable=False)
    for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
]


def special_values(m: Draw) -> Iterator[Sample]:
    yield from unary(m)
    yield S(np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0]).astype(m.dtype))


PREDICATES = [
    simple("isfinite", special_values, is_complex=True, is_differentiable=False),
    simple("isinf", special_values, is_complex=True, is_differentiable=False),
    simple("isnan", special_values, is_complex=True, is_differentiable=False),
    simple("signbit", special_values, is_differentiable=False),
    simple("logical_and", logical, is_differentiable=False),
    simple("logical_or", logical, is_differentiable=False),
    simple("logical_xor", logical, is_differentiable=False),
    simple("logical_not", lambda m: (S(m.bools(2, 3)), S(m.bools())), is_differentiable=False),
    simple("bitwise_and", bits, is_differentiable=False),
    simple("bitwise_or", bits, is_differentiable=False),
    simple("bitwise_xor", bits, is_differentiable=False),
    simple("bitwise_invert", lambda m: (S(m.bools(2, 3)), S(m.integers(3))), is_differentiable=False),
    simple("bitwise_left_shift", integer_bits, is_differentiable=False),
    simple("bitwise_right_shift", integer_bits, is_differentiable=False),
]

# --- choosing, converting, and arrays like another --------------------------------------------------------------------


def astype_reference(x: Any, dtype: Any, copy: bool = True) -> Any:
    return x.astype(dtype, copy=copy)


def astype_samples(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3), m.dtype)
    yield S(m(2, 3), m.dtype, copy=False)
    yield S(m(3), m.other().dtype if m.dtype.kind == "f" else np.dtype("complex128"))
    yield S(m(), np.dtype("complex128"))
    yield S(m(3, 2).T, "complex64")
    yield S(m.integers(3), m.dtype)
    yield S(m.bools(3), "float32")


def to_its_own_device(x: Any) -> Any:
    return transfer.to_device(x, device_of(x), source=device_of(x))


def triangle_samples(m: Draw) -> Iterator[Sample]:
    yield S(m(3, 3))
    yield S(m(2, 3, 4), k=1)
    yield S(m(4, 2).T, k=-1)
    yield S(m(0, 3))


def other_dtypes(m: Draw) -> Iterator[Sample]:
    yield from unary(m)
    yield S(m(2, 3), dtype="float32")
    yield S(m.integers(3))


def twos_like(x: Any, dtype: Any = None) -> Any:
    """``full_like`` over ``empty_like``, whose own values are not known."""
    return ag.full_like(ag.empty_like(x, dtype=dtype), 2)


LIKE = [
    Operation("where", ag.where, np.where, where_samples, is_complex=True, is_analytic=True),
    Operation(
        "astype", ag.astype, astype_reference, astype_samples, is_complex=True, smooth=lambda x, dtype, copy=True: x
    ),
    Operation("to_device", to_its_own_device, lambda x: x, unary, is_complex=True),
    simple("tril", triangle_samples, is_complex=True, is_analytic=True),
    simple("triu", triangle_samples, is_complex=True, is_analytic=True),
    Operation("copy", like.copy, np.copy, unary, is_complex=True, is_analytic=True),
    simple("zeros_like", other_dtypes, is_complex=True, is_differentiable=False),
    simple("ones_like", other_dtypes, is_complex=True, is_differentiable=False),
    Operation(
        "empty_like",
        twos_like,
        lambda x, dtype=None: np.full_like(x, 2, dtype=dtype),
        other_dtypes,
        is_differentiable=False,
    ),
    Operation(
        "full_like",
        ag.full_like,
        np.full_like,
        lambda m: (S(m(2, 3), 1.5), S(m(), 2, dtype="float32"), S(m.integers(3), 2)),
        is_differentiable=False,
    ),
    Operation(
        "new_zeros",
        like.new_zeros,
        lambda x, shape: np.zeros(shape, x.dtype),
        lambda m: (S(m(2, 3), (4,)), S(m(), ())),
        is_complex=True,
        is_differentiable=False,
    ),
    Operation(
        "new_arange",
        like.new_arange,
        lambda x, n: np.arange(n),
        lambda m: (S(m(2, 3), 4), S(m(), 0)),
        is_differentiable=False,
    ),
    Operation(
        "new_index",
        like.new_index,
        lambda x, index: index,
        lambda m: (S(m(2, 3), np.array([1, 0])), S(m(), np.array([True]))),
        is_differentiable=False,
    ),
]

OPERATIONS = [*ANALYTIC, *ARITHMETIC, *COMPLEX, *ROUNDING, *COMPARISONS, *PREDICATES, *LIKE]


# --- conventions, where no derivative exists --------------------------------------------------------------------------

CONVENTIONS: list[tuple[str, Any, list[Any], list[Any]]] = [
    ("abs at 0", ag.abs, [[0.0, -0.0, 2.0]], [[0, 0, 1]]),
    ("complex abs at 0", ag.abs, [[0j, 3 + 4j]], [[0, 0.6 + 0.8j]]),
    ("sign at 0", ag.sign, [[0.0, -2.0]], [[0, 0]]),
    ("complex sign at 0", lambda x: ag.real(ag.sign(x)), [[0j, 2j]], [[0, 0.5]]),
    ("hypot at 0", ag.hypot, [[0.0, 3.0], [0.0, 4.0]], [[0, 0.6], [0, 0.8]]),
    ("a tie of maximum", ag.maximum, [[1.0, 2.0], [1.0, 1.0]], [[0.5, 1], [0.5, 0]]),
    ("a tie of minimum", ag.minimum, [[1.0, 2.0], [1.0, 1.0]], [[0.5, 0], [0.5, 1]]),
    ("maximum with an equal number", lambda x: ag.maximum(x, 0.0), [[0.0, -1.0, 1.0]], [[0.5, 0, 1]]),
    ("ties of max", ag.max, [[1.0, 1.0, 0.0, 1.0]], [[1 / 3, 1 / 3, 0, 1 / 3]]),
    ("ties of min", lambda x: ag.min(x, axis=1), [[[1.0, 1.0], [0.0, 2.0]]], [[[0.5, 0.5], [1, 0]]]),
    ("clip on its bounds", lambda x: ag.clip(x, -1.0, 1.0), [[-2.0, -1.0, 0.0, 1.0, 2.0]], [[0, 1, 1, 1, 0]]),
    ("clip on arrays of bounds", ag.clip, [[1.0, 3.0], [1.0, 1.0], [2.0, 2.0]], [[1, 0], [0, 0], [0, 1]]),
    ("clip between crossed bounds", ag.clip, [[0.0, 3.0], [2.0, 2.0], [1.0, 1.0]], [[0, 0], [0, 0], [1, 1]]),
    ("std without variance", ag.std, [[2.0, 2.0, 2.0]], [[0, 0, 0]]),
    ("std of rows", lambda x: ag.std(x, axis=1), [[[1.0, 1.0], [0.0, 2.0]]], [[[0, 0], [-0.5, 0.5]]]),
    ("0 to the power 0", lambda x: ag.pow(x, 0), [[0.0]], [[0]]),
    ("0 to the power 0.5", lambda x: ag.pow(x, 0.5), [[0.0, 4.0]], [[np.inf, 0.25]]),
    ("0 to powers of an array", ag.pow, [[0.0, 0.0, 0.0], [0.0, 1.0, 2.0]], [[0, 1, 0], [-np.inf, 0, 0]]),
    ("a power of the number 0", lambda x: ag.pow(0, x), [[1.0, 2.0]], [[0, 0]]),
    ("rounding on a half", ag.round, [[0.5, 1.5]], [[0, 0]]),
    ("floor on an integer", ag.floor, [[1.0]], [[0]]),
]
"""A name, a function, its operands, and the gradient of the sum of its result in each."""
