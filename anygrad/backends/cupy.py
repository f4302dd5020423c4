"""CuPy on CUDA devices. Nothing here imports CuPy before a CUDA device is asked for or a CuPy array shows up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from anygrad.backends import Backend, Dtype, register_backend
from anygrad.backends.generic import library
from anygrad.primitive import Array

INSTALL = "pip install 'anygrad[cuda13]' (or 'anygrad[cuda12]', by the CUDA version that nvidia-smi shows)"


class CupyBackend(Backend):
    """CuPy: its devices are called cuda, cuda:1, ...; its dtypes are NumPy's."""

    def native_dtype(self, dtype: Dtype) -> Dtype:
        return dtype

    def device_of(self, array: Array) -> str:
        return self.device_name(str(array.device.id))

    def device_name(self, short: str) -> str:
        return "cuda" if short == "0" else f"cuda:{short}"

    def asarray(self, value: Any, dtype: Dtype | None, device: str, copy: bool | None = None) -> Array:
        import cupy  # type: ignore[import-not-found]

        with self.devices[device]:
            if isinstance(value, cupy.ndarray) and value.device != self.devices[device]:
                value = value.copy()  # a copy lands on the current device
            return cupy.array(value, dtype=dtype) if copy else cupy.asarray(value, dtype=dtype)

    def to_numpy(self, array: Array) -> Any:
        return array.get()


def _devices() -> Mapping[str, Any]:
    import cupy

    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise RuntimeError(f"no usable CUDA device: {error}") from error
    return {str(i): cupy.cuda.Device(i) for i in range(count)}


def _array_types() -> list[type]:
    import cupy

    return [cupy.ndarray]


def _synchronize() -> None:
    import cupy

    cupy.cuda.get_current_stream().synchronize()


cupy = register_backend(
    "cupy",
    namespace=library("array_api_compat.cupy"),
    array_types=_array_types,
    devices=_devices,
    default_device="0",
    mutable=True,
    synchronize=_synchronize,
    install=INSTALL,
    backend_class=CupyBackend,
)


@cupy.implement("chain")
def _chain(g: Array, partial: Array) -> Array:
    return _chain_kernel()(g, partial)


_kernels: dict[str, Any] = {}


def _chain_kernel() -> Any:
    import cupy

    if "chain" not in _kernels:
        # One launch, no branch on the host: the mask is part of the product.
        _kernels["chain"] = cupy.ElementwiseKernel(
            "T g, T partial",
            "T product",
            "product = (g == T(0) && !isfinite(partial)) ? T(0) : g * partial",
            "anygrad_chain",
        )
    return _kernels["chain"]


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


@cupy.implement("index_set")
def _index_set(x: Array, values: Array, key: Any) -> Array:
    out = x.copy(order="C")
    out[key] = values
    return out


@cupy.implement("index_iadd")
def _index_iadd(x: Array, values: Array, key: Any) -> Array:
    import cupyx  # type: ignore[import-not-found]

    if not any(hasattr(part, "dtype") and part.dtype != bool for part in (key if type(key) is tuple else (key,))):
        x[key] += values
    elif x.dtype.kind == "c":  # CuPy's scatter-add has no complex: the two parts are added one by one
        cupyx.scatter_add(x.real, key, values.real)
        cupyx.scatter_add(x.imag, key, values.imag)
    else:
        cupyx.scatter_add(x, key, values)
    return x


@cupy.implement("index_add")
def _index_add(x: Array, values: Array, key: Any) -> Array:
    return _index_iadd(x.copy(order="C"), values, key)
