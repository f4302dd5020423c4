"""What a Tensor is made of, what a backward pass from it starts with, and what Tensors a gradient is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from anygrad.arrays.above import above
from anygrad.arrays.device import move, resolve
from anygrad.arrays.wrapper import Wrapper
from anygrad.backends import Dtype, numpy_dtype
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array, describe
from anygrad.core.types import rank, scalar_results
from anygrad.ops.creation import ones_like
from anygrad.ops.datatypes import astype

__all__ = ["as_array", "check_can_require_grad", "cotangent_of", "inputs_of"]


def as_array(data: Any, requires_grad: bool, dtype: Dtype | None, device: str | None) -> Array:
    """The raw array of a new Tensor."""
    if isinstance(data, Wrapper):  # inside out: what travels with the array would be lost
        raise TypeError(
            f"Tensor: data is a {type(data).__name__}, under a transform; use it as it is, or anygrad.asarray(x)"
        )
    if rank(type(data)) < 0:
        data = _from_python(data, requires_grad and dtype is None)
        data = move(data, resolve(device), dtype)
        device = None
    elif type(data) in scalar_results:
        data = scalar_results[type(data)](data)
    if device is not None:
        data = move(data, resolve(device))
    if dtype is not None and numpy_dtype(data.dtype) != dtype:
        data = astype(data, dtype)
    if requires_grad:
        check_can_require_grad(data)
    kind_of(data.dtype)  # which refuses what holds no numbers
    return data


def _from_python(data: Any, to_floating: bool) -> Any:
    """Numbers, and nested lists of them, as a NumPy array."""
    if _holds_arrays(data):
        raise TypeError("Tensor: data is a list that holds arrays or Tensors; write anygrad.stack([...]) to join them")
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ValueError(f"Tensor: data must be a rectangular list, given {describe(data)}") from error
    if array.dtype.kind not in "biufc":
        raise TypeError(
            f"Tensor: data must be an array of a known library, a number, or nested lists of numbers of some dtype, "
            f"given {type(data).__module__}.{type(data).__qualname__} {data!r:.60}"
        )
    return array.astype(np.float64) if to_floating and array.dtype.kind in "iu" else array


def _holds_arrays(data: Any) -> bool:
    return isinstance(data, list | tuple) and any(
        (rank(type(part)) >= 0 and type(part) not in scalar_results) or _holds_arrays(part) for part in data
    )


def check_can_require_grad(data: Array) -> None:
    """Refuse integers, which carry no gradient."""
    if kind_of(data.dtype) not in "fc":
        raise TypeError(
            f"requires_grad=True needs a floating dtype, given an array of {numpy_dtype(data.dtype)}; convert it, "
            f"as in Tensor(data, dtype=anygrad.float64, requires_grad=True)"
        )


def inputs_of(inputs: Any, tensor_type: type[Any]) -> dict[Any, Any]:
    """The Tensors that are to receive gradients, by their edges."""
    found: dict[Any, Any] = {}
    for i, tensor in enumerate([inputs] if isinstance(inputs, tensor_type) else list(inputs)):
        if not isinstance(tensor, tensor_type) or not tensor.requires_grad:
            given = (
                "does not require a gradient" if isinstance(tensor, tensor_type) else f"is a {type(tensor).__name__}"
            )
            raise ValueError(f"backward: inputs must be Tensors that require gradients; inputs[{i}] {given}")
        found[tensor.edge()] = tensor
    return found


def cotangent_of(x: Any, grad: Any, create_graph: bool) -> Any:
    """What a backward pass from a Tensor starts with, as one of its shape, dtype and device, or a refusal."""
    if grad is None:
        return x.rewrap(ones_like(x.data), None)
    if not isinstance(grad, above.tensor_type):
        if rank(type(grad)) > 0:
            raise TypeError(
                f"backward: grad is a {type(grad).__name__}, under a transform that the Tensor is not under, and that "
                f"x.grad would outlive; write out, pull = anygrad.vjp(f, x), and anygrad.vmap(pull)(grads)"
            )
        grad = above.tensor_type(grad) if rank(type(grad)) == 0 else above.tensor_type(grad, device=x.device)
    if grad.shape != x.shape:
        raise ValueError(f"backward: grad must have the Tensor's shape {x.shape}, given {grad.shape}")
    if grad.requires_grad and not create_graph:
        raise RuntimeError(
            "backward: grad itself requires a gradient, but create_graph=False would drop its graph; "
            "pass create_graph=True, or grad.detach()"
        )
    if grad.device != x.device:
        raise ValueError(
            f"backward: grad lives on {grad.device!r} and the Tensor on {x.device!r}; pass grad.to({x.device!r})"
        )
    if kind_of(grad.dtype) == "c" and kind_of(x.dtype) != "c":
        raise TypeError(f"backward: grad is {grad.dtype} and the Tensor {x.dtype}; pass its real part")
    return astype(grad, x.dtype) if grad.dtype != x.dtype else grad
