"""How an operation runs on a whole batch at once.

The counterpart of :mod:`anygrad.reverse.pullback` and :mod:`anygrad.forward.pushforward` for ``vmap``. A rule gets
operands, of which some have a batch axis in front, and gives a result that has it there too. Elementwise operations
need no rule: their operands are lined up, and broadcast. Of the others most share one of a few: the axes they name are
shifted by one, or they work on the last axes and let those in front alone.
"""

from __future__ import annotations

import builtins
import functools
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from anygrad.core.primitive import Array, Primitive
from anygrad.core.types import rank
from anygrad.ops import indexing
from anygrad.ops.joining import stack
from anygrad.ops.manipulation import broadcast_to, expand_dims, reshape

__all__ = [
    "BatchRule",
    "Params",
    "Unbatched",
    "batch_rule",
    "batch_rule_of",
    "is_array",
    "lined_up",
    "loop_rule",
    "own_ndim",
    "refused_rule",
    "shifted",
    "with_axis",
]

Params: TypeAlias = dict[str, Any]
BatchRule: TypeAlias = Callable[[Primitive, Sequence[Any], Sequence[bool], Params, int], Any]
"""``rule(op, operands, is_batched, params, size)``; the batch axis of an operand, where it has one, is the first."""


class Unbatched:
    """A result that is the same for every member of the batch."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


rules: dict[str, BatchRule] = {}
"""The rule of each operation that is not elementwise, by name."""


def batch_rule_of(op: Primitive) -> BatchRule:
    """The rule by which an operation runs on a batch; without one it runs member by member."""
    if op.batch_rule is not None:
        return _GIVEN.get(op.batch_rule) or _called(op.batch_rule)
    if op.key in rules:
        return rules[op.key]
    is_elementwise = op.kind == "elementwise" or op.__module__ == "anygrad.ops.logic"
    return _aligned_rule if is_elementwise else loop_rule


def batch_rule(*names: str) -> Callable[[BatchRule], BatchRule]:
    """Declare how some operations run on a batch."""

    def register(rule: BatchRule) -> BatchRule:
        rules.update(dict.fromkeys(names, rule))
        return rule

    return register


# --- pieces -----------------------------------------------------------------------------------------------------------


def is_array(x: Any) -> bool:
    """Whether an operand is an array, not a number."""
    return rank(type(x)) >= 0


def own_ndim(x: Any, is_batched: bool) -> int:
    """The number of axes of one member."""
    return len(x.shape) - is_batched if is_array(x) else 0


def with_axis(x: Array, is_batched: bool, size: int) -> Array:
    """The operand with a batch axis, if need be a broadcast one."""
    return x if is_batched else broadcast_to(x, (size, *x.shape))


def lined_up(operands: Sequence[Any], is_batched: Sequence[bool], ndim: int | None = None) -> tuple[Any, ...]:
    """Operands whose members broadcast: axes of length 1 inserted after the batch axis of those that have fewer."""
    most = builtins.max(map(own_ndim, operands, is_batched)) if ndim is None else ndim
    members = []
    for x, batched in zip(operands, is_batched):
        missing = most - own_ndim(x, batched)
        if batched and missing:
            x = reshape(x, (x.shape[0], *(1,) * missing, *x.shape[1:]))
        members.append(x)
    return tuple(members)


def shifted(axis: Any) -> Any:
    """An axis of a member, or several, as those of the batch; each is one that a member has (``batch/axes.py``)."""
    if isinstance(axis, tuple | list):
        return tuple(map(shifted, axis))
    return axis + 1 if axis >= 0 else axis


def _all_axes(x: Array) -> tuple[int, ...]:
    return tuple(range(1, len(x.shape)))


def _flat(x: Array) -> Array:
    return reshape(x, (x.shape[0], math.prod(x.shape[1:])))


# --- rules that many operations share ---------------------------------------------------------------------------------


def _aligned_rule(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    return op.apply(lined_up(operands, is_batched), params)


def loop_rule(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """Member by member, with a warning once."""
    _warn_of_loop(op.name)
    members = [
        op.apply(tuple(indexing.getitem(x, i) if b else x for x, b in zip(operands, is_batched)), params)
        for i in range(size)
    ]
    if op.outputs is not None:
        return tuple(stack(list(parts)) for parts in zip(*members))
    return stack(members)


def _called(rule: Callable[..., Any]) -> BatchRule:
    """A rule that was given from outside."""

    def run(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
        return rule(size, tuple(is_batched), *operands, **params)

    return run


def _leading(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """The members' axis is one more in front of those that it works on."""
    return op.apply(tuple(with_axis(x, b, size) if is_array(x) else x for x, b in zip(operands, is_batched)), params)


_GIVEN: dict[Any, BatchRule] = {"elementwise": _aligned_rule, "leading": _leading}


@functools.cache
def _warn_of_loop(name: str) -> None:
    warnings.warn(
        f"vmap: {name} has no batch rule and runs once for each member of the batch; give it one with {name}.vmap(...)",
        RuntimeWarning,
        stacklevel=2,
    )


for _name in ("where", "conj", "real", "imag", "from_parts", "copy", "settled_tangent"):
    rules[_name] = _aligned_rule


@batch_rule(
    *("zeros_like", "ones_like", "empty_like", "full_like", "sign", "astype", "to_device"),
    *("tril", "triu", "matrix_transpose", "diagonal", "inv", "pinv", "cholesky", "eigh", "eigvalsh", "eig", "eigvals"),
    *("svd", "svdvals", "qr", "det", "slogdet", "matrix_rank", "rounding", "is_hermitian"),
    *("polar_factor", "nuclear_norm", "matrix_function", "strong_products"),
)
def _same(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """Elementwise in the array operand, or on its last axes."""
    return op.apply(tuple(operands), params)


@batch_rule(
    *("up_to", "from_eigenvalues", "along_eigenvectors", "from_values", "along_vectors", "from_singular_values"),
    *("along_singular_vectors", "cofactors", "sylvester", "with_factors"),
)
def _stacked(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """On the last axes of operands which have the others in common."""
    return op.apply(tuple(x if b else expand_dims(x, axis=0) for x, b in zip(operands, is_batched)), params)


@batch_rule(
    "may_have_zero",
    "may_have_nan",
    "may_be_equal",
    "has_zero",
    "is_near_singular",
    "are_hermitian",
    "squarings",
    "new_zeros",
    "new_arange",
    "new_index",
)
def _like_one(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """About the array's library and device, or about all members."""
    return Unbatched(op.apply(tuple(operands), params))


@batch_rule(
    *("sum", "mean", "prod", "max", "min", "var", "std", "all", "any", "count_nonzero", "vector_norm", "flip"),
    *("std_beneath", "vector_norm_beneath"),
    *("logsumexp", "signed_logsumexp", "softmax", "log_softmax", "standardize"),
)
def _over_all(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """No axis means all of them."""
    axis = params["axis"]
    spread = [with_axis(x, b, size) for x, b in zip(operands, is_batched)]  # of several operands any may be the batch
    aligned = lined_up(spread, (True,) * len(spread))
    return op.apply(aligned, {**params, "axis": _all_axes(aligned[0]) if axis is None else shifted(axis)})


@batch_rule(
    "argmax", "argmin", "roll", "sort", "argsort", "cumulative_sum", "cumulative_prod", "expand_dims", "squeeze"
)
def _over_flattened(
    op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int
) -> Any:
    """No axis means the flattened array."""
    (x,) = operands
    axis = params["axis"]
    if axis is not None:
        return op.apply((x,), {**params, "axis": shifted(axis)})
    out = op.apply((_flat(x),), {**params, "axis": 1})
    if op.name == "roll":
        return reshape(out, tuple(x.shape))
    return reshape(out, (size, *(1,) * (len(x.shape) - 1))) if params.get("keepdims") else out


@batch_rule("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
def _along_one(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    return op.apply(tuple(operands), {**params, "axis": shifted(params["axis"])})


@batch_rule("fftn", "ifftn", "rfftn", "irfftn")
def _along_several(
    op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int
) -> Any:
    (x,) = operands
    axes = params["axes"]
    if axes is None:
        axes = tuple(range(-len(x.shape[1:] if params["s"] is None else params["s"]), 0))
    return op.apply((x,), {**params, "axes": shifted(tuple(axes))})


@batch_rule("nonzero", "unique_values", "unique_counts", "unique_inverse", "unique_all", "repeat")
def refused_rule(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """Not for batches: members would have results of different shapes."""
    raise TypeError("under vmap the shape of a result must not depend on values; use where() or a mask multiplied in")


# --- manipulation -----------------------------------------------------------------------------------------------------


@batch_rule("reshape")
def _reshape(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    shape = params["shape"]
    (x,) = operands
    shape = shape if isinstance(shape, tuple) else (shape,)
    if shape.count(-1) == 1:  # of an empty batch the library could not tell
        known = -math.prod(shape)
        shape = tuple(math.prod(x.shape[1:]) // builtins.max(known, 1) if n == -1 else n for n in shape)
    return op.apply((x,), {**params, "shape": (size, *shape)})


@batch_rule("broadcast_to")
def _broadcast_to(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    shape = tuple(params["shape"])
    return op.apply(lined_up(operands, is_batched, len(shape)), {**params, "shape": (size, *shape)})


@batch_rule("permute_dims")
def _permute_dims(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x,) = operands
    return op.apply((x,), {"axes": (0, *(a % (len(x.shape) - 1) + 1 for a in params["axes"]))})


@batch_rule("moveaxis")
def _moveaxis(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    x, source, destination = operands
    return op.apply((x, shifted(source), shifted(destination)), params)


@batch_rule("concat", "stack")
def _joined(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    parts = [with_axis(x, b, size) for x, b in zip(operands, is_batched)]
    if params["axis"] is None:
        return op.apply(tuple(map(_flat, parts)), {"axis": 1})
    return op.apply(tuple(parts), {"axis": shifted(params["axis"])})
