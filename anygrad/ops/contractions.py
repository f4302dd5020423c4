"""Products of any number of arrays, written in Einstein's notation."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array, describe
from anygrad.core.types import rank
from anygrad.ops.elementwise import multiply
from anygrad.ops.linalg.products import diagonal, matmul
from anygrad.ops.manipulation import permute_dims, reshape
from anygrad.ops.reductions import sum

__all__ = ["einsum"]

Path = tuple[tuple[int, ...], ...]
Shapes = tuple[tuple[int, ...], ...]


def einsum(subscripts: str, /, *operands: Array, optimize: bool | str | Sequence[tuple[int, ...]] = True) -> Array:
    """Products of arrays, summed over the labels of axes that the result does not have.

    Args:
        subscripts: a letter for each axis of each operand, as in ``"ij,jk->ik"``. A letter twice in one operand takes
            its diagonal, ``...`` stands for axes that broadcast, and without ``->`` the result has the axes of ``...``
            and then, in alphabetical order, the labels that occur once. Axes of length 1 broadcast.
        operands: arrays, or numbers where an operand has no axes.
        optimize: the order of the products. True lets the package opt_einsum choose, where it is installed, and
            otherwise goes from left to right, as False does. A string is one of opt_einsum's strategies. A sequence
            of pairs says which operands to multiply; each product is put at the end.

    Raises:
        ValueError: the subscripts cannot be read, or do not fit the operands.
        ImportError: a strategy is named, and opt_einsum is not installed.

    >>> ag.einsum("ij,jk->ik", ag.Tensor([[1, 2], [3, 4]]), ag.Tensor([[1, 0], [1, 1]]))
    Tensor([[3, 2],
            [7, 4]])
    """
    shapes = tuple([tuple(getattr(x, "shape", ())) for x in operands])
    strategy = optimize if isinstance(optimize, bool | str) else tuple(map(tuple, optimize))
    plan = _planned(subscripts, shapes, strategy)
    arrays: list[Any] = list(operands)
    for i, j, change_i, change_j, multiplied, change in plan.products:
        arrays.append(_changed(multiplied(_changed(arrays[i], change_i), _changed(arrays[j], change_j)), change))
        arrays[i] = arrays[j] = None
    result = arrays[plan.last]
    if rank(type(result)) < 0:
        raise TypeError(f"einsum: at least one operand must be an array, given {', '.join(map(describe, operands))}")
    return _changed(result, plan.change)


# --- reading subscripts -----------------------------------------------------------------------------------------------
#
# A label is one character: a letter, or for the axes that ``...`` stands for one of these, counted from the last axis.

DOTS = "".join(chr(0x2080 + i) for i in range(64))[::-1]


@functools.lru_cache(maxsize=1024)
def _planned(subscripts: str, shapes: Shapes, strategy: bool | str | Path) -> _Plan:
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise ValueError(f"einsum: {subscripts!r} names {len(terms)} operands, and {len(shapes)} are given")
    inputs = tuple([_labels(subscripts, i, term, len(shape)) for i, (term, shape) in enumerate(zip(terms, shapes))])
    output = _output(subscripts, inputs, right if arrow else None)
    sizes = _sizes(subscripts, inputs, shapes)
    layouts = [_Layout(i, labels, shape, sizes) for i, (labels, shape) in enumerate(zip(inputs, shapes))]
    products = []
    count = len(shapes)
    for step in _path(tuple(layout.labels for layout in layouts), output, sizes, strategy):
        chosen = [layouts[i] for i in step]
        layouts = [layout for i, layout in enumerate(layouts) if i not in step]
        first, *others = chosen
        for i, other in enumerate(others):
            wanted = set(output).union(*(layout.labels for layout in (*layouts, *others[i + 1 :])))
            product, first = _product(first, other, wanted, output, count)
            products.append(product)
            count += 1
        layouts.append(first)
    (result,) = layouts
    return _Plan(tuple(products), result.number, result.summed(output).ordered(output).change())


def _labels(subscripts: str, i: int, term: str, ndim: int) -> str:
    """The label of each axis of an operand."""
    named = _letters(subscripts, term)
    extra = ndim - len(named)
    if extra < 0 or (extra > 0 and "..." not in term):
        raise ValueError(f"einsum: {term!r} in {subscripts!r} does not fit operand {i}, which has {ndim} axes")
    return term.replace("...", DOTS[len(DOTS) - extra :])


def _letters(subscripts: str, term: str) -> str:
    named = term.replace("...", "", 1)
    if not (named.isalpha() and named.isascii()) and named:
        raise ValueError(f"einsum: {term!r} in {subscripts!r} may have letters and one '...'")
    return named


def _output(subscripts: str, inputs: tuple[str, ...], term: str | None) -> str:
    joined = "".join(inputs)
    dots = "".join(c for c in DOTS if c in joined)
    if term is None:
        return dots + "".join(sorted(c for c in set(joined) - set(dots) if joined.count(c) == 1))
    named = _letters(subscripts, term)
    for c in named:
        if c not in joined:
            raise ValueError(f"einsum: the result's label {c!r} is in none of the operands of {subscripts!r}")
        if named.count(c) > 1:
            raise ValueError(f"einsum: the label {c!r} stands twice in the result of {subscripts!r}")
    if dots and "..." not in term:
        raise ValueError(f"einsum: the axes that '...' stands for must be in the result of {subscripts!r} too")
    return term.replace("...", dots)


def _sizes(subscripts: str, inputs: tuple[str, ...], shapes: Shapes) -> dict[str, int]:
    """The length of each label's axes, which must agree, or be 1 where another operand has more."""
    sizes: dict[str, int] = {}
    origin: dict[str, int] = {}
    for i, (labels, shape) in enumerate(zip(inputs, shapes)):
        own: dict[str, int] = {}
        for c, n in zip(labels, shape):
            what = "an axis of '...'" if c in DOTS else f"the label {c!r}"
            if own.setdefault(c, n) != n:
                raise ValueError(f"einsum: {what} has lengths {own[c]} and {n} in operand {i} of {subscripts!r}")
            if sizes.get(c, 1) != 1 and n not in (1, sizes[c]):
                raise ValueError(
                    f"einsum: {what} has length {sizes[c]} in operand {origin[c]} and {n} in operand {i} "
                    f"of {subscripts!r}"
                )
            if sizes.get(c, 1) == 1:
                sizes[c], origin[c] = n, i
    return sizes


def _path(inputs: tuple[str, ...], output: str, sizes: dict[str, int], strategy: bool | str | Path) -> Path:
    """Which terms to multiply at each step; a product goes to the end."""
    if isinstance(strategy, tuple):
        _check_path(strategy, len(inputs))
        return strategy
    left_to_right = ((0, 1), *((n - 1, 0) for n in range(len(inputs) - 1, 1, -1)))
    if len(inputs) < 3 or strategy is False:
        return left_to_right[: len(inputs) - 1]
    try:
        import opt_einsum
    except ImportError:
        if strategy is True:
            return left_to_right
        raise ImportError(
            f"einsum: optimize={strategy!r} is a strategy of opt_einsum; install it with: pip install opt-einsum"
        ) from None
    shapes = [tuple(sizes[c] for c in labels) for labels in inputs]
    found, _ = opt_einsum.contract_path(
        f"{','.join(inputs)}->{output}", *shapes, shapes=True, optimize="auto" if strategy is True else strategy
    )
    return tuple(tuple(step) for step in found)


def _check_path(path: Path, n: int) -> None:
    left = n
    for step in path:
        if len(set(step)) < len(step) or not step or not all(0 <= i < left for i in step):
            raise ValueError(f"einsum: the step {step} of the path does not name some of the {left} arrays left")
        left += 1 - len(step)
    if left != 1:
        raise ValueError(f"einsum: the path {list(path)} leaves {left} of {n} operands unmultiplied")


# --- planning products ------------------------------------------------------------------------------------------------
#
# A plan depends on subscripts and shapes alone, and is made once for them: a call then only does what it says.

Change = tuple[tuple[Callable[[Array, Any], Array], Any], ...]
"""What to do with an array, step by step: functions, each with its second argument."""


class _Product(NamedTuple):
    """The product of two arrays, by their numbers, each changed before, and the result changed after."""

    i: int
    j: int
    change_i: Change
    change_j: Change
    multiplied: Callable[[Array, Array], Array]
    change: Change


class _Plan(NamedTuple):
    """The products, the number of the last one (or of the only operand), and what to do with it at the end."""

    products: tuple[_Product, ...]
    last: int
    change: Change


def _changed(x: Array, change: Change) -> Array:
    for function, argument in change:
        x = function(x, argument)
    return x


class _Layout:
    """The labels of the axes of an array known by its number, and the changes that have made them so."""

    def __init__(self, number: int, labels: str, shape: tuple[int, ...], sizes: dict[str, int]) -> None:
        self.number = number
        self.labels = labels
        self.sizes = sizes
        self._changes: list[tuple[Callable[[Array, Any], Array], Any]] = []
        while len(set(self.labels)) < len(self.labels):
            shape = self._take_a_diagonal(shape)
        if any(n != sizes[c] for c, n in zip(self.labels, shape)):  # an axis of length 1 that broadcasts is left out
            self.labels = "".join(c for c, n in zip(self.labels, shape) if n == sizes[c])
            self._changes.append((reshape, self.lengths(self.labels)))

    def _take_a_diagonal(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        twice = next(c for c in self.labels if self.labels.count(c) > 1)
        i, j = [k for k, c in enumerate(self.labels) if c == twice][:2]
        rest = [k for k in range(len(self.labels)) if k not in (i, j)]
        self._changes += [(permute_dims, (*rest, i, j)), (_diagonal, None)]
        self.labels = "".join(self.labels[k] for k in rest) + twice
        return (*(shape[k] for k in rest), shape[i])

    def change(self) -> Change:
        return tuple(self._changes)

    def lengths(self, labels: str) -> tuple[int, ...]:
        return tuple([self.sizes[c] for c in labels])

    def summed(self, wanted: str | set[str]) -> _Layout:
        """Sum over the labels that are not wanted."""
        axes = tuple([k for k, c in enumerate(self.labels) if c not in wanted])
        if axes:
            self._changes.append((_summed, axes))
            self.labels = "".join(c for c in self.labels if c in wanted)
        return self

    def ordered(self, labels: str) -> _Layout:
        """Bring the axes into an order."""
        if labels != self.labels:
            self._changes.append((permute_dims, tuple(map(self.labels.index, labels))))
            self.labels = labels
        return self

    def as_matrices(self, batch: str, rows: str, columns: str) -> Change:
        """The changes that make it matrices: the axes of the rows made one, and those of the columns."""
        self.ordered(batch + rows + columns)
        if len(rows) != 1 or len(columns) != 1:
            merged = (math.prod(self.lengths(rows)), math.prod(self.lengths(columns)))
            self._changes.append((reshape, self.lengths(batch) + merged))
        return self.change()

    def aligned(self, labels: str) -> Change:
        """The changes that give it an axis for each label, of length 1 for those that it lacks."""
        own = "".join(c for c in labels if c in self.labels)
        self.ordered(own)
        if own and not labels.endswith(own):
            self._changes.append((reshape, tuple([self.sizes[c] if c in own else 1 for c in labels])))
        return self.change()


def _product(a: _Layout, b: _Layout, wanted: set[str], output: str, number: int) -> tuple[_Product, _Layout]:
    """The product of two arrays, summed over what is not wanted: one matrix product, or an elementwise one."""
    a.summed(wanted.union(b.labels))
    b.summed(wanted.union(a.labels))
    shared = [c for c in a.labels if c in b.labels]
    summed = "".join(c for c in shared if c not in wanted)
    batch = "".join(c for c in shared if c in wanted)
    free_a = "".join(c for c in a.labels if c not in shared)
    free_b = "".join(c for c in b.labels if c not in shared)
    if not summed:
        labels = "".join(sorted(batch + free_a + free_b, key=lambda c: (c not in output, output.find(c))))
        product = _Product(a.number, b.number, a.aligned(labels), b.aligned(labels), _multiplied, ())
    else:
        if free_a and free_b and output.find(free_b[0]) < output.find(free_a[0]):
            a, b, free_a, free_b = b, a, free_b, free_a  # so that the result needs no transposition
        labels = batch + free_a + free_b
        is_merged = len(free_a) != 1 or len(free_b) != 1
        change: Change = ((reshape, a.lengths(labels)),) if is_merged else ()
        left, right = a.as_matrices(batch, free_a, summed), b.as_matrices(batch, summed, free_b)
        product = _Product(a.number, b.number, left, right, matmul, change)
    return product, _Layout(number, labels, a.lengths(labels), a.sizes)


def _multiplied(a: Array, b: Array) -> Array:
    return a * b if rank(type(a)) < 0 and rank(type(b)) < 0 else multiply(a, b)


def _summed(x: Array, axes: tuple[int, ...]) -> Array:
    return sum(x, axis=axes, dtype=x.dtype if kind_of(x.dtype) == "i" else None)  # that of short integers stays short


def _diagonal(x: Array, _: None) -> Array:
    return diagonal(x)
