"""The other array libraries anygrad knows, each through the array API: PyTorch, JAX, Dask and array-api-strict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anygrad.backends import register_backend
from anygrad.backends.generic import library
from anygrad.primitive import Array

# --- PyTorch ----------------------------------------------------------------------------------------------------------


def _torch_types() -> list[type]:
    import torch

    return [torch.Tensor]


def _torch_devices() -> Mapping[str, Any]:
    import torch

    cuda = {f"cuda:{i}": torch.device("cuda", i) for i in range(torch.cuda.device_count())}
    return {"cpu": torch.device("cpu"), **cuda}


def _torch_to_numpy(x: Array) -> Any:
    return x.detach().cpu().numpy()


torch = register_backend(
    "torch",
    namespace=library("array_api_compat.torch"),
    array_types=_torch_types,
    devices=_torch_devices,
    mutable=True,
    to_numpy=_torch_to_numpy,
    install="pip install torch",
)


@torch.implement("getitem")
def _torch_getitem(x: Array, key: Any) -> Array:
    return x[key]


@torch.implement("index_set")
def _torch_index_set(x: Array, values: Array, key: Any) -> Array:
    out = x.clone()
    out[key] = values
    return out


@torch.implement("index_iadd")
def _torch_index_iadd(x: Array, values: Array, key: Any) -> Array:
    if any(hasattr(part, "dtype") for part in (key if isinstance(key, tuple) else (key,))):
        import torch

        positions = torch.arange(x.numel(), device=x.device).reshape(x.shape)[key]
        x.view(-1).index_add_(0, positions.reshape(-1), values.broadcast_to(positions.shape).reshape(-1))
    else:
        x[key] += values
    return x


@torch.implement("index_add")
def _torch_index_add(x: Array, values: Array, key: Any) -> Array:
    import torch

    return _torch_index_iadd(x.clone(memory_format=torch.contiguous_format), values, key)


# --- JAX --------------------------------------------------------------------------------------------------------------


def _jax_types() -> list[type]:
    import jax.numpy as jnp

    return [type(jnp.zeros(()))]


def _jax_devices() -> Mapping[str, Any]:
    import jax

    return {(d.platform if d.id == 0 else f"{d.platform}:{d.id}"): d for d in jax.devices()}


jax = register_backend(
    "jax",
    namespace=library("jax.numpy"),
    array_types=_jax_types,
    devices=_jax_devices,
    packages=("jax", "jaxlib"),
    install="pip install jax",
)


@jax.implement("new_arange")
def _jax_new_arange(x: Array, n: int) -> Array:
    import jax.numpy as jnp

    return jnp.arange(n, device=x.device)  # 64 bits wide only where JAX was told so: asking for it warns elsewhere


@jax.implement("getitem")
def _jax_getitem(x: Array, key: Any) -> Array:
    return x[key]


@jax.implement("index_set")
def _jax_index_set(x: Array, values: Array, key: Any) -> Array:
    return x.at[key].set(values)


@jax.implement("index_add")
def _jax_index_add(x: Array, values: Array, key: Any) -> Array:
    return x.at[key].add(values)


# --- array-api-strict: the standard and nothing else, with several devices, for tests ---------------------------------


def _strict_types() -> list[type]:
    import array_api_strict

    return [type(array_api_strict.zeros(()))]


def _strict_devices() -> Mapping[str, Any]:
    import array_api_strict

    names = {"cpu": "CPU_DEVICE", "device1": "device1", "device2": "device2"}
    return {short: array_api_strict.Device(name) for short, name in names.items()}


def _strict_to_numpy(x: Array) -> Any:
    import array_api_strict
    import numpy as np

    return np.asarray(x.to_device(array_api_strict.Device("CPU_DEVICE")))


strict = register_backend(
    "strict",
    namespace=library("array_api_strict"),
    array_types=_strict_types,
    devices=_strict_devices,
    packages=("array_api_strict",),
    mutable=True,
    to_numpy=_strict_to_numpy,
    install="pip install array-api-strict",
)

# --- Dask -------------------------------------------------------------------------------------------------------------


def _dask_types() -> list[type]:
    import dask.array

    return [dask.array.Array]


dask = register_backend(
    "dask",
    namespace=library("array_api_compat.dask.array"),
    array_types=_dask_types,
    install="pip install 'dask[array]'",
)
