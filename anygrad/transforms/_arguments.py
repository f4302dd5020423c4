"""What the transforms share: levels, the choice of arguments, and the checks of what is differentiated."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from anygrad.arrays.mixin import ArrayMixin
from anygrad.backends import backend_of
from anygrad.batch.batch import Batch
from anygrad.core.containers import Structure, flatten, is_carried, mapped, unflatten
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array, describe
from anygrad.core.types import SCALARS, outlived, rank, scalar_results
from anygrad.forward.dual import Dual
from anygrad.ops.creation import copy
from anygrad.reverse.tensor import Tensor, tensor_of

Argnums = int | Sequence[int] | None
Argnames = str | Sequence[str] | None
W = TypeVar("W", bound=type)


def check_callable(f: Any, name: str) -> None:
    """Refuse what cannot be called."""
    if not callable(f):
        raise TypeError(f"{name}: f must be callable, given {f!r}")


def check_each(values: Any, what: str, name: str) -> None:
    """Refuse what is not one value for each argument: an array has as many as it is long."""
    if not isinstance(values, tuple | list):
        raise TypeError(f"{what}: {name} must be a tuple with one for each argument, given {describe(values)}")


def name_of(f: Any) -> str:
    """How messages call a function."""
    return getattr(f, "__name__", "f")


def floating(value: Any, what: str) -> Array:
    """An argument that can be differentiated, as an array."""
    if type(value) in SCALARS:
        if not isinstance(value, float | complex):
            raise TypeError(f"{what} must be floating, given the integer {value!r}; write {float(value)!r}")
        value = Tensor(value).data
    if rank(type(value)) < 0:
        raise TypeError(
            f"{what} must be an array, a Tensor or a float, given {type(value).__name__}; tell of a class that "
            f"holds arrays by register_container, and mark what holds none as static"
        )
    if kind_of(value.dtype) not in "fc":
        raise TypeError(f"{what} must be of a floating dtype, given {describe(value)}; convert it with .astype(float)")
    return value


class Selection(NamedTuple):
    """The arguments to differentiate: their leaves, where each one is, and the way back.

    Attributes:
        leaves: arrays.
        are_numbers: whether each was given as a number, of Python's or NumPy's, which ``x += y`` does not change.
        paths: how a message calls each of them: ``argument 0['w']``.
        picked: ``picked(values)`` gives of values for all leaves of the selected arguments those of the arrays;
            integers beside arrays in a container are carried along.
        called: ``called(leaves)`` gives the arguments of a call with others in place of the leaves.
        arranged: ``arranged(leaves)`` gives containers like the selected arguments.
    """

    leaves: list[Array]
    are_numbers: list[bool]
    paths: list[str]
    picked: Callable[[Sequence[Any]], list[Any]]
    called: Callable[[Sequence[Any]], tuple[list[Any], dict[str, Any]]]
    arranged: Callable[[Sequence[Any]], Any]


def select(what: str, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Argnums, argnames: Argnames) -> Selection:
    """The arguments that a transform differentiates, from its ``argnums`` and ``argnames``.

    Raises:
        IndexError: an argnum is out of range.
        KeyError: an argname was not given by name.
        ValueError: an argument is named twice.
        TypeError: one of their leaves cannot be differentiated.
    """
    argnums = 0 if argnums is None and argnames is None else argnums
    positions = [] if argnums is None else _positions(argnums, what)
    names = [] if argnames is None else [argnames] if isinstance(argnames, str) else list(argnames)
    for i in positions:
        if not -len(args) <= i < len(args):
            raise IndexError(f"{what}: argnums names argument {i}, and {len(args)} were given")
    for name in names:
        if name not in kwargs:
            raise KeyError(f"{what}: argnames names {name!r}, which was not given by name; write {name}=...")
    for kind, named in (("argnums", [i % len(args) for i in positions]), ("argnames", names)):
        if len(set(named)) < len(named):
            raise ValueError(
                f"{what}: {kind} names an argument twice, given {argnums if names is not named else names}"
            )
    leaves: list[Any] = []
    paths: list[str] = []
    places: list[int] = []
    structures: list[Structure] = []
    for value, path in [
        *((args[i], f"argument {i}") for i in positions),
        *((kwargs[name], f"argument {name!r}") for name in names),
    ]:
        found, found_paths, structure = flatten(value, path)
        places += [len(leaves) + i for i in _differentiated(found, value, f"{what}: {path}")]
        leaves += found
        paths += found_paths
        structures.append(structure)

    def picked(values: Sequence[Any]) -> list[Any]:
        return [values[i] for i in places]

    chosen, paths = picked(leaves), picked(paths)
    are_numbers = [type(leaf) in SCALARS or type(leaf) in scalar_results for leaf in chosen]
    chosen = [floating(leaf, f"{what}: {path}") for leaf, path in zip(chosen, paths)]
    carried = [None if i in places else leaf for i, leaf in enumerate(leaves)] if len(places) < len(leaves) else None

    def rebuilt(others: Sequence[Any]) -> list[Any]:
        if carried is not None:
            all_of_them = list(carried)
            for i, x in zip(places, others):
                all_of_them[i] = x
            others = all_of_them
        left = iter(others)
        return [unflatten(structure, left) for structure in structures]

    def called(others: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        new_args, new_kwargs = list(args), dict(kwargs)
        parts = rebuilt(others)
        for i, part in zip(positions, parts):
            new_args[i] = part
        new_kwargs.update(zip(names, parts[len(positions) :]))
        return new_args, new_kwargs

    def arranged(others: Sequence[Any]) -> Any:
        parts = rebuilt(others)
        by_position = parts[0] if not isinstance(argnums, Sequence) else tuple(parts[: len(positions)])
        by_name = parts[-1] if isinstance(argnames, str) else dict(zip(names, parts[len(positions) :]))
        return by_position if argnames is None else by_name if argnums is None else (by_position, by_name)

    return Selection(chosen, are_numbers, paths, picked, called, arranged)


def _positions(argnums: Any, what: str) -> list[int]:
    try:
        return [operator.index(i) for i in (argnums if isinstance(argnums, Sequence) else [argnums])]
    except TypeError:
        raise TypeError(
            f"{what}: argnums must be an integer or several, given {argnums!r}; arguments by name are argnames"
        ) from None


def _differentiated(leaves: list[Any], value: Any, what: str) -> list[int]:
    """Which leaves of an argument to differentiate: all, but for integers beside arrays in a container.

    Raises:
        TypeError: it is none, and holds none.
    """
    if not leaves and is_carried(value) and value is not None:
        floating(value, what)
    places = [i for i, x in enumerate(leaves) if type(x) is not int and type(x) is not bool]
    return places or list(range(len(leaves)))


def tracked(chosen: Selection, tensor_type: type[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """The leaves to differentiate in, and what a function is called with in their place.

    That it may change as its own: the derivative is the one in what came in, also if that is written to meanwhile.
    """
    leaves = [x._twin() if rank(type(x)) > 0 else x for x in chosen.leaves]
    tensor_type.place.inputs = inputs = [tensor_of(x, tensor_type, True) for x in leaves]
    number_type = tensor_type.scalar_type
    pairs = zip(inputs, chosen.are_numbers)
    return inputs, [tensor_of(x._array, number_type if is_number else tensor_type, x) for x, is_number in pairs]


def as_given(x: Any, is_number: bool) -> Any:
    """An argument of a function as what it was given as: a number does not change, an array without axes does."""
    if is_number:
        x.__class__ = x.scalar_type
    return x


def split_aux(out: Any, has_aux: bool, what: str) -> tuple[Any, Any]:
    """What a function returns, and with ``has_aux`` what it returns besides."""
    if not has_aux:
        return out, None
    if not isinstance(out, tuple) or len(out) != 2:
        raise TypeError(
            f"{what}: with has_aux=True the function must return a pair (output, aux), given {describe(out)}"
        )
    return out


def untraced(value: Any, wrapper: type, given: Sequence[Any]) -> Any:
    """Containers with the arrays that wrappers of a transform hold in place of these."""
    return mapped(lambda x: x if (found := held_by(x, wrapper)) is x else as_came(found, given), value)


def held_by(x: Any, wrapper: Any) -> Any:
    """The array that a wrapper of a transform holds; anything else as it is.

    Raises:
        RuntimeError: it belongs to a transform that has ended.
    """
    found = x.data if wrapper.is_of_level(x) else x
    if rank(type(found)) >= wrapper.place.rank:
        raise outlived(type(found))
    return found


def as_came(x: Any, given: Sequence[Any]) -> Any:
    """What a transform gives back: no Tensor where libraries' own arrays went in.

    Constants that are made on the way, ``ag.zeros(3)`` and numbers in NumPy's functions, are Tensors, and so is what is
    computed with them.
    """
    if type(x) not in OUTERMOST or x._edge is not None or not given:
        return x
    return x._array if all(rank(type(part)) == 0 for part in given) else x


def apart(results: Iterable[Any], given: Iterable[Any]) -> list[Any]:
    """Results as objects and arrays of their own, which share nothing with each other and with what was given.

    So they can be written to. Constants of libraries whose arrays do not change stay as they are.
    """
    seen = {id(x) for x in given}
    found = []
    for x in results:
        kind = type(x)
        if rank(kind) > 0:
            x = x._twin() if id(x) in seen else x
        elif rank(kind) == 0 and kind not in scalar_results:
            backend = backend_of(x)
            if backend.mutable and (id(x) in seen or not backend.owns_memory(x)):
                x = copy(x)
        seen.add(id(x))
        found.append(x)
    return found


OUTERMOST = {Tensor, Tensor.scalar_type}
"""The types of Tensors that belong to no transform."""


def stop_gradient(value: Any) -> Any:
    """The same value as a constant to every transform, reverse and forward.

    Args:
        value: an array, a Tensor, or nested containers of them.

    >>> ag.grad(lambda x: x * ag.stop_gradient(x))(3.0)
    array(3.)
    """
    return mapped(_stopped, value)


def _stopped(x: Any) -> Any:
    if isinstance(x, Tensor):
        return type(x).rewrap(_stopped(x.data), None)
    if isinstance(x, Dual):
        return type(x)(_stopped(x.data), None)
    if isinstance(x, Batch):
        return type(x)(_stopped(x.data))
    return x


def quiet(value: Array) -> contextlib.AbstractContextManager[Any]:
    """A context in which floating-point warnings of the library at the bottom of an array are silent."""
    while isinstance(value, ArrayMixin):
        value = value.data  # type: ignore[attr-defined]
    return backend_of(value).quiet()
