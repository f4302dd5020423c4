"""NumPy's ufuncs, SciPy's special ones, and the methods of both: ``reduce``, ``accumulate``, ``outer``, ``at``."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

import anygrad as ag
from anygrad.arrays.wrapper import Wrapper
from anygrad.arrays.writes import assign, check_can_change
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array, describe
from anygrad.core.types import SCALARS, rank
from anygrad.numpy_api import reductions
from anygrad.numpy_api.registry import (
    as_array,
    cast,
    dtype_of,
    filled,
    floating,
    is_known,
    is_readable,
    of_one_dtype,
    plain,
    promoted,
    refuse_out,
)

__all__ = ["ENTRIES", "METHODS", "UFUNCS", "UFUNCS_REFUSED", "Ufunc", "array_ufunc"]


# --- ufuncs that are compositions -------------------------------------------------------------------------------------


def cbrt(x: Array) -> Array:
    """The real cube root; at 0 its derivative is taken as 0."""
    nonzero = ag.where(x == 0, ag.ones_like(x), x)
    return ag.where(x == 0, x, ag.sign(nonzero) * ag.abs(nonzero) ** (1.0 / 3.0))


def divmod(x1: Array, x2: Array) -> tuple[Array, Array]:
    """The quotient, rounded down, and the remainder."""
    return ag.floor_divide(x1, x2), ag.remainder(x1, x2)


def fmod(x1: Array, x2: Array) -> Array:
    """The remainder of a quotient that is rounded towards zero."""
    return ag.where(x1 < 0, -ag.remainder(-x1, ag.abs(x2)), ag.remainder(x1, ag.abs(x2)))


def fmax(x1: Array, x2: Array) -> Array:
    """The larger, or the one that is not NaN."""
    return ag.where(ag.isnan(x1), x2, ag.where(ag.isnan(x2), x1, ag.maximum(x1, x2)))


def fmin(x1: Array, x2: Array) -> Array:
    """The smaller, or the one that is not NaN."""
    return ag.where(ag.isnan(x1), x2, ag.where(ag.isnan(x2), x1, ag.minimum(x1, x2)))


def heaviside(x1: Array, x2: Array) -> Array:
    """0 below zero, 1 above it, and x2 at it."""
    x1, x2 = floating(x1), floating(x2)
    step = ag.where(x1 > 0, ag.ones_like(x1), ag.where(x1 < 0, ag.zeros_like(x1), x1))
    return ag.where(x1 == 0, x2, step)


def logaddexp2(x1: Array, x2: Array) -> Array:
    """The binary logarithm of a sum of powers of two."""
    return ag.logaddexp(x1 * math.log(2.0), x2 * math.log(2.0)) / math.log(2.0)


def ldexp(x1: Array, x2: Array) -> Array:
    """The product with a power of two."""
    dtype = dtype_of(x1)
    most = np.finfo(dtype).maxexp - 2
    for _ in range(3):  # a power of the whole exponent may be beyond the range where the product is not
        part = ag.clip(x2, -most, most)
        x1, x2 = x1 * 2.0 ** ag.astype(part, dtype), x2 - part
    return x1


def modf(x: Array) -> tuple[Array, Array]:
    """The parts after and before the point."""
    whole = ag.trunc(x)
    is_infinite = ag.isinf(x)
    return ag.copysign(ag.where(is_infinite, 0.0, x) - ag.where(is_infinite, 0.0, whole), x), whole


def matvec(x1: Array, x2: Array) -> Array:
    """The products of matrices and vectors."""
    return ag.squeeze(ag.matmul(x1, ag.expand_dims(x2, axis=-1)), axis=-1)


def vecmat(x1: Array, x2: Array) -> Array:
    """The products of conjugated vectors and matrices."""
    return ag.squeeze(ag.matmul(ag.expand_dims(ag.conj(x1), axis=-2), x2), axis=-2)


def float_power(x1: Array, x2: Array) -> Array:
    """The power, in double precision."""
    doubled = [x if ag.isdtype(x, "complex floating") else ag.astype(x, np.float64) for x in (x1, x2)]
    return ag.pow(*promoted(doubled))


def _on_truth(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of truth values as one of numbers, which are true where they are not zero."""

    def of_numbers(*arrays: Array) -> Array:
        return function(*(x if kind_of(x.dtype) == "b" else x != 0 for x in arrays))

    return of_numbers


# --- the table --------------------------------------------------------------------------------------------------------


class Ufunc(NamedTuple):
    """What a ufunc is here.

    Attributes:
        function: what runs on arrays.
        takes: ``"floats"`` if integers become floating first, ``"arrays"`` if numbers become arrays first, else
            ``"numbers"``: arrays and Python numbers of every kind.
        has_gradient: whether its result depends smoothly on its arguments.
    """

    function: Callable[..., Any]
    takes: str
    has_gradient: bool = True


FLOATS = "cos cosh exp expm1 hypot log log10 log1p log2 logaddexp sin sinh sqrt tan tanh copysign nextafter divide"
SAME_NAME = "add ceil floor floor_divide maximum minimum multiply negative positive reciprocal remainder sign square"
SAME_NAME += " subtract trunc"
PLAIN = "equal greater greater_equal isfinite isinf isnan less less_equal not_equal signbit bitwise_and bitwise_or"
PLAIN += " bitwise_xor"
LOGICAL = "logical_and logical_or logical_not logical_xor"
RENAMED: dict[str, Callable[..., Any]] = {
    "absolute": ag.abs,
    "conjugate": lambda x: ag.conj(x) if kind_of(x.dtype) in "fc" else x,
    "deg2rad": lambda x: x * (math.pi / 180.0),
    "degrees": lambda x: x * (180.0 / math.pi),
    "fabs": ag.abs,
    "matmul": ag.matmul,
    "power": ag.pow,
    "rad2deg": lambda x: x * (180.0 / math.pi),
    "radians": lambda x: x * (math.pi / 180.0),
    "rint": ag.round,
    "vecdot": ag.vecdot,
}
INVERSES = {f"arc{name}": getattr(ag, f"a{name}") for name in ("cos", "cosh", "sin", "sinh", "tan", "tan2", "tanh")}
COMPOSED: list[Any] = [cbrt, divmod, float_power, fmax, fmin, fmod, heaviside, ldexp, logaddexp2, matvec, modf, vecmat]

ENTRIES: dict[str, Ufunc] = {
    **{name: Ufunc(getattr(ag, name), "floats", name != "nextafter") for name in FLOATS.split()},
    **{name: Ufunc(getattr(ag, name), "numbers") for name in SAME_NAME.split()},
    **{name: Ufunc(getattr(ag, name), "numbers", False) for name in PLAIN.split()},
    **{name: Ufunc(function, "numbers") for name, function in RENAMED.items()},
    **{name: Ufunc(function, "floats") for name, function in INVERSES.items()},
    **{function.__name__: Ufunc(function, "arrays") for function in COMPOSED},
    **{name: Ufunc(_on_truth(getattr(ag, name)), "arrays", False) for name in LOGICAL.split()},
    "cbrt": Ufunc(cbrt, "floats"),
    "exp2": Ufunc(lambda x: 2.0**x, "floats"),
    "invert": Ufunc(ag.bitwise_invert, "numbers", False),
    "left_shift": Ufunc(ag.bitwise_left_shift, "numbers", False),
    "right_shift": Ufunc(ag.bitwise_right_shift, "numbers", False),
}
for _name in ("deg2rad", "degrees", "fabs", "rad2deg", "radians", "rint", "modf"):
    ENTRIES[_name] = ENTRIES[_name]._replace(takes="floats")

UFUNCS = {getattr(np, name): entry for name, entry in ENTRIES.items() if hasattr(np, name)}
"""The entry of each of NumPy's ufuncs that are supported."""

UFUNCS_REFUSED = {
    "bitwise_count": "it counts bits; take np.bitwise_count(x.detach().numpy())",
    "frexp": "its exponent is an integer; write e = np.ceil(np.log2(np.abs(x))) and x / 2.0**e",
    "gcd": "it is a function of integers; take x.detach().numpy() first",
    "isnat": "anygrad's arrays hold no times",
    "lcm": "it is a function of integers; take x.detach().numpy() first",
    "spacing": "it is a property of the number format; write np.abs(np.nextafter(x, np.inf) - x)",
}
"""NumPy's ufuncs that are not, and what to write instead."""


PRIVATE = {
    "_zeta": Ufunc(ag.special.zeta, "floats"),
    "_riemann_zeta": Ufunc(lambda x: ag.special.zeta(x, 1.0), "floats"),
    "clip": Ufunc(ag.clip, "numbers"),
}
"""Ufuncs that a function of another kind calls: SciPy's in Python, and the method of NumPy's arrays."""


def _entry(ufunc: np.ufunc) -> Ufunc:
    """The entry of a ufunc, also of SciPy's, which are known by their names."""
    found = UFUNCS.get(ufunc)
    name = ufunc.__name__
    if found is None and getattr(np, name, None) is not ufunc:
        found = PRIVATE.get(name)
        if found is None and name in ag.special.__all__:
            found = Ufunc(getattr(ag.special, name), "floats")
        if found is not None:
            UFUNCS[ufunc] = found
    if found is None:
        known = UFUNCS_REFUSED.get(ufunc.__name__, "docs/numpy.md and anygrad.special have those that are")
        raise TypeError(f"the ufunc {ufunc.__name__!r} is not supported on anygrad's arrays: {known}")
    return found


# --- calls ------------------------------------------------------------------------------------------------------------


def array_ufunc(x: Any, ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What ``__array_ufunc__`` gives for a call of a ufunc, or of one of its methods, that meets the array ``x``."""
    if not kwargs and method == "__call__" and (entry := UFUNCS.get(ufunc)) and all(map(_is_number, inputs)):
        return entry.function(*_operands(entry, inputs, x))  # what operators of NumPy's arrays come to
    if not all(_is_operand(value) for value in inputs):
        return NotImplemented
    if any(target is not None for target in kwargs.get("out", ())):
        return _into(x, ufunc, method, inputs, kwargs)
    kwargs.pop("out", None)
    run = METHODS.get(method)
    if run is None:
        raise TypeError(
            f"numpy.{ufunc.__name__}.{method} is not supported on anygrad's arrays; "
            f"write np.{ufunc.__name__}.reduce for each slice"
        )
    result = run(x, ufunc, *inputs, **kwargs)
    return plain(result) if method in ("reduce", "accumulate") else result


def _into(x: Any, ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The ufunc into arrays: into plain ones constants may go, as they go into ``a[key] = x``."""
    if all(target is None or isinstance(target, Wrapper) for target in kwargs["out"]):
        targets = kwargs.pop("out")
        where = kwargs.pop("where", True) if method == "__call__" else True
        found = array_ufunc(x, ufunc, method, inputs, kwargs)
        pairs = zip(targets, found if isinstance(found, tuple) else (found,))
        found = tuple(y if target is None else filled(target, y, ufunc.__name__, where) for target, y in pairs)
        return found if len(found) > 1 else found[0]
    arrays = [x for x in (*inputs, *kwargs["out"]) if isinstance(x, Wrapper)]
    if any(x._carries for x in arrays) or any(isinstance(target, Wrapper) for target in kwargs["out"]):
        refuse_out(ufunc.__name__)
    plain = (np.asarray(x) if isinstance(x, Wrapper) else x for x in inputs)
    return getattr(ufunc, method)(*plain, **kwargs)


def _is_number(value: Any) -> bool:
    return type(value) in SCALARS or rank(type(value)) >= 0


def _is_operand(value: Any) -> bool:
    """Whether a value is anygrad's to compute with: not so those that wrap its arrays and handle ufuncs themselves."""
    kind = type(value)
    return kind in SCALARS or is_known(kind) or not hasattr(kind, "__array_ufunc__")


def _is_constant(x: Any) -> bool:
    """Whether a value has no derivative to lose, nor an axis."""
    return not isinstance(x, Wrapper) or (not x._carries and is_readable(x))


def _call(
    like: Any,
    ufunc: np.ufunc,
    *inputs: Any,
    where: Any = True,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    casting: str = "same_kind",
    axis: int | None = None,
    keepdims: bool = False,
    **others: Any,
) -> Any:
    """The ufunc itself."""
    try:
        entry = _entry(ufunc)
    except TypeError:
        if not like.level or not all(map(_is_constant, inputs)):
            raise
        # What a function with a derivative of its own is given: it may know what anygrad does not.
        values = [x._on_host() if isinstance(x, Wrapper) else x for x in inputs]
        return ag.asarray(ufunc(*values, dtype=dtype, **others), device=like.device)
    if others:
        raise TypeError(f"numpy.{ufunc.__name__}: {', '.join(others)} is not supported on anygrad's arrays")
    if where is not True:
        raise TypeError(
            f"numpy.{ufunc.__name__}: where= leaves elements without a value on anygrad's arrays; "
            f"write np.where(condition, np.{ufunc.__name__}(...), other)"
        )
    operands = _operands(entry, inputs, like)
    if dtype is not None:
        operands = [cast(as_array(x, like), dtype) for x in operands]
    if (axis is not None or keepdims) and ufunc.__name__ != "vecdot":
        raise TypeError(f"numpy.{ufunc.__name__}: axis= and keepdims= are not supported on anygrad's arrays")
    if axis is not None:
        operands = [ag.moveaxis(x, axis, -1) for x in operands]
    out = entry.function(*operands)
    out = ag.expand_dims(out, axis=-1 if axis is None else axis) if keepdims else out
    return cast(out, dtype) if dtype is not None and entry.has_gradient and not isinstance(out, tuple) else out


def _are_alike(x1: Any, x2: Any) -> bool:
    """Whether two arrays have one dtype, as most have that an operator of NumPy's brings together."""
    return rank(type(x1)) >= 0 and rank(type(x2)) >= 0 and x1.dtype == x2.dtype


def _operands(entry: Ufunc, inputs: Sequence[Any], like: Any) -> Sequence[Any]:
    """The inputs as what an entry takes, in the dtype that NumPy promotes them to."""
    if len(inputs) == 2 and entry.takes == "numbers" and _are_alike(*inputs):
        return inputs
    operands = [x if type(x) in SCALARS else as_array(x, like) if rank(type(x)) < 0 else x for x in inputs]
    if len(operands) > 1 and entry.function is not ldexp and _differ(operands):
        operands = promoted(operands)
    if entry.takes == "floats":
        operands = [floating(x) for x in operands]
    if entry.takes == "arrays" and any(type(x) in SCALARS for x in operands):
        operands = of_one_dtype(operands, like)
    return operands


KINDS = {bool: "biufc", int: "iufc", float: "fc", complex: "c"}
"""The kinds of dtypes that do not change beside a number of Python's."""


def _differ(operands: list[Any]) -> bool:
    """Whether promotion may have something to do."""
    dtypes = [dtype_of(x) for x in operands if type(x) not in SCALARS]
    scalars = [type(x) for x in operands if type(x) in SCALARS]
    return any(d != dtypes[0] for d in dtypes) or any(dtypes[0].kind not in KINDS[t] for t in scalars)


# --- methods ----------------------------------------------------------------------------------------------------------


def _reduce(
    like: Any,
    ufunc: np.ufunc,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """``ufunc.reduce``: the reduction of that name, else a fold along the axis."""
    array = as_array(array, like)
    options = {"keepdims": keepdims}
    options |= {"dtype": dtype} if dtype is not None else {}
    options |= {"initial": initial} if initial is not None else {}
    options |= {"where": where} if where is not True else {}
    named = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min"}
    named |= {"logical_and": "all", "logical_or": "any"}
    if ufunc.__name__ in named:
        return getattr(reductions, named[ufunc.__name__])(array, axis, **options)
    if options.keys() != {"keepdims"} or not isinstance(axis, int | Integral):
        raise TypeError(f"numpy.{ufunc.__name__}.reduce: on anygrad's arrays it takes one axis and keepdims alone")
    axis = int(axis)
    if ufunc.__name__ == "logaddexp":
        return ag.special.logsumexp(array, axis=axis, keepdims=keepdims)
    parts = _slices(ufunc, array, axis)
    if len(parts) == 1 and ufunc.identity is not None:  # from which NumPy starts, so that one element is changed too
        parts = (ufunc.identity, *parts)
    folded = functools.reduce(lambda x1, x2: _call(like, ufunc, x1, x2), parts)
    return ag.expand_dims(folded, axis=axis) if keepdims else folded


def _accumulate(like: Any, ufunc: np.ufunc, array: Any, axis: int = 0, dtype: Any = None) -> Any:
    """``ufunc.accumulate``: the results of all steps of the fold along an axis."""
    array = cast(as_array(array, like), dtype)
    if ufunc is np.add:
        return ag.cumulative_sum(array, axis=axis)
    if ufunc is np.multiply:
        return ag.cumulative_prod(array, axis=axis)
    first, *others = _slices(ufunc, array, axis)
    results = [first]
    for part in others:
        results.append(_call(like, ufunc, results[-1], part))
    return ag.stack(results, axis=axis)


def _slices(ufunc: np.ufunc, array: Any, axis: int) -> tuple[Any, ...]:
    if not array.shape[axis]:
        raise ValueError(f"numpy.{ufunc.__name__}: an empty axis has no reduction, given shape {array.shape}")
    if ufunc.__name__ in LOGICAL.split() and kind_of(array.dtype) != "b":
        array = array != 0
    parts: tuple[Any, ...] = ag.unstack(array, axis=axis)
    return parts


def _outer(like: Any, ufunc: np.ufunc, x1: Any, x2: Any, **kwargs: Any) -> Any:
    """``ufunc.outer``: the ufunc of all pairs of elements."""
    x1, x2 = as_array(x1, like), as_array(x2, like)
    return _call(like, ufunc, ag.reshape(x1, (*x1.shape, *(1,) * len(x2.shape))), x2, **kwargs)


def _at(like: Any, ufunc: np.ufunc, array: Any, key: Any, values: Any = None) -> None:
    """``ufunc.at``: sums into one of anygrad's arrays, which rebinds it as assignment does."""
    if not isinstance(array, Wrapper) or ufunc not in (np.add, np.subtract):
        raise TypeError(
            f"numpy.{ufunc.__name__}.at: on anygrad's arrays it is np.add.at and np.subtract.at into an array made "
            f"with np.zeros(shape, like=x); write array = anygrad.index_add(array, values, key)"
        )
    check_can_change(array, f"np.{ufunc.__name__}.at")
    values = as_array(values, like)
    if not np.can_cast(dtype_of(values), array.dtype, "same_kind"):
        raise TypeError(
            f"np.{ufunc.__name__}.at: {describe(values)} does not go into {describe(array)}; convert one of them"
        )
    values = cast(values, array.dtype)
    assign(array, ag.index_add(array, -values if ufunc is np.subtract else values, key))


METHODS: dict[str, Callable[..., Any]] = {
    "__call__": _call,
    "reduce": _reduce,
    "accumulate": _accumulate,
    "outer": _outer,
    "at": _at,
}
