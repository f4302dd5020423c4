"""The operators, methods and attributes that the array API standard gives an array, for every wrapper."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from anygrad.arrays.above import above
from anygrad.arrays.layouts import in_order, is_in_order
from anygrad.arrays.views import read_only
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Primitive
from anygrad.core.types import SCALARS, rank
from anygrad.ops import elementwise as ew
from anygrad.ops import logic
from anygrad.ops.creation import copy, zeros_like
from anygrad.ops.datatypes import astype
from anygrad.ops.linalg.products import matmul
from anygrad.ops.manipulation import matrix_transpose, permute_dims, reshape

__all__ = ["ArrayMixin"]


OPERATORS: dict[str, Primitive] = {
    "add": ew.add,
    "sub": ew.subtract,
    "mul": ew.multiply,
    "truediv": ew.divide,
    "floordiv": ew.floor_divide,
    "mod": ew.remainder,
    "pow": ew.pow,
    "matmul": matmul,
    "and": logic.bitwise_and,
    "or": logic.bitwise_or,
    "xor": logic.bitwise_xor,
    "lshift": logic.bitwise_left_shift,
    "rshift": logic.bitwise_right_shift,
}
COMMUTATIVE = {"add", "mul", "and", "or", "xor"}
COMPARISONS: dict[str, Primitive] = {
    "lt": logic.less,
    "le": logic.less_equal,
    "gt": logic.greater,
    "ge": logic.greater_equal,
    "eq": logic.equal,
    "ne": logic.not_equal,
}


def operators_of(wrapper: type) -> dict[str, Callable[..., Any]]:
    """The operator methods of a wrapper's type: its own entries in the primitives' tables, called with nothing between.

    A Python call less for each operation: 8 % of a chain of multiplications of small arrays.
    """
    methods = {f"__{name}__": op.table[wrapper] for name, op in {**OPERATORS, **COMPARISONS}.items()}
    for name, op in OPERATORS.items():
        methods[f"__r{name}__"] = methods[f"__{name}__"] if name in COMMUTATIVE else _reflected(op)
    return methods


def _reflected(op: Primitive) -> Callable[[Any, Any], Any]:
    table = op.table

    def method(self: Any, other: Any) -> Any:
        if type(other) not in SCALARS and rank(type(other)) < 0 and not isinstance(other, list | tuple):
            return NotImplemented
        return table[type(self)](other, self)

    return method


class ArrayMixin:
    """Operators and methods, all of them by way of the operations."""

    __slots__ = ()

    hides_axis = False
    """Whether it stands for many arrays at once."""

    __array_priority__ = 1000

    if TYPE_CHECKING:  # set by operators_of, and by wrappers

        def _copied(self, order: str = "C") -> Any: ...
        def _resize(self, shape: tuple[int, ...]) -> None: ...

        def __add__(self, other: Any, /) -> Any: ...
        def __radd__(self, other: Any, /) -> Any: ...
        def __sub__(self, other: Any, /) -> Any: ...
        def __rsub__(self, other: Any, /) -> Any: ...
        def __mul__(self, other: Any, /) -> Any: ...
        def __rmul__(self, other: Any, /) -> Any: ...
        def __truediv__(self, other: Any, /) -> Any: ...
        def __rtruediv__(self, other: Any, /) -> Any: ...
        def __floordiv__(self, other: Any, /) -> Any: ...
        def __rfloordiv__(self, other: Any, /) -> Any: ...
        def __mod__(self, other: Any, /) -> Any: ...
        def __rmod__(self, other: Any, /) -> Any: ...
        def __pow__(self, other: Any, /) -> Any: ...
        def __rpow__(self, other: Any, /) -> Any: ...
        def __matmul__(self, other: Any, /) -> Any: ...
        def __rmatmul__(self, other: Any, /) -> Any: ...
        def __and__(self, other: Any, /) -> Any: ...
        def __rand__(self, other: Any, /) -> Any: ...
        def __or__(self, other: Any, /) -> Any: ...
        def __ror__(self, other: Any, /) -> Any: ...
        def __xor__(self, other: Any, /) -> Any: ...
        def __rxor__(self, other: Any, /) -> Any: ...
        def __lshift__(self, other: Any, /) -> Any: ...
        def __rlshift__(self, other: Any, /) -> Any: ...
        def __rshift__(self, other: Any, /) -> Any: ...
        def __rrshift__(self, other: Any, /) -> Any: ...
        def __lt__(self, other: Any, /) -> Any: ...
        def __le__(self, other: Any, /) -> Any: ...
        def __gt__(self, other: Any, /) -> Any: ...
        def __ge__(self, other: Any, /) -> Any: ...
        def __eq__(self, other: object, /) -> Any: ...
        def __ne__(self, other: object, /) -> Any: ...

    __hash__ = object.__hash__

    shape: tuple[int, ...]
    dtype: Any

    def __neg__(self) -> Any:
        return ew.negative(self)

    def __pos__(self) -> Any:
        return ew.positive(self)

    def __abs__(self) -> Any:
        return ew.abs(self)

    def __invert__(self) -> Any:
        return logic.bitwise_invert(self)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        n = 1
        for length in self.shape:
            n *= length
        return n

    @property
    def T(self) -> Any:
        """The array with its axes in reverse order."""
        return permute_dims(self, tuple(reversed(range(self.ndim))))

    @property
    def mT(self) -> Any:
        """The transpose of a matrix, or of each of a stack of matrices."""
        return matrix_transpose(self)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d array")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self.shape[0]))  # type: ignore[index]

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Any:
        """The elements in another shape: ``x.reshape(2, 3)`` or ``x.reshape((2, 3))``."""
        lengths = _integers(shape)
        if order != "C":
            return call_method("reshape", self, (self, lengths, order), {"copy": copy})
        return reshape(self, lengths, copy=copy)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order, reversed if none is given: ``x.transpose(1, 0)`` or ``x.transpose((1, 0))``."""
        if not axes or axes[0] is None:
            return self.T
        return permute_dims(self, _integers(axes))

    # --- NumPy's protocols ---

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return above.numpy_api.array_ufunc(self, ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return above.numpy_api.array_function(self, function, types, args, kwargs)

    # --- NumPy's methods beside those of METHODS ---

    if TYPE_CHECKING:  # set below

        def all(self, *args: Any, **options: Any) -> Any: ...
        def any(self, *args: Any, **options: Any) -> Any: ...
        def argmax(self, *args: Any, **options: Any) -> Any: ...
        def argmin(self, *args: Any, **options: Any) -> Any: ...
        def argpartition(self, *args: Any, **options: Any) -> Any: ...
        def argsort(self, *args: Any, **options: Any) -> Any: ...
        def choose(self, *args: Any, **options: Any) -> Any: ...
        def clip(self, *args: Any, **options: Any) -> Any: ...
        def cumprod(self, *args: Any, **options: Any) -> Any: ...
        def cumsum(self, *args: Any, **options: Any) -> Any: ...
        def diagonal(self, *args: Any, **options: Any) -> Any: ...
        def dot(self, *args: Any, **options: Any) -> Any: ...
        def max(self, *args: Any, **options: Any) -> Any: ...
        def mean(self, *args: Any, **options: Any) -> Any: ...
        def min(self, *args: Any, **options: Any) -> Any: ...
        def nonzero(self, *args: Any, **options: Any) -> Any: ...
        def prod(self, *args: Any, **options: Any) -> Any: ...
        def put(self, *args: Any, **options: Any) -> Any: ...
        def ravel(self, *args: Any, **options: Any) -> Any: ...
        def repeat(self, *args: Any, **options: Any) -> Any: ...
        def round(self, *args: Any, **options: Any) -> Any: ...
        def searchsorted(self, *args: Any, **options: Any) -> Any: ...
        def squeeze(self, *args: Any, **options: Any) -> Any: ...
        def std(self, *args: Any, **options: Any) -> Any: ...
        def sum(self, *args: Any, **options: Any) -> Any: ...
        def swapaxes(self, *args: Any, **options: Any) -> Any: ...
        def take(self, *args: Any, **options: Any) -> Any: ...
        def trace(self, *args: Any, **options: Any) -> Any: ...
        def var(self, *args: Any, **options: Any) -> Any: ...

    @property
    def real(self) -> Any:
        """The real part, the array itself where it is real."""
        return ew.real(self) if self._is_complex else self

    @real.setter
    def real(self, value: Any) -> None:
        self.real[...] = value

    @property
    def imag(self) -> Any:
        """The imaginary part, zeros where the array is real."""
        return ew.imag(self) if self._is_complex else read_only(zeros_like(self))

    @imag.setter
    def imag(self, value: Any) -> None:
        if not self._is_complex:
            raise TypeError(f"x.imag = y: x is {self.dtype}, which has no imaginary part; make it complex first")
        self.imag[...] = value

    @property
    def _is_complex(self) -> bool:
        return kind_of(self.dtype) == "c"

    def conj(self) -> Any:
        """The complex conjugate of each element."""
        return ew.conj(self) if self._is_complex else self

    conjugate = conj

    def astype(
        self, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        """The elements in another dtype; a complex array to a real one by its real part."""
        x = self.real if self._is_complex and np.dtype(dtype).kind not in "bc" else self
        if not copy and np.dtype(dtype) == self.dtype and is_in_order(self, order):
            return x
        return in_order(astype(x, np.dtype(dtype)), order, self)

    def copy(self, order: str = "C") -> Any:
        """A copy, through which the gradient travels back."""
        return self._copied(order)

    def __copy__(self) -> Any:
        return self._copied()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy(self)

    def flatten(self, order: str = "C") -> Any:
        """A copy of the elements along one axis."""
        return copy(self.ravel(order))

    def view(self, dtype: Any = None) -> Any:
        """The same elements as another array, which sees what is written to this one."""
        if dtype is not None and np.dtype(dtype) != self.dtype:
            raise TypeError(
                f"view: the bits of {self.dtype} read as {np.dtype(dtype)} have no derivative; write x.astype(dtype)"
            )
        return self[...]  # type: ignore[index]

    def compress(self, condition: Any, axis: int | None = None) -> Any:
        """The slices along an axis at which a condition holds."""
        return call_method("compress", self, (condition, self, axis), {})

    @property
    def itemsize(self) -> int:
        """The bytes of one element."""
        return int(self.dtype.itemsize)

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self.size * self.itemsize

    @property
    def flat(self) -> Flat:
        """The elements in order: to iterate over, to index and to assign to."""
        return Flat(self)

    @flat.setter
    def flat(self, value: Any) -> None:
        given: Any = value if isinstance(value, ArrayMixin) else np.asarray(value)
        if given.size not in (0, 1, self.size):  # again and again, as long as there are places
            given = np.resize(given, self.size)
        given = given.reshape(-1) if given.size > 1 else given
        self.flat[...] = given if isinstance(value, ArrayMixin) else given.tolist()

    def fill(self, value: Any) -> None:
        """Set all elements, as ``x[...] = value`` does."""
        self[...] = value  # type: ignore[index]

    def sort(self, axis: int = -1, kind: str | None = None, order: Any = None, *, stable: bool | None = None) -> None:
        """Put the elements in order in place: the array is replaced by the sorted one, as ``x[...] = y`` does."""
        self[...] = call_method("sort", self, (self, axis), {})  # type: ignore[index]

    def resize(self, *shape: Any, refcheck: bool = True) -> None:
        """Another shape in place, with zeros for elements that are missing.

        Raises:
            ValueError: elements are shared with another array.
        """
        self._resize(_integers(shape))

    def partition(self, kth: Any, axis: int = -1, kind: str = "introselect", order: Any = None) -> None:
        """Put the elements in order in place, which is one of the orders that NumPy's ``partition`` may give."""
        self.sort(axis)


def _integers(given: tuple[Any, ...]) -> tuple[int, ...]:
    """Integers that are given one by one, or as one sequence."""
    if len(given) != 1 or isinstance(given[0], int):
        return given
    try:
        return (operator.index(given[0]),)
    except (TypeError, ValueError):  # as arrays raise that hold several
        return tuple(given[0])


class Flat:
    """The elements of an array in order, as ``x.flat``."""

    __slots__ = ("_x",)

    def __init__(self, x: Any) -> None:
        self._x = x

    def __len__(self) -> int:
        return int(self._x.size)

    def __iter__(self) -> Iterator[Any]:
        flat = self._x.ravel()
        if flat.base is not None:
            return iter(flat)
        return (self[i] for i in range(len(self)))  # each when it is asked for, after what was written before

    def __getitem__(self, key: Any) -> Any:
        if type(key) is int:
            return self._x[self._place(key)]
        found = self._x.ravel()[key]
        return found.copy() if found.shape else found

    def __setitem__(self, key: Any, value: Any) -> None:
        x = self._x
        if type(key) is int:
            x[self._place(key)] = value
            return
        flat = x.ravel()
        flat[key] = value
        if flat.base is None:  # a copy
            x[...] = flat.reshape(x.shape)

    def _place(self, i: int) -> tuple[int, ...]:
        """Where in the array an element is."""
        x = self._x
        if not -x.size <= i < x.size:
            raise IndexError(f"index {i} is out of bounds for an array of {x.size} elements")
        return tuple(map(int, np.unravel_index(i % x.size, x.shape)))


METHODS = "all any argmax argmin argpartition argsort choose clip cumprod cumsum diagonal dot max mean min nonzero prod"
METHODS += " put ravel repeat round searchsorted squeeze std sum swapaxes take trace var"


def call_method(name: str, x: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """One of NumPy's functions of an array, by its name."""
    numpy_api = above.numpy_api
    return numpy_api.call(numpy_api.NAMED[name], x, args, kwargs)


def _method(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return call_method(name, self, (self, *args), kwargs)

    method.__name__ = name
    method.__doc__ = f"As numpy.{name}."
    return method


for _name in METHODS.split():
    setattr(ArrayMixin, _name, _method(_name))
