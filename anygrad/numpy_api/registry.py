"""The table of NumPy's functions, and how a call finds its entry."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

import anygrad as ag
from anygrad.arrays.wrapper import Wrapper, bottom, hidden_axes
from anygrad.backends import numpy_dtype
from anygrad.core.kinds import is_complex, kind_of
from anygrad.core.primitive import Array
from anygrad.core.types import SCALARS, rank

__all__ = [
    "FUNCTIONS",
    "NAMED",
    "REFUSED",
    "Implementation",
    "array_function",
    "as_array",
    "as_arrays",
    "call",
    "cast",
    "dtype_of",
    "filled",
    "floating",
    "implements",
    "is_known",
    "is_readable",
    "of_one_dtype",
    "plain",
    "promoted",
    "refuse",
    "refuse_out",
]


class Implementation(NamedTuple):
    """NumPy's function in anygrad's operations.

    Attributes:
        name: NumPy's name for it, as in ``linalg.norm``.
        function: what runs.
        arrays: its parameters that are arrays; numbers and lists given for them become arrays.
        kind: ``"gradient"``; ``"plain"`` where no gradient is due; ``"numbers"`` where none is due to integers; or
            ``"creation"``, which is given the array of ``like=`` first.
    """

    name: str
    function: Callable[..., Any]
    arrays: tuple[str, ...]
    kind: str


FUNCTIONS: dict[Any, Implementation] = {}
"""The implementation of each of NumPy's functions that are not ufuncs."""

NAMED: dict[str, Implementation] = {}
"""The same by NumPy's names for them, for the arrays' methods."""

REFUSED: dict[Any, tuple[str, str]] = {}
"""Functions that are not supported: their names, and what to write instead."""


def implements(*names: str, arrays: int = 1, kind: str = "gradient") -> Callable[[Any], Any]:
    """Enter a function under NumPy's names for it; the first ``arrays`` of its parameters are arrays."""

    def enter(function: Any) -> Any:
        code = getattr(function, "__code__", None)
        parameters = code.co_varnames[:arrays] if code is not None else ()
        for name in names:
            NAMED[name] = Implementation(name, function, parameters, kind)
            found = _find(name)
            if found is not None:
                FUNCTIONS.setdefault(found, NAMED[name])
        return function

    return enter


def refuse(remedies: dict[str, str]) -> None:
    """Enter functions that are not supported, each with what to write instead."""
    for name, remedy in remedies.items():
        found = _find(name)
        if found is not None:
            REFUSED[found] = (name, remedy)


def _find(name: str) -> Any:
    """NumPy's function of a name, None where this version of NumPy lacks it."""
    try:
        return operator.attrgetter(name)(np)
    except AttributeError:
        return None


# --- calls ------------------------------------------------------------------------------------------------------------


def array_function(x: Any, function: Any, types: Sequence[type], args: Any, kwargs: dict[str, Any]) -> Any:
    """What ``__array_function__`` gives for a call of one of NumPy's functions that meets the array ``x``."""
    if not all(map(is_known, types)):
        return NotImplemented
    found = FUNCTIONS.get(function)
    if found is None:
        _refuse_function(function)
    return call(found, x, args, kwargs)


def is_known(array_type: type) -> bool:
    """Whether anygrad computes with arrays of a type, rather than being wrapped by them."""
    return rank(array_type) >= 0 or issubclass(array_type, np.ndarray)


def call(found: Implementation, like: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Run an entry of the table; what it takes for arrays is made one beside ``like``."""
    if "out" in kwargs:
        kwargs = dict(kwargs)
        target = kwargs.pop("out")
        if isinstance(target, Wrapper):
            return filled(target, call(found, like, args, kwargs), found.name)
        if target is not None:
            refuse_out(found.name)
    if found.kind == "creation":
        return found.function(like, *args, **kwargs)
    names = found.arrays
    if not (len(args) == 1 and isinstance(args[0], Wrapper)):  # as methods without arguments have it
        args = [as_array(x, like) if i < len(names) else x for i, x in enumerate(args)]
    if kwargs:
        kwargs = {name: as_array(x, like) if name in names else x for name, x in kwargs.items()}
    result = found.function(*args, **kwargs)
    return result if found.kind == "gradient" else plain(result)


def plain(result: Any) -> Any:
    """Integers and truth values as NumPy gives them, the library's own: they carry no derivative, and choose by value.

    What differs between the members of a batch stays as it is, and so do arrays of a library that NumPy's functions do
    not take, or would take to the host.
    """
    if isinstance(result, tuple | list):
        parts = [plain(part) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    if not isinstance(result, Wrapper) or kind_of(result.data.dtype) not in "bi" or not is_readable(result):
        return result
    raw = bottom(result)
    if isinstance(raw, np.ndarray):
        return raw[()]
    return raw if hasattr(raw, "__array_function__") else result


def filled(target: Any, result: Any, name: str, where: Any = True) -> Any:
    """The array given for ``out=`` with a result in it.

    Raises:
        ValueError: it has another shape.
        TypeError: it is of a dtype that the result does not go into.
    """
    shape = tuple(result.shape)
    if len(shape) > len(target.shape) or any(n not in (1, m) for n, m in zip(shape[::-1], target.shape[::-1])):
        raise ValueError(f"numpy.{name}: the result has shape {shape} and out has {target.shape}")
    if not np.can_cast(dtype_of(result), target.dtype, "same_kind"):
        raise TypeError(f"numpy.{name}: the result is {dtype_of(result)} and out is {target.dtype}")
    target[...] = result if where is True else ag.where(where, result, target)
    return target


def refuse_out(name: str) -> NoReturn:
    """Refuse to write into an array: the graph keeps the old one, and a plain array cannot hold a gradient."""
    raise TypeError(
        f"numpy.{name}: out= and in-place operators of NumPy arrays (a += x) cannot keep a gradient; write "
        f"a = np.{name}(...) (a = a + x), or x[key] = value on an array made with np.zeros(shape, like=x)"
    )


def _refuse_function(function: Any) -> NoReturn:
    unlisted = "write it in those that docs/numpy.md lists, or take x.detach().numpy() first"
    name, remedy = REFUSED.get(function, (function.__name__, unlisted))
    raise TypeError(f"numpy.{name} is not supported on anygrad's arrays: {remedy}")


# --- arguments --------------------------------------------------------------------------------------------------------


def as_array(value: Any, like: Any) -> Any:
    """A number or a list as an array on the device of another; None and arrays as they are."""
    if value is None or (rank(type(value)) >= 0 and not isinstance(value, np.generic)):
        return value
    return ag.asarray(np.asarray(value) if isinstance(value, np.generic) else value, device=like.device)


def as_arrays(values: Any) -> list[Any]:
    """Each of several values as an array, beside the first that is one of anygrad's."""
    values = list(values)
    like = next((x for x in values if isinstance(x, Wrapper)), None)
    if like is None:  # they are in lists of their own
        return [as_array(x, like := ag.asarray(x)) for x in values]
    return [as_array(x, like) for x in values]


def cast(x: Array, dtype: Any) -> Array:
    """An array in another dtype, if one is asked for."""
    if dtype is None or np.dtype(dtype) == dtype_of(x):
        return x
    kind_of(np.dtype(dtype))  # which refuses what holds no numbers
    if is_complex(x) and np.dtype(dtype).kind not in "bc":
        x = ag.real(x)
    return ag.astype(x, np.dtype(dtype))


def dtype_of(x: Array) -> Any:
    """The dtype of an array of any library, as NumPy's."""
    return x.dtype if isinstance(x, Wrapper) else numpy_dtype(x.dtype)


def floating(x: Array) -> Array:
    """Integers and truth values as float64, which is what NumPy computes with."""
    return ag.astype(x, np.float64) if rank(type(x)) >= 0 and kind_of(x.dtype) not in "fc" else x


def promoted(values: Sequence[Any]) -> list[Any]:
    """Arrays in the dtype that NumPy promotes all values to, also where a library does not mix kinds of dtypes."""
    dtypes = [x if type(x) in SCALARS else dtype_of(x) for x in values]
    if all(d is dtypes[0] for d in dtypes):
        return list(values)
    common = np.result_type(*dtypes)
    return [x if type(x) in SCALARS or d == common else ag.astype(x, common) for x, d in zip(values, dtypes)]


def of_one_dtype(values: Sequence[Any], like: Any) -> list[Any]:
    """Values as arrays of the dtype that NumPy promotes them to, beside which a number of Python's counts little."""
    values = [x if type(x) in SCALARS else as_array(x, like) for x in values]
    common = np.result_type(*(x if type(x) in SCALARS else dtype_of(x) for x in values))
    return [ag.asarray(x, dtype=common, device=like.device) if type(x) in SCALARS else cast(x, common) for x in values]


def to_host(x: Any) -> Any:
    """The values as a NumPy array, for what prints or counts."""
    return x._on_host() if isinstance(x, Wrapper) else np.asarray(bottom(x))


def is_readable(x: Any) -> bool:
    """Whether an array has values to decide by: not so one that stands for a batch of them."""
    return not hidden_axes(x)
