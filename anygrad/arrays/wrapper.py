"""What Tensor, Dual and Batch share: an array-API array that holds another array, at the level of its transform."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Self

import numpy as np

from anygrad.arrays.above import above
from anygrad.arrays.creation import constant
from anygrad.arrays.device import move, resolve
from anygrad.arrays.in_place import in_place
from anygrad.arrays.layouts import in_order, layout_of
from anygrad.arrays.levels import Place, deepened
from anygrad.arrays.mixin import OPERATORS, operators_of
from anygrad.arrays.ownership import bottom
from anygrad.arrays.scalar import IN_PLACE, Scalar, scalar_type_of
from anygrad.arrays.values import Values, hidden_axes
from anygrad.arrays.views import View, parts_of, roots_of
from anygrad.arrays.writes import check_can_change, set_shape, write
from anygrad.backends import Dtype, numpy_dtype
from anygrad.core.primitive import Array, Primitive, describe
from anygrad.core.types import ENDED, SCALARS, device_of, outlived, rank
from anygrad.ops.creation import copy, new_zeros
from anygrad.ops.datatypes import astype
from anygrad.ops.indexing import getitem
from anygrad.ops.joining import concat
from anygrad.ops.manipulation import reshape
from anygrad.ops.transfer import to_device

__all__ = [
    "Wrapper",
    "bottom",
    "hidden_axes",
    "leaves_to",
    "lifted",
    "reset_operators",
    "set_operators",
    "with_list",
]


families: list[type[Wrapper]] = []
"""Tensor, Dual and Batch."""


def lifted(value: Any, like: Any) -> Any:
    """A constant as an array of the device of another, under the same transforms."""
    if rank(type(value)) >= rank(type(like)) > 0:
        return value
    if isinstance(like, Wrapper):
        return like._holding(lifted(value, like.data))
    if isinstance(value, Wrapper):
        if value._carries or hidden_axes(value):
            return value
        value = bottom(value)
    return move(value, resolve(device_of(like)))


def leaves_to(value: Any, level: int) -> bool:
    """Whether an operator at a level leaves the operation to a value on the other side.

    So it does to a Tensor of a transform nested deeper, and to what is neither an array nor a number.

    Raises:
        RuntimeError: the value belongs to a transform that has ended.
    """
    if type(value) in SCALARS:
        return False
    its_rank = rank(type(value))
    if its_rank == ENDED:
        raise outlived(type(value))
    return its_rank < 0 or its_rank > level + 1


def with_list(op: Primitive, x1: Any, x2: Any) -> Any:
    """An operation of an array and a list or a tuple, which becomes one beside it; NotImplemented of anything else.

    Raises:
        TypeError: it holds what is no number.
    """
    if isinstance(x2, list | tuple):
        return op(x1, constant(x2, device_of(x1)))
    if isinstance(x1, list | tuple):
        return op(constant(x1, device_of(x2)), x2)
    return NotImplemented


class Wrapper(Values):
    """An array that holds another one.

    Each transform that runs has a level, and a type of its own, so that operands of one type are known to belong to one
    transform; and beside it one for results without axes (:class:`Scalar`). When it has ended, the types are there for
    another one.
    """

    __slots__ = ()

    family: ClassVar[type[Any]]
    types: ClassVar[list[type[Any]]]
    """Of a family all types: its own, and those that transforms have."""
    free_types: ClassVar[list[type[Any]]]
    """Those of them that no transform has just now."""
    is_scalar: ClassVar[bool] = False
    array_type: ClassVar[type[Any]]
    """The type for the level, whatever subclass this is."""
    scalar_type: ClassVar[type[Any]]
    """That of results without axes."""

    data: Array
    born: int
    """The level that it was made at, which tells it from those of a transform that has the type later."""
    _view: View
    _held: ClassVar[tuple[str, ...]] = ("data",)
    """The attributes that hold its arrays."""

    def __init_subclass__(cls, *, is_family: bool = False, **options: Any) -> None:
        super().__init_subclass__(**options)
        if is_family:
            cls.family = cls
            cls.place = Place()
            cls.types, cls.free_types = [cls], []
            families.append(cls)
            cls.array_type, cls.scalar_type = cls, scalar_type_of(cls)

    @classmethod
    def new_type(cls) -> type[Any]:
        """One more type for transforms, of the same family."""
        family = cls.family
        found: type[Any] = type(
            family.__name__, (family,), {"__slots__": (), "place": Place(), "__module__": family.__module__}
        )
        found.array_type, found.scalar_type = found, scalar_type_of(found)
        set_operators(found)
        family.types.append(found)
        return found

    @property
    def level(self) -> int:
        """The number of the transform that it belongs to, greater than those of the ones around it; 0 for none."""
        return self.place.level

    @classmethod
    def is_of_level(cls, x: Any) -> bool:
        """Whether an array is one of this type, or a scalar that belongs to it.

        Raises:
            RuntimeError: it is of a transform that had the type before, and has ended.
        """
        found = type(x) is cls or type(x) is cls.scalar_type
        if found and x.born != cls.place.level:
            raise outlived(type(x))
        return found

    def unfrozen(self) -> Any:
        """An array: of a number a new one without axes, which can be changed."""
        if not self.is_scalar:
            return self
        twin = self._twin()
        twin.__class__ = self.array_type
        return twin

    def _holding(self, data: Any) -> Any:
        """A constant of this level that holds an array."""
        raise NotImplementedError

    # --- what it is ---

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return tuple(self.data.shape)

    @shape.setter
    def shape(self, lengths: Any) -> None:
        set_shape(self, lengths)

    @property
    def base(self) -> Any:
        """The array that this one is a part of, None if it is none."""
        *_, whole = roots_of(self)
        return None if whole is self else whole

    @property
    def flags(self) -> Any:
        """How NumPy's array would lie in memory: ``c_contiguous``, ``f_contiguous`` and the like, to be read."""
        return layout_of(self).flags

    @property
    def dtype(self) -> Dtype:
        """The dtype, a NumPy dtype whatever the library."""
        return numpy_dtype(self.data.dtype)

    @property
    def device(self) -> str:
        """The name of the device."""
        return device_of(bottom(self))

    def __array_namespace__(self, /, *, api_version: str | None = None) -> Any:
        return above.namespace

    # --- elsewhere and otherwise ---

    def to(self, target: Any) -> Self:
        """This array on another device (``"cuda"``) or of another dtype; the derivative travels along.

        Raises:
            ValueError, ImportError, RuntimeError: the device is unknown or not usable here.
            TypeError: the target is neither the name of a device nor a dtype.
        """
        if isinstance(target, str) and (target == "auto" or not _is_dtype_name(target)):
            place = resolve(target)
            return self if place.name == self.device else to_device(self, place.name, source=self.device)
        try:
            dtype = np.dtype(target)
        except TypeError as error:
            raise TypeError(f"to: target must be the name of a device or a dtype, given {describe(target)}") from error
        return self if dtype == self.dtype else astype(self, dtype)

    def to_device(self, device: str, /, *, stream: Any = None) -> Self:
        """This array on another device, as the array API standard names it."""
        return self.to(device)

    def cpu(self) -> Self:
        """This array as a NumPy array's, on the CPU."""
        return self.to("cpu")

    def cuda(self, i: int = 0) -> Self:
        """This array on a CUDA device."""
        return self.to(f"cuda:{i}")

    # --- parts, and changes in place: the wrapped array is replaced, never changed ---

    def __getitem__(self, key: Any) -> Any:
        return getitem(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        check_can_change(self, "x[key] = value")
        if rank(type(value)) < 0 and type(value) not in SCALARS and not hasattr(value, "hiding_mask"):
            value = constant(value, self.device)
        write(self, key, value)

    def _check_can_change(self, what: str) -> None:
        """Refuse a change that would make a gradient wrong."""

    def _check_can_become(self, out: Any) -> None:
        """Refuse to become the result of an operation of another mode, or of another level in a class of a user's."""
        is_users = type(self) not in (self.array_type, self.scalar_type)
        if type(out).family is not type(self).family or (is_users and out.level != self.level):
            raise TypeError(
                f"a {type(self).__name__} cannot hold what is computed under a transform, a {type(out).__name__}; make "
                f"the array with np.zeros(shape, like=x), of an x under that transform"
            )

    def _become(self, out: Any) -> None:
        """Take over the arrays of another one of this family, also of a deeper level."""
        for name in (*self._held, "born"):
            setattr(self, name, getattr(out, name))
        if self.level != out.level:
            deepened(self)
            self.__class__ = out.array_type

    def _surface(self, out: Any) -> None:
        """Become of an outer level again, when the transform of its own has ended."""
        self._become(out)

    def _copied(self, order: str = "C") -> Any:
        return copy(self) if self.is_scalar else in_order(copy(self).unfrozen(), order, self)

    def _resize(self, shape: tuple[int, ...]) -> None:
        check_can_change(self, "x.resize(shape)")
        if parts_of(self) or self.base is not None:
            raise ValueError("x.resize(shape): x shares its elements with another array; write x = np.resize(x, shape)")
        size = math.prod(shape)
        kept = reshape(self, (-1,))[:size]
        filled = concat([kept, new_zeros(kept, (size - kept.shape[0],))]) if size > kept.shape[0] else kept
        self._become(reshape(filled, shape, copy=True))

    def _twin(self) -> Any:
        """Another one that holds the same, at the same place in the graph."""
        twin = object.__new__(type(self))
        for name in (*self._held, "born"):
            setattr(twin, name, getattr(self, name))
        return twin


def _is_dtype_name(name: str) -> bool:
    try:
        np.dtype(name)
    except TypeError:
        return False
    return True


# --- operators --------------------------------------------------------------------------------------------------------


def set_operators(wrapper: type[Any]) -> None:
    """Give a wrapper's type its operators, which are its entries in the primitives' tables."""
    for kind in (wrapper, wrapper.scalar_type):
        for name, method in operators_of(kind).items():
            setattr(kind, name, method)
    wrapper.__hash__ = object.__hash__  # type: ignore[assignment]
    wrapper.scalar_type.__hash__ = Scalar.__hash__


def reset_operators() -> None:
    """Take the operators of all wrappers from the tables again, after these were emptied."""
    for family in families:
        for wrapper in family.types:
            set_operators(wrapper)


for _name, _symbol in IN_PLACE.items():
    setattr(Wrapper, f"__i{_name}__", in_place(_symbol, OPERATORS[_name]))
