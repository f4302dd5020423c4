"""The other array libraries anygrad knows, each through the array API: PyTorch, JAX, Dask and array-api-strict."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from anygrad.backends import Backend, register_backend
from anygrad.backends.generic import check_can_hold, fitted, has_array, library, positions, spread
from anygrad.backends.special import scipy_special
from anygrad.backends.special_values import mend_special_values
from anygrad.core.keys import is_split
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array
from anygrad.core.types import SCALARS
from anygrad.ops import convolutions
from anygrad.ops.elementwise import chain
from anygrad.ops.indexing import each_along, getitem
from anygrad.ops.linalg._matrices import from_lower
from anygrad.ops.linalg.products import without_zeros

# --- PyTorch ----------------------------------------------------------------------------------------------------------


def _torch_types() -> list[type]:
    import torch

    return [torch.Tensor]


def _torch_devices() -> Mapping[str, Any]:
    import torch

    cuda = {f"cuda:{i}": torch.device("cuda", i) for i in range(torch.cuda.device_count())}
    return {"cpu": torch.device("cpu"), **cuda}


def _torch_asarray(value: Any, *, dtype: Any, device: Any, copy: bool | None) -> Array:
    if isinstance(value, np.ndarray) and (not value.flags.writeable or min(value.strides, default=0) < 0):
        value = value.copy()  # PyTorch shares the memory of writable arrays alone, and has no negative strides
    return torch.namespace.asarray(value, dtype=dtype, device=device, copy=copy)


def _torch_to_numpy(x: Array) -> Any:
    return x.detach().resolve_conj().resolve_neg().cpu().numpy()


def _torch_synchronize(device: Any) -> None:
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _torch_special() -> Any:
    import torch
    from torch import special

    def of_tensors(function: Callable[..., Array]) -> Callable[..., Array]:
        """A function of two arrays that takes no Python numbers."""

        def run(x1: Any, x2: Any) -> Array:
            model = x1 if isinstance(x1, torch.Tensor) else x2
            return function(*(x if isinstance(x, torch.Tensor) else model.new_tensor(x) for x in (x1, x2)))

        return run

    scipys_names = {
        "j0": special.bessel_j0,
        "j1": special.bessel_j1,
        "y0": special.bessel_y0,
        "y1": special.bessel_y1,
        "k0": special.modified_bessel_k0,
        "k1": special.modified_bessel_k1,
        "k0e": special.scaled_modified_bessel_k0,
        "k1e": special.scaled_modified_bessel_k1,
        "gammainc": of_tensors(special.gammainc),
        "gammaincc": of_tensors(special.gammaincc),
    }
    return SimpleNamespace(**{**vars(special), **scipys_names})


class _TorchBackend(Backend):
    """PyTorch, whose arrays count the writes to them."""

    def mark(self, array: Array) -> Any:
        return None if array.is_inference() else array._version


torch = register_backend(
    "torch",
    backend_class=_TorchBackend,
    namespace=library("array_api_compat.torch"),
    array_types=_torch_types,
    devices=_torch_devices,
    mutable=True,
    asarray=_torch_asarray,
    to_numpy=_torch_to_numpy,
    synchronize=_torch_synchronize,
    special=_torch_special,
    install="pip install torch",
)


def _steps_back(key: Any) -> bool:
    """Whether a key has a slice with a negative step, which PyTorch does not take."""
    parts = key if isinstance(key, tuple) else (key,)
    return any(isinstance(part, slice) and part.step is not None and part.step < 0 for part in parts)


def _has_order_of_its_own(key: Any) -> bool:
    """Whether PyTorch puts axes elsewhere than NumPy: integers are no index arrays to it, an empty ... is nothing."""
    if not isinstance(key, tuple) or not has_array(key) or not is_split(key):
        return False
    return any(part is ... or isinstance(part, int) or getattr(part, "shape", None) == () for part in key)


@torch.implement("getitem")
def _torch_getitem(x: Array, key: Any) -> Array:
    if _steps_back(key) or _has_order_of_its_own(key):
        return x.reshape(-1)[positions(torch.namespace, x, key)]
    return x[key]


@torch.implement("copy")
def _torch_copy(x: Array) -> Array:
    import torch as library

    return x.clone(memory_format=library.contiguous_format)


@torch.implement("index_set")
def _torch_index_set(x: Array, values: Array, key: Any) -> Array:
    import torch as library

    out = x.clone(memory_format=library.contiguous_format)
    if not has_array(key) and not _steps_back(key):
        check_can_hold(x, values)
        out[key] = values
        return out
    # Writing through repeated indices has no order in PyTorch; the largest of the writers' numbers has.
    at = positions(torch.namespace, x, key)
    values = spread(torch.namespace, x, values, at.shape).reshape(-1)
    numbers = library.arange(1, at.numel() + 1, device=x.device)
    writer = library.zeros(x.numel(), dtype=library.int64, device=x.device)
    writer = writer.scatter_reduce(0, at.reshape(-1), numbers, reduce="amax")
    writer = writer.reshape(x.shape)
    return library.where(writer > 0, values[writer - 1], x) if at.numel() else out


@torch.implement("chain")
def _torch_chain(g: Array, partial: Array) -> Array:
    import torch as library

    if type(partial) in SCALARS or type(g) in SCALARS:
        return chain.default(g, partial)  # type: ignore[misc]
    if partial.dtype == library.bool:
        return library.where(partial, g, library.zeros_like(g))
    product = g * partial
    if product.device.type == "cpu":  # where looking at a number waits for nothing
        total = product.sum()
        if total == total:
            return product
    return library.where((g != 0) | partial.isfinite(), product, library.zeros_like(product))


@torch.implement("may_have_nan")
def _torch_may_have_nan(x: Array) -> bool:
    if x.device.type != "cpu":
        return True
    total = x.sum()
    return bool(total != total)


@torch.implement("strong_matmul")
def _torch_strong_matmul(x1: Array, x2: Array) -> Array:
    product = torch.namespace.matmul(x1, x2)
    is_seen = product.device.type == "cpu" and _torch_may_have_nan(product)
    return without_zeros(product, x1, x2) if is_seen else product


@torch.implement("std")
def _torch_std(x: Array, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Array:
    # The namespace's own refuses corrections that are no integers; its var takes them.
    return torch.namespace.var(x, axis=axis, correction=correction, keepdims=keepdims).sqrt()


@torch.implement("index_iadd")
def _torch_index_iadd(x: Array, values: Array, key: Any) -> Array:
    if has_array(key) or _steps_back(key):
        at = positions(torch.namespace, x, key)
        values = spread(torch.namespace, x, values, at.shape)
        x = x.contiguous()
        x.view(-1).index_add_(0, at.reshape(-1), values.reshape(-1))
    else:
        check_can_hold(x, values)
        x[key] += values
    return x


@torch.implement("index_add")
def _torch_index_add(x: Array, values: Array, key: Any) -> Array:
    import torch

    return _torch_index_iadd(x.clone(memory_format=torch.contiguous_format), values, key)


@torch.implement("conv")
def _torch_conv(x: Array, w: Array, **options: Any) -> Array:
    if not _torch_convolves(x, w):
        return convolutions._conv.default(x, w, **options)  # type: ignore[misc]
    import torch

    return getattr(torch.nn.functional, f"conv{x.ndim - 2}d")(x, w, **options)


@torch.implement("conv_input")
def _torch_conv_input(y: Array, w: Array, lengths: tuple[int, ...], groups: int, **options: Any) -> Array:
    if not _torch_convolves(y, w):
        return convolutions.conv_input.default(y, w, lengths=lengths, groups=groups, **options)  # type: ignore[misc]
    import torch

    shape = (y.shape[0], w.shape[1] * groups, *lengths)
    return getattr(torch.nn.grad, f"conv{y.ndim - 2}d_input")(shape, w, y, groups=groups, **options)


@torch.implement("conv_kernel")
def _torch_conv_kernel(x: Array, y: Array, lengths: tuple[int, ...], groups: int, **options: Any) -> Array:
    if not _torch_convolves(x, y):
        return convolutions.conv_kernel.default(x, y, lengths=lengths, groups=groups, **options)  # type: ignore[misc]
    import torch

    shape = (y.shape[1], x.shape[1] // groups, *lengths)
    return getattr(torch.nn.grad, f"conv{x.ndim - 2}d_weight")(x, shape, y, groups=groups, **options)


def _torch_convolves(x1: Array, x2: Array) -> bool:
    """Whether PyTorch has the convolution and its derivatives: of up to three axes, in one real floating dtype."""
    return x1.ndim <= 5 and x1.dtype == x2.dtype and kind_of(x1.dtype) == "f"


# --- JAX --------------------------------------------------------------------------------------------------------------


def _jax_types() -> list[type]:
    import jax

    with jax.ensure_compile_time_eval():  # also where JAX traces a function: the type of arrays and not of a tracer
        return [type(jax.numpy.zeros(())), jax.core.Tracer]


def _jax_devices() -> Mapping[str, Any]:
    import jax

    return {(d.platform if d.id == 0 else f"{d.platform}:{d.id}"): d for d in jax.devices()}


def _jax_synchronize(device: Any) -> None:
    import jax

    # A device runs what it was given in order, so what is given last is done when all is.
    (jax.device_put(0.0, device) + 1.0).block_until_ready()


class _JaxBackend(Backend):
    """JAX, whose own transforms hand in tracers."""

    def device_of(self, array: Array) -> str:
        is_traced = not isinstance(array, self.array_types[0])  # which is on no device yet
        return self.device_name(next(iter(self.devices))) if is_traced else super().device_of(array)


jax = register_backend(
    "jax",
    backend_class=_JaxBackend,
    namespace=library("jax.numpy"),
    array_types=_jax_types,
    devices=_jax_devices,
    packages=("jax", "jaxlib"),
    synchronize=_jax_synchronize,
    special=library("jax.scipy.special"),
    install="pip install jax",
)


@jax.implement("getitem")
def _jax_getitem(x: Array, key: Any) -> Array:
    return x[key]


@jax.implement("index_set")
def _jax_index_set(x: Array, values: Array, key: Any) -> Array:
    if not has_array(key):
        check_can_hold(x, values)
        return x.at[key].set(fitted(jax.namespace, values, x[key].ndim))
    xp = jax.namespace
    shape = x[key].shape
    if 0 in shape:
        return x
    # Writing through repeated indices has no order on every device; the largest of the writers' numbers has.
    values = spread(xp, x, values, shape).reshape(-1)
    numbers = xp.arange(1, values.size + 1, device=x.device).reshape(shape)
    writer = xp.zeros(x.shape, dtype=numbers.dtype, device=x.device).at[key].max(numbers)
    return xp.where(writer > 0, values[writer - 1], x)


@jax.implement("index_add")
def _jax_index_add(x: Array, values: Array, key: Any) -> Array:
    check_can_hold(x, values)
    return x.at[key].add(fitted(jax.namespace, values, x[key].ndim))


@jax.implement("conv")
def _jax_conv(x: Array, w: Array, stride: Any, dilation: Any, groups: int) -> Array:
    from jax import lax

    if x.dtype != w.dtype:
        dtype = jax.namespace.result_type(x, w)
        x, w = x.astype(dtype), w.astype(dtype)
    return lax.conv_general_dilated(x, w, stride, "VALID", rhs_dilation=dilation, feature_group_count=groups)


@jax.implement("conv_input")
def _jax_conv_input(y: Array, w: Array, lengths: tuple[int, ...], groups: int, **options: Any) -> Array:
    shape = (y.shape[0], w.shape[1] * groups, *lengths)
    return _jax_transposed(lambda x: _jax_conv(x, w, groups=groups, **options), shape, y, w)


@jax.implement("conv_kernel")
def _jax_conv_kernel(x: Array, y: Array, lengths: tuple[int, ...], groups: int, **options: Any) -> Array:
    shape = (y.shape[1], x.shape[1] // groups, *lengths)
    return _jax_transposed(lambda w: _jax_conv(x, w, groups=groups, **options), shape, y, x)


def _jax_transposed(f: Callable[[Array], Array], shape: tuple[int, ...], y: Array, other: Array) -> Array:
    """The transpose of a linear function of an array of a shape."""
    import jax as library

    dtype = jax.namespace.result_type(y, other)
    (x,) = library.linear_transpose(f, library.ShapeDtypeStruct(shape, dtype))(y.astype(dtype))
    return x


def _jax_of_lower(name: str) -> None:
    """Make a function read the lower triangle, as others do, where JAX's takes the mean of both."""

    def run(x: Array) -> Any:
        return getattr(jax.namespace.linalg, name)(from_lower(x))

    jax.implement(name)(run)


for _name in ("cholesky", "eigh", "eigvalsh"):
    _jax_of_lower(_name)


@jax.implement("searchsorted")
def _jax_searchsorted(x1: Array, x2: Array, side: str = "left", sorter: Array = None) -> Array:
    indices = jax.namespace.searchsorted(x1, x2, side=side, sorter=sorter)
    return indices.astype(jax.namespace.arange(0).dtype)  # JAX gives int32, also where its other indices are int64


@jax.implement("cumulative_prod")
def _jax_cumulative_prod(x: Array, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Array:
    if dtype is None and kind_of(x.dtype) in "bi":
        dtype = jax.namespace.prod(jax.namespace.zeros(0, dtype=x.dtype)).dtype  # of short integers a long one
    return jax.namespace.cumulative_prod(x, axis=axis, dtype=dtype, include_initial=include_initial)


# --- array-api-strict: the standard and nothing else, with several devices, for tests ---------------------------------


STRICT_WARNING = "You are comparing a array_api_strict dtype"


def _strict_namespace() -> Any:
    import array_api_strict

    # Its dtypes have the hashes of NumPy's, so the two are compared wherever they are keys of one table. That they are
    # unequal, which the warning is about, is what such a table needs.
    warnings.filterwarnings("ignore", message=STRICT_WARNING)
    return array_api_strict


def _strict_types() -> list[type]:
    import array_api_strict

    return [type(array_api_strict.asarray(0.0))]


def _strict_devices() -> Mapping[str, Any]:
    import array_api_strict

    names = {"cpu": "CPU_DEVICE", "device1": "device1", "device2": "device2"}
    return {short: array_api_strict.Device(name) for short, name in names.items()}


def _strict_to_numpy(x: Array) -> Any:
    import array_api_strict

    return np.asarray(x.to_device(array_api_strict.Device("CPU_DEVICE")))


strict = register_backend(
    "strict",
    namespace=_strict_namespace,
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


# Dask's arrays can be assigned into, but not at every key: beside an integer a slice of negative step fails.
dask = register_backend(
    "dask",
    namespace=library("array_api_compat.dask.array"),
    array_types=_dask_types,
    special=scipy_special,  # whose functions Dask's arrays take themselves, block by block
    install="pip install 'dask[array]'",
)


@dask.implement("take_along_axis")
def _dask_take_along_axis(x: Array, indices: Array, axis: int = -1) -> Array:
    return getitem(x, each_along(indices, axis, x.shape))


for _backend in (torch, jax, strict, dask):
    mend_special_values(_backend)
