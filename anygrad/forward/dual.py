"""Forward mode: Dual, an array that carries a tangent."""

from __future__ import annotations

from typing import Any

from anygrad.arrays.magnitudes import smooth_powers
from anygrad.arrays.recording import restrictions, threshold
from anygrad.arrays.scalar import type_without_axes
from anygrad.arrays.wrapper import Wrapper, leaves_to, with_list
from anygrad.core.kinds import kinds
from anygrad.core.primitive import Array, Implementation, Primitive
from anygrad.core.types import register_type, scalar_results
from anygrad.forward.pushforward import pushforward_of

__all__ = ["Dual"]


class Dual(Wrapper, is_family=True):
    """An array and its tangent, the directional derivative that travels with it; made by :func:`anygrad.jvp`.

    Attributes:
        data: the array.
        tangent: of its shape and dtype; None where it is zero.
        born: the level of the transform that it belongs to.
    """

    __slots__ = ("__weakref__", "_origin", "_view", "born", "data", "tangent")

    _held = ("data", "tangent")

    data: Array
    tangent: Array | None

    def __init__(self, data: Array, tangent: Array | None) -> None:
        self.data = data
        self.tangent = tangent
        self.born = self.place.level

    def __repr__(self) -> str:
        return f"Dual({self.data!r}, tangent={self.tangent!r})"

    _described = "an array under jvp"

    @property
    def _carries(self) -> bool:
        return self.tangent is not None or super()._carries

    def _check_can_leave(self, what: str) -> None:
        if self.tangent is not None:
            raise RuntimeError(
                f"{what} of an array under jvp gives plain numbers, which would lose the derivative; to assign x into "
                f"an array make that with np.zeros(shape, like=x), for math.sin(x) write np.sin(x), and for the number "
                f"alone anygrad.stop_gradient(x).item()"
            )
        super()._check_can_leave(what)

    def _become(self, out: Any) -> None:
        # What is changed under no_grad keeps its tangent.
        kept = self.tangent if restrictions and threshold() > self.level and out.shape == self.shape else None
        super()._become(out)
        if self.tangent is None:
            self.tangent = kept

    def _holding(self, data: Any) -> Dual:
        return self.array_type(data, None)  # type: ignore[no-any-return]


def _handler(op: Primitive, dual_type: type[Dual]) -> Implementation:
    """The implementation of a primitive for the Duals of one level."""
    dual_type = dual_type.array_type
    scalar_type = type_without_axes(op, dual_type)
    place = dual_type.place
    push = None if op.kind == "none" else pushforward_of(op)
    is_binary = op.operands == ("x1", "x2")

    def run(*operands: Any, **params: Any) -> Any:
        if op.variadic:
            operands = (*operands[0], *operands[1:])
        elif is_binary and (leaves_to(operands[1], place.level) or isinstance(operands[0], list | tuple)):
            return with_list(op, *operands)
        is_ours = [dual_type.is_of_level(x) for x in operands]
        primals = tuple(x.data if ours else x for x, ours in zip(operands, is_ours))
        tangents = [x.tangent if ours else None for x, ours in zip(operands, is_ours)]
        out = op.apply_beneath(primals, params)
        tangent = None
        is_followed = not restrictions or threshold() <= place.level
        if push is not None and is_followed and any(t is not None for t in tangents) and _carries(out):
            tangent = push(primals, tangents, params, out)
        result = _wrapped(out, tangent, dual_type, scalar_type)
        if op.squared is not None and tangent is not None:
            held = [_wrapped(x, t, dual_type, scalar_type) for x, t in zip(primals, tangents)]
            result._origin = result.data, op.squared, held, params
        return result

    return smooth_powers(op, run, _magnitude_of)


def _magnitude_of(x: Any) -> Any:
    """The square of a magnitude as a smooth function, with its operands and parameters; None of anything else."""
    origin = getattr(x, "_origin", None)
    return origin[1:] if origin is not None and origin[0] is x.data else None  # if it has not been written to


def _carries(out: Any) -> bool:
    parts = out if isinstance(out, tuple) else (out,)
    return any(kinds[part.dtype] in "fc" for part in parts)


def _wrapped(out: Any, tangent: Any, dual_type: type[Dual], scalar_type: type[Dual]) -> Any:
    if isinstance(out, tuple):
        tangents = (None,) * len(out) if tangent is None else tangent
        parts = [_wrapped(part, t, dual_type, scalar_type) for part, t in zip(out, tangents)]
        return type(out)(*parts) if hasattr(out, "_fields") else tuple(parts)
    if not hasattr(out, "shape"):
        return out
    if type(out) in scalar_results:
        out = scalar_results[type(out)](out)
    return (dual_type if out.shape else scalar_type)(out, tangent)


register_type(Dual, _handler, lambda dual: dual.device)
