"""Products of any number of arrays, written in Einstein's notation."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

from anygrad.ops.datatypes import kind_of
from anygrad.ops.elementwise import multiply
from anygrad.ops.linalg.products import diagonal, matmul
from anygrad.ops.manipulation import permute_dims, reshape
from anygrad.ops.reductions import sum
from anygrad.primitive import Array, describe, rank

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
    shapes = tuple(tuple(getattr(x, "shape", ())) for x in operands)
    strategy = optimize if isinstance(optimize, bool | str) else tuple(map(tuple, optimize))
    plan = _planned(subscripts, shapes, strategy)
    terms = [_Term(x, labels)._reduced(plan.sizes) for x, labels in zip(operands, plan.inputs)]
    for step in plan.path:
        chosen = [terms[i] for i in step]
        terms = [term for i, term in enumerate(terms) if i not in step]
        wanted = set(plan.output).union(*(term.labels for term in terms))
        terms.append(functools.reduce(functools.partial(_product, wanted=wanted, output=plan.output), chosen))
    (result,) = terms
    if rank(type(result.array)) < 0:
        raise TypeError(f"einsum: at least one operand must be an array, given {', '.join(map(describe, operands))}")
    return result._summed(plan.output)._ordered(plan.output).array


# --- reading subscripts -----------------------------------------------------------------------------------------------
#
# A label is one character: a letter, or for the axes that ``...`` stands for one of these, counted from the last axis.

DOTS = "".join(chr(0x2080 + i) for i in range(64))[::-1]


class _Plan(NamedTuple):
    inputs: tuple[str, ...]
    output: str
    sizes: dict[str, int]
    path: Path


@functools.lru_cache(maxsize=1024)
def _planned(subscripts: str, shapes: Shapes, strategy: bool | str | Path) -> _Plan:
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise ValueError(f"einsum: {subscripts!r} names {len(terms)} operands, and {len(shapes)} are given")
    inputs = tuple(_labels(subscripts, i, term, len(shape)) for i, (term, shape) in enumerate(zip(terms, shapes)))
    output = _output(subscripts, inputs, right if arrow else None)
    sizes = _sizes(subscripts, inputs, shapes)
    # An axis of length 1 that broadcasts is as good as none.
    present = tuple("".join(c for c, n in zip(labels, shape) if n == sizes[c]) for labels, shape in zip(inputs, shapes))
    distinct = tuple("".join(dict.fromkeys(labels)) for labels in present)
    return _Plan(inputs, output, sizes, _path(distinct, output, sizes, strategy))


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
            f"einsum: optimize={strategy!r} is a strategy of opt_einsum; install it with: pip install 'anygrad[einsum]'"
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


# --- one step ---------------------------------------------------------------------------------------------------------


class _Term(NamedTuple):
    """An array (or a number) and the labels of its axes, of which no two are equal once it is reduced."""

    array: Array
    labels: str

    def _reduced(self, sizes: dict[str, int]) -> _Term:
        """Diagonals taken, and axes of length 1 that broadcast left out."""
        array, labels = self
        while len(set(labels)) < len(labels):
            twice = next(c for c in labels if labels.count(c) > 1)
            i, j = [k for k, c in enumerate(labels) if c == twice][:2]
            rest = [k for k in range(len(labels)) if k not in (i, j)]
            array = diagonal(permute_dims(array, (*rest, i, j)))
            labels = "".join(labels[k] for k in rest) + twice
        kept = [k for k, c in enumerate(labels) if array.shape[k] == sizes[c]]
        if len(kept) < len(labels):
            array = reshape(array, tuple(array.shape[k] for k in kept))
            labels = "".join(labels[k] for k in kept)
        return _Term(array, labels)

    def _summed(self, wanted: str | set[str]) -> _Term:
        """The sum over the labels that are not wanted."""
        axes = tuple(k for k, c in enumerate(self.labels) if c not in wanted)
        if not axes:
            return self
        dtype = self.array.dtype if kind_of(self.array.dtype) == "i" else None  # a sum of short integers would be long
        return _Term(sum(self.array, axis=axes, dtype=dtype), "".join(c for c in self.labels if c in wanted))

    def _ordered(self, labels: str) -> _Term:
        if labels == self.labels:
            return self
        return _Term(permute_dims(self.array, tuple(map(self.labels.index, labels))), labels)

    def _split(self, *groups: str) -> Array:
        """The array with the axes of each group made one, in the order of the groups; of a first group each is kept."""
        ordered = self._ordered("".join(groups)).array
        batch, *merged = groups
        if all(len(group) == 1 for group in merged):
            return ordered
        lengths = iter(ordered.shape)
        kept = [next(lengths) for _ in batch]
        return reshape(ordered, (*kept, *(math.prod(next(lengths) for _ in group) for group in merged)))


def _product(a: _Term, b: _Term, *, wanted: set[str], output: str) -> _Term:
    """The product of two terms, summed over what is not wanted: one matrix product, or an elementwise one."""
    a, b = a._summed(wanted.union(b.labels)), b._summed(wanted.union(a.labels))
    shared = [c for c in a.labels if c in b.labels]
    summed = "".join(c for c in shared if c not in wanted)
    batch = "".join(c for c in shared if c in wanted)
    if not summed:
        return _elementwise_product(a, b, output)
    free_a = "".join(c for c in a.labels if c not in shared)
    free_b = "".join(c for c in b.labels if c not in shared)
    if free_a and free_b and output.find(free_b[0]) < output.find(free_a[0]):
        a, b, free_a, free_b = b, a, free_b, free_a  # so that the result needs no transposition
    product = matmul(a._split(batch, free_a, summed), b._split(batch, summed, free_b))
    lengths = dict(zip(a.labels + b.labels, (*a.array.shape, *b.array.shape)))
    labels = batch + free_a + free_b
    if len(free_a) != 1 or len(free_b) != 1:
        product = reshape(product, tuple(lengths[c] for c in labels))
    return _Term(product, labels)


def _elementwise_product(a: _Term, b: _Term, output: str) -> _Term:
    if rank(type(a.array)) < 0 and rank(type(b.array)) < 0:
        return _Term(a.array * b.array, "")
    found = a.labels + "".join(c for c in b.labels if c not in a.labels)
    labels = "".join(sorted(found, key=lambda c: (c not in output, output.find(c))))
    return _Term(multiply(_aligned(a, labels), _aligned(b, labels)), labels)


def _aligned(term: _Term, labels: str) -> Array:
    """The array with an axis of length 1 for each label that it lacks."""
    if not term.labels:
        return term.array
    ordered = term._ordered("".join(c for c in labels if c in term.labels)).array
    lengths = iter(ordered.shape)
    return reshape(ordered, tuple(next(lengths) if c in term.labels else 1 for c in labels))
