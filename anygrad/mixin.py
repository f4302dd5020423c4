"""The operators, methods and attributes that the array API standard gives an array, for every wrapper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from anygrad.ops import elementwise as ew
from anygrad.ops import logic
from anygrad.ops.linalg.products import matmul
from anygrad.ops.manipulation import matrix_transpose, permute_dims, reshape
from anygrad.ops.reductions import max, mean, min, prod, std, sum, var
from anygrad.primitive import SCALARS, Array, Primitive, rank

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
        methods[f"__r{name}__"] = _reflected(op)
    return methods


def _reflected(op: Primitive) -> Callable[[Any, Any], Any]:
    table = op.table

    def method(self: Any, other: Any) -> Any:
        if type(other) not in SCALARS and rank(type(other)) < 0:
            return NotImplemented
        return table[type(self)](other, self)

    return method


class ArrayMixin:
    """Operators and methods, all of them by way of the operations."""

    __slots__ = ()

    hides_axis = False
    """Whether it stands for many arrays at once."""

    __array_priority__ = 1000
    __array_ufunc__ = None  # so that a NumPy array on the left leaves the operation to us

    if TYPE_CHECKING:  # set by operators_of

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

    def __neg__(self) -> Any:
        return ew.negative(self)

    def __pos__(self) -> Any:
        return ew.positive(self)

    def __abs__(self) -> Any:
        return ew.abs(self)

    def __invert__(self) -> Any:
        return logic.bitwise_invert(self)

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

    def reshape(self, *shape: Any) -> Any:
        """The elements in another shape: ``x.reshape(2, 3)`` or ``x.reshape((2, 3))``."""
        return reshape(self, tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) else shape)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order, reversed if none is given: ``x.transpose(1, 0)`` or ``x.transpose((1, 0))``."""
        if not axes or axes == (None,):
            return self.T
        return permute_dims(self, axes if isinstance(axes[0], int) else tuple(axes[0]))

    def sum(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """As :func:`anygrad.sum`."""
        return sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """As :func:`anygrad.mean`."""
        return mean(self, axis=axis, keepdims=keepdims)

    def prod(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """As :func:`anygrad.prod`."""
        return prod(self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """As :func:`anygrad.max`."""
        return max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """As :func:`anygrad.min`."""
        return min(self, axis=axis, keepdims=keepdims)

    def var(self, axis: Any = None, *, correction: float = 0.0, keepdims: bool = False) -> Any:
        """As :func:`anygrad.var`."""
        return var(self, axis=axis, correction=correction, keepdims=keepdims)

    def std(self, axis: Any = None, *, correction: float = 0.0, keepdims: bool = False) -> Any:
        """As :func:`anygrad.std`."""
        return std(self, axis=axis, correction=correction, keepdims=keepdims)


def unwrapped_key(key: Any) -> Any:
    """A key with raw arrays in place of wrappers, except those that hide an axis."""
    if isinstance(key, tuple):
        return tuple(unwrapped_key(part) for part in key)
    if isinstance(key, list):
        raise TypeError(f"an index must not be a list; write Tensor({key}) or numpy.array({key})")
    while isinstance(key, ArrayMixin) and not key.hides_axis:
        key = key.data  # type: ignore[attr-defined]
    return key


def own_key(key: Any, copy: Callable[[Array], Array]) -> Any:
    """A key whose arrays the caller cannot change afterwards."""
    if isinstance(key, tuple):
        return tuple(own_key(part, copy) for part in key)
    return copy(key) if getattr(key, "shape", ()) != () else key
