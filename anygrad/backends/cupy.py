"""CuPy on CUDA devices. Nothing here imports CuPy before a CUDA device is asked for or a CuPy array shows up."""

from __future__ import annotations

import cmath
import functools
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from anygrad.backends import Backend, Dtype, backends, register_backend
from anygrad.backends.fusion import fused_pullbacks
from anygrad.backends.generic import add_in_order, check_can_hold, library, spread
from anygrad.core.primitive import Array, Implementation, Primitive
from anygrad.core.types import SCALARS
from anygrad.ops import convolutions  # noqa: F401  which states an operation that is overridden here

INSTALL = "pip install 'cupy-cuda13x[ctk]' (or 'cupy-cuda12x[ctk]', by the CUDA version that nvidia-smi shows)"


class _Modes(threading.local):
    """Per thread: whether sums through repeated indices are made in the same order each time."""

    deterministic = False


modes = _Modes()


class CupyBackend(Backend):
    """CuPy: its devices are called cuda, cuda:1, ...; its dtypes are NumPy's."""

    def native_dtype(self, dtype: Dtype) -> Dtype:
        return dtype

    def device_of(self, array: Array) -> str:
        return self.device_name(str(array.device.id))

    def device_name(self, short: str) -> str:
        return "cuda" if short == "0" else f"cuda:{short}"

    def implementation(self, op: Primitive, array_type: type) -> Implementation:
        # Late, for what writes kernels is not needed where there is no CUDA.
        from anygrad.backends.fusion.derivatives import fused_default, fused_pullback

        function = super().implementation(op, array_type)
        several = len(self.devices) > 1
        # CuPy works on the current device, and puts results there, wherever its operands are.
        fused_pullbacks[array_type] = _where_operands_are(fused_pullback) if several else fused_pullback
        if function is op.default:
            function = fused_default(op) or function
        return _where_operands_are(function) if several and function is not op.default else function

    def asarray(self, value: Any, dtype: Dtype | None, device: str, copy: bool | None = None) -> Array:
        import cupy

        with self.devices[device]:
            if isinstance(value, cupy.ndarray) and value.device != self.devices[device]:
                value, copy = _across(value), None
            return cupy.array(value, dtype=dtype) if copy else cupy.asarray(value, dtype=dtype)

    def make(self, function: str, *args: Any, short: str, **options: Any) -> Array:
        with self.devices[short]:  # array-api-compat takes a device for CuPy, and does not go there
            return super().make(function, *args, short=short, **options)

    def generator(self, seed: Any, short: str) -> CupyGenerator:
        return CupyGenerator(seed, self.devices[short])

    writes_in_place = True

    def owns_memory(self, array: Array) -> bool:
        return array.base is None and bool(array.flags.owndata)

    def copied(self, array: Array) -> Array:
        return array.copy(order="K")

    def to_numpy(self, array: Array) -> Any:
        return array.get()


def _across(x: Array) -> Array:
    """A copy on the current device.

    It waits for what the stream of the array's own device was given before, and that stream, which may hand the array's
    memory to somebody else, for it. CUDA goes through the host where the one device cannot reach the other's memory.
    """
    import cupy

    here = cupy.cuda.get_current_stream()
    with x.device:
        there = cupy.cuda.get_current_stream()
        x = cupy.ascontiguousarray(x)
        ready = there.record()
    here.wait_event(ready)
    copied = x.copy()
    done = here.record()
    with x.device:
        there.wait_event(done)
    return copied


def _where_operands_are(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function run on the device of its arrays, which must be one."""
    import cupy

    @functools.wraps(function)
    def run(*args: Any, **params: Any) -> Any:
        device = None
        for array in _arrays(args, cupy.ndarray):
            if device is not None and array.device != device:
                raise ValueError(f"arrays on {device} and on {array.device}")
            device = array.device
        if device is None or device.id == cupy.cuda.runtime.getDevice():
            return function(*args, **params)
        with device:
            return function(*args, **params)

    return run


def _arrays(args: Iterable[Any], array_type: type) -> Iterable[Array]:
    for arg in args:
        if isinstance(arg, array_type):
            yield arg
        elif isinstance(arg, list | tuple):
            yield from _arrays(arg, array_type)


class CupyGenerator:
    """Draws arrays on one device, by CuPy's generator there: the source of :class:`anygrad.random.Generator`."""

    def __init__(self, seed: Any, device: Any) -> None:
        import cupy

        self._device = device
        with device:  # where its state lies, and where alone it can draw
            self._generator = cupy.random.default_rng(seed)

    def __call__(self, distribution: str, *args: Any, **options: Any) -> Array:
        import cupy

        with self._device:
            if distribution == "permutation":  # which CuPy's generator lacks
                return cupy.argsort(self._generator.random(*args))
            return getattr(self._generator, distribution)(*args, **options)


def _devices() -> Mapping[str, Any]:
    import cupy

    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise RuntimeError(f"no usable CUDA device, or no driver as new as this CuPy: {error}") from error
    try:
        cupy.cuda.nvrtc.getVersion()  # nothing runs without the compiler, which a driver alone does not bring
    except Exception as error:  # of the finder that CuPy uses, and of the loader
        reason = " ".join(str(error).split())
        raise ImportError(f"the CUDA libraries are not installed ({reason}); install them with: {INSTALL}") from error
    return {str(i): cupy.cuda.Device(i) for i in range(count)}


def _array_types() -> list[type]:
    import cupy

    return [cupy.ndarray]


def _synchronize(device: Any) -> None:
    device.synchronize()


cupy = register_backend(
    "cupy",
    namespace=library("array_api_compat.cupy"),
    array_types=_array_types,
    devices=_devices,
    default_device="0",
    mutable=True,
    synchronize=_synchronize,
    special=library("cupyx.scipy.special"),
    install=INSTALL,
    backend_class=CupyBackend,
)


@cupy.implement("chain")
def _chain(g: Array, partial: Array) -> Array:
    import cupy

    if type(partial) in SCALARS and cmath.isfinite(partial):
        return cupy.multiply(g, partial)
    if type(g) in SCALARS or type(partial) in SCALARS:
        dtype = np.result_type(getattr(g, "dtype", g), getattr(partial, "dtype", partial))
        g, partial = cupy.asarray(g, dtype), cupy.asarray(partial, dtype)
    if partial.dtype.kind == "b":
        return cupy.where(partial, g, g.dtype.type(0))
    if g.dtype != partial.dtype:
        dtype = np.result_type(g.dtype, partial.dtype)
        g, partial = g.astype(dtype, copy=False), partial.astype(dtype, copy=False)
    return _chain_kernel()(g, partial)


@functools.cache
def _chain_kernel() -> Any:
    import cupy

    # One launch, no branch on the host: the mask is part of the product.
    return cupy.ElementwiseKernel(
        "T g, T partial",
        "T product",
        "product = (g == T(0) && !isfinite(partial)) ? T(0) : T(g * partial)",
        "anygrad_chain",
    )


@cupy.implement("new_zeros")
def _new_zeros(x: Array, shape: tuple[int, ...]) -> Array:
    import cupy

    with x.device:
        return cupy.zeros(shape, x.dtype)


@cupy.implement("new_arange")
def _new_arange(x: Array, n: int) -> Array:
    import cupy

    with x.device:
        return cupy.arange(n, dtype=np.int64)


@cupy.implement("copy")
def _copy(x: Array) -> Array:
    return x.copy(order="C")


@cupy.implement("getitem")
def _getitem(x: Array, key: Any) -> Array:
    return x[key]


def _has_integer_array(key: Any) -> bool:
    return any(hasattr(part, "dtype") and part.dtype != bool for part in (key if type(key) is tuple else (key,)))


@cupy.implement("index_set")
def _index_set(x: Array, values: Array, key: Any) -> Array:
    check_can_hold(x, values)
    if getattr(key, "dtype", None) == np.bool_ and key.shape == x.shape and np.ndim(values) == 0:
        return _where_masked(x, values, key)
    out = x.copy(order="C")
    if not _has_integer_array(key):
        out[key] = values
        return out
    import cupy

    # Writing through repeated indices has no order on a GPU; the largest of the writers' numbers has.
    shape = x[key].shape
    values = cupy.broadcast_to(cupy.asarray(values, dtype=x.dtype), shape).reshape(-1)
    if not values.size:
        return out
    numbers = cupy.arange(1, values.size + 1, dtype=np.uint64).reshape(shape)
    writer = cupy.zeros(x.shape, np.uint64)
    cupy.maximum.at(writer, key, numbers)
    return cupy.where(writer > 0, values[writer.astype(np.int64) - 1], out)


def _where_masked(x: Array, value: Any, mask: Array) -> Array:
    """A copy of x with one value where a mask says; CuPy would count the mask's elements on the host first."""
    import cupy

    return cupy.where(cupy.asarray(mask), cupy.asarray(value).astype(x.dtype, copy=False), x)


@cupy.implement("index_iset")
def _index_iset(x: Array, values: Array, key: Any) -> Array:
    if _has_integer_array(key) or hasattr(key, "dtype"):
        return _index_set(x, values, key)
    check_can_hold(x, values)
    x[key] = values
    return x


@cupy.implement("index_iadd")
def _index_iadd(x: Array, values: Array, key: Any) -> Array:
    import cupy

    if key is ...:
        x += values
    elif not _has_integer_array(key):
        x[key] += values
    elif modes.deterministic and x.dtype.kind in "fc":  # of integers any order gives the same sum
        xp = backends["cupy"].namespace
        at = cupy.arange(x.size).reshape(x.shape)[key]
        x[...] = add_in_order(xp, x, spread(xp, x, values, at.shape), at)
    elif x.dtype.kind == "c":  # CuPy's scatter-add has no complex: the two parts are added one by one
        values = cupy.asarray(values, dtype=x.dtype)
        cupy.add.at(x.real, key, values.real)
        cupy.add.at(x.imag, key, values.imag)
    elif x.dtype.kind == "f":
        cupy.add.at(x, key, values)
    else:  # nor signed integers of 64 bits, which add up as unsigned ones do, nor short ones
        total = cupy.zeros(x.shape, np.uint64)
        cupy.add.at(total, key, cupy.asarray(values).astype(np.int64).view(np.uint64))
        x += total.view(np.int64).astype(x.dtype)
    return x


@cupy.implement("index_add")
def _index_add(x: Array, values: Array, key: Any) -> Array:
    return _index_iadd(x.copy(order="C"), values, key)


@cupy.implement("convolve")
def _convolve(x1: Array, x2: Array, mode: Any) -> Array:
    import cupy

    return cupy.convolve(x1, x2, mode)
