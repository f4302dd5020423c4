"""What there is to say to CUDA devices alone: determinism, precision, memory, and transfers that do not wait.

Arrays on CUDA devices are CuPy's, and work as the rest does (``device="cuda"``, ``x.cuda()``). Nothing here imports
CuPy before it is called; where there is no CUDA device, what needs one raises the error of :func:`anygrad.device`.
"""

from __future__ import annotations

import contextlib
import threading
from types import TracebackType
from typing import Any

import numpy as np

from anygrad.arrays.device import resolve
from anygrad.arrays.wrapper import bottom
from anygrad.backends import backend_of, backends
from anygrad.backends.cupy import modes
from anygrad.core.primitive import Array, describe
from anygrad.core.types import rank
from anygrad.reverse.tensor import Tensor

__all__ = [
    "copy_to_host",
    "deterministic",
    "empty_cache",
    "get_matmul_precision",
    "memory_summary",
    "pin_memory",
    "set_matmul_precision",
]

# --- determinism ------------------------------------------------------------------------------------------------------


class deterministic(contextlib.ContextDecorator):
    """Add through repeated indices in the same order each time: ``with deterministic(): ...`` or ``@deterministic()``.

    A GPU adds the gradients of rows that were read several times, and what :func:`anygrad.index_add` and
    :func:`anygrad.segment_sum` add, as its threads get to it, so the last digits differ from run to run. In this block
    the values are sorted by place first and then added in the order they come in: a sort and about ``log2(n)`` passes
    over all ``n`` values, instead of one pass. Holds for the current thread; other libraries are not concerned.

    >>> with ag.cuda.deterministic():
    ...     x = ag.index_add(ag.zeros(2), 1.0, np.array([0, 0, 1]))
    >>> x
    Tensor([2., 1.])
    """

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(modes.deterministic)
        modes.deterministic = True

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        modes.deterministic = self._before.pop()


# --- precision --------------------------------------------------------------------------------------------------------

PRECISIONS = ("highest", "high", "medium")


def set_matmul_precision(precision: str) -> None:
    """How exactly matrices of float32 and complex64 are multiplied on CUDA, in all threads.

    Args:
        precision: ``"highest"``, CuPy's default, multiplies in float32. ``"high"`` rounds the factors to TF32, with the
            range of float32 and 10 bits of its 23, for several times the speed on tensor cores. ``"medium"`` may round
            to bfloat16; CuPy does not, so it is ``"high"``. These are the words of PyTorch's
            ``set_float32_matmul_precision``.

    CuPy rounds products of two matrices, or of a matrix and a vector; those of stacks of matrices stay in float32. On
    devices of a compute capability below 8.0 it warns, and rounds nothing. Products of float16 arrays are always summed
    in float32.

    Raises:
        ValueError: there is no such precision.
        ImportError, RuntimeError: CuPy or a CUDA device is missing.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"set_matmul_precision: precision must be one of {PRECISIONS}, given {precision!r}")
    resolve("cuda")
    from cupy._core import set_compute_type
    from cupy._core._routines_linalg import COMPUTE_TYPE_DEFAULT, COMPUTE_TYPE_TF32

    set_compute_type(np.float32, COMPUTE_TYPE_DEFAULT if precision == "highest" else COMPUTE_TYPE_TF32)


def get_matmul_precision() -> str:
    """The precision set by :func:`set_matmul_precision`, or by the environment variable ``CUPY_TF32``."""
    resolve("cuda")
    from cupy._core._routines_linalg import COMPUTE_TYPE_TF32, get_compute_type

    return "high" if get_compute_type(np.float32) == COMPUTE_TYPE_TF32 else "highest"


# --- memory -----------------------------------------------------------------------------------------------------------


def memory_summary(device: str = "cuda") -> str:
    """A table of a device's memory: what arrays use, what CuPy keeps for the next ones, and what is free.

    Raises:
        ValueError, ImportError, RuntimeError: the device is no CUDA device, or not usable here.
    """
    native = _native(device)
    import cupy

    pool = cupy.get_default_memory_pool()
    with native:
        free, total = cupy.cuda.runtime.memGetInfo()
        used, reserved = pool.used_bytes(), pool.total_bytes()
        name = cupy.cuda.runtime.getDeviceProperties(native.id)["name"].decode()
    rows = {
        "used by arrays": used,
        "kept for later arrays": reserved - used,
        "used by others": total - free - reserved,
        "free": free,
        "total": total,
    }
    lines = [f"  {what:22}{size / 2**20:12,.1f} MiB" for what, size in rows.items()]
    return "\n".join([f"{resolve(device).name}: {name}", *lines])


def empty_cache() -> None:
    """Give the memory that CuPy keeps for later arrays back to the devices and the host.

    It makes nothing faster: it is for other programs on the same device. Arrays in use stay where they are.

    Raises:
        ImportError, RuntimeError: CuPy or a CUDA device is missing.
    """
    resolve("cuda")
    import cupy

    for native in backends["cupy"].devices.values():
        with native:
            cupy.get_default_memory_pool().free_all_blocks()
    cupy.get_default_pinned_memory_pool().free_all_blocks()


# --- transfers --------------------------------------------------------------------------------------------------------

_arriving: list[tuple[Any, Any]] = []
"""Arrays on the host that are still being written to, each with the event after which it is not."""
_lock = threading.Lock()


def pin_memory(array: Array) -> Any:
    """A copy of an array on the host in page-locked memory, which a GPU reads without help: a NumPy array.

    ``Tensor(pinned, device="cuda")`` and ``Tensor(pinned).cuda()`` then only queue the copy on the current stream, and
    return. Do not write to the pinned array before that copy is made (:func:`anygrad.synchronize`, or an event); it is
    kept alive until then. An array in ordinary memory is copied twice, and may be written to at once.

    Args:
        array: a NumPy array, or a Tensor of one without a gradient.

    Raises:
        TypeError: it is no such array.
        ImportError, RuntimeError: CuPy or a CUDA device is missing.
    """
    resolve("cuda")
    import cupyx

    values = array.numpy() if isinstance(array, Tensor) and array.device == "cpu" else array
    if not isinstance(values, np.ndarray):
        raise TypeError(f"pin_memory: array must be a NumPy array or a Tensor on the CPU, given {describe(array)}")
    pinned = cupyx.empty_pinned(values.shape, values.dtype)
    np.copyto(pinned, values)
    return pinned


def copy_to_host(x: Array, out: Any = None) -> Any:
    """Start copying an array from a CUDA device to page-locked memory, and return the NumPy array at once.

    The copy is queued on the current stream. The numbers are there when the stream has got so far:
    after ``anygrad.synchronize("cuda")``, or a wait for an event. Until then ``out`` must be neither read nor written.

    Args:
        x: a CuPy array, or a Tensor of one without a gradient.
        out: an array of :func:`pin_memory` or of an earlier call, of the same shape and dtype, to be filled again.

    Raises:
        TypeError: ``x`` is not on a CUDA device, or ``out`` is of another dtype.
        ValueError: ``out`` is of another shape.
        RuntimeError: ``x`` requires a gradient, which NumPy would lose.
    """
    if isinstance(x, Tensor) and x.requires_grad:
        raise RuntimeError("copy_to_host: x requires a gradient, which NumPy would lose; pass x.detach()")
    raw = bottom(x)
    if rank(type(raw)) < 0 or backend_of(raw) is not backends["cupy"]:
        raise TypeError(f"copy_to_host: x must be an array on a CUDA device, given {describe(x)}")
    import cupy
    import cupyx

    out = cupyx.empty_pinned(raw.shape, raw.dtype) if out is None else out
    with raw.device:
        raw.get(out=out, blocking=False)
        done = cupy.cuda.get_current_stream().record()
    with _lock:
        _arriving[:] = [*((event, array) for event, array in _arriving if not event.done), (done, out)]
    return out


def _native(device: str) -> Any:
    """CuPy's device object of a name."""
    place = resolve(device)
    if place.backend is not backends["cupy"]:
        raise ValueError(f"device must be a CUDA device such as 'cuda:0', given {device!r}")
    return place.backend.devices[place.short]
