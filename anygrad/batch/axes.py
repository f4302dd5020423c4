"""What a call says of axes, held against those of a member before any rule shifts one.

Rules hand a whole batch to operations that know of no batch. An axis that a member does not have would be the batch's
there, and a vector where a matrix is due would be one of the batch's rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numpy.lib.array_utils import normalize_axis_tuple

from anygrad.batch.rules import Params, own_ndim
from anygrad.core.primitive import Primitive

__all__ = ["axes_check"]

Check = Callable[[Sequence[Any], Sequence[bool], Params], None]

FEWEST = {
    **dict.fromkeys(("tril", "triu", "matrix_transpose", "diagonal", "solve", "svd", "svdvals", "qr", "pinv"), (2,)),
    **dict.fromkeys(("inv", "cholesky", "det", "slogdet", "eig", "eigh", "eigvals", "eigvalsh", "matrix_rank"), (2,)),
    **dict.fromkeys(("matmul", "strong_matmul", "convolve"), (1, 1)),
}
"""How many axes each operand needs at least, where an operation works on the last ones without being told which."""

COUNTED: dict[str, Callable[[list[int], tuple[int, ...]], int]] = {
    "expand_dims": lambda ndims, axes: ndims[0] + len(axes),
    "stack": lambda ndims, axes: ndims[0] + 1,
    "take": lambda ndims, axes: ndims[0],
    "take_along_axis": lambda ndims, axes: ndims[0],
    "vecdot": lambda ndims, axes: min(ndims),
}
"""Among how many axes those are that a call names, if not among those of the operand that has most."""

OPERANDS = {"moveaxis": 2}
"""How many operands at the end are axes."""


def axes_check(op: Primitive) -> Check | None:
    """What refuses a call that names axes which a member does not have, or None of an operation that names none.

    The check raises :class:`numpy.exceptions.AxisError` of an axis, and ValueError of an operand with too few.
    """
    fewest, at_end = FEWEST.get(op.name, ()), OPERANDS.get(op.name, 0)
    named = next((name for name in ("axis", "axes") if name in op.defaults and op.name != "tensordot"), None)
    if not (fewest or named or at_end):
        return None
    counted = COUNTED.get(op.name, lambda ndims, axes: max(ndims))

    def check(operands: Sequence[Any], is_batched: Sequence[bool], params: Params) -> None:
        ndims = [own_ndim(x, batched) for x, batched in zip(operands, is_batched)]
        for ndim, least in zip(ndims, fewest):
            if ndim < least:
                raise ValueError(f"an operand with {least} axes or more is needed; under vmap a member has {ndim}")
        if getattr(params.get("rtol"), "shape", ()) and len(params["rtol"].shape) > ndims[0] - 2:
            raise ValueError(f"rtol has more axes than there are matrices in a member, which has {ndims[0]} axes")
        for axes in (*operands[len(operands) - at_end :], *([] if named is None else [params[named]])):
            if axes is not None:
                axes = tuple(axes) if isinstance(axes, tuple | list) else (axes,)
                normalize_axis_tuple(axes, counted(ndims, axes), allow_duplicate=True)  # type: ignore[no-untyped-call]

    return check
