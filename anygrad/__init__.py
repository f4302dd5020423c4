"""Gradients for any array library.

``Tensor`` holds an array of NumPy, CuPy or any library that follows the Python array API standard, and remembers how it
was made; the functions here are the standard's and work on Tensors and on those libraries' own arrays alike.

>>> x = ag.Tensor([1.0, 2.0], requires_grad=True)
>>> ag.sum(ag.exp(x)).backward()
>>> x.grad
Tensor([2.71828183, 7.3890561 ])
"""

import math as _math
import sys as _sys
from typing import Any as _Any

import numpy as _np

from anygrad import cuda, fft, graph, linalg, primitive, random, special, testing
from anygrad import einops as _einops
from anygrad.arrays.above import above as _above
from anygrad.arrays.creation import (
    arange,
    asarray,
    empty,
    empty_like,
    eye,
    from_dlpack,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from anygrad.arrays.device import default_device, device, devices, is_available, set_default_device, synchronize
from anygrad.arrays.dtypes import astype, can_cast, finfo, iinfo, isdtype, result_type
from anygrad.arrays.inspection import __array_namespace_info__
from anygrad.arrays.recording import enable_grad, is_grad_enabled, no_grad
from anygrad.backends import Backend, backends, register_backend
from anygrad.backends import cupy_overrides as _cupy  # noqa: F401  these modules register their backends
from anygrad.backends import libraries as _libraries  # noqa: F401
from anygrad.backends import numpy as _numpy  # noqa: F401
from anygrad.backends import numpy_derivatives as _derivatives  # noqa: F401
from anygrad.core.containers import register_container
from anygrad.ops.contractions import einsum
from anygrad.ops.convolutions import conv, convolve, correlate
from anygrad.ops.creation import tril, triu
from anygrad.ops.elementwise import (
    abs,
    add,
    clip,
    conj,
    copysign,
    divide,
    exp,
    expm1,
    floor_divide,
    hypot,
    imag,
    log,
    log1p,
    log2,
    log10,
    maximum,
    minimum,
    multiply,
    negative,
    positive,
    pow,
    real,
    reciprocal,
    remainder,
    sign,
    sqrt,
    square,
    subtract,
)
from anygrad.ops.indexing import index_add, index_set, take, take_along_axis
from anygrad.ops.interpolation import interp
from anygrad.ops.joining import concat, repeat, stack, tile, unstack
from anygrad.ops.linalg.products import matmul, tensordot, vecdot
from anygrad.ops.logaddexp import logaddexp
from anygrad.ops.logic import (
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    equal,
    greater,
    greater_equal,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    nextafter,
    not_equal,
    signbit,
)
from anygrad.ops.manipulation import (
    broadcast_arrays,
    broadcast_shapes,
    broadcast_to,
    expand_dims,
    flip,
    matrix_transpose,
    meshgrid,
    moveaxis,
    permute_dims,
    reshape,
    roll,
    squeeze,
)
from anygrad.ops.padding import pad
from anygrad.ops.reductions import all, any, cumulative_prod, cumulative_sum, diff, max, mean, min, prod, std, sum, var
from anygrad.ops.rounding import ceil, floor, round, trunc
from anygrad.ops.searching import argmax, argmin, count_nonzero, nonzero, searchsorted, where
from anygrad.ops.segments import segment_sum
from anygrad.ops.sorting import argsort, isin, sort, unique_all, unique_counts, unique_inverse, unique_values
from anygrad.ops.trigonometry import acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, sin, sinh, tan, tanh
from anygrad.reverse.anomaly import detect_anomaly
from anygrad.reverse.tensor import Tensor
from anygrad.transforms import (
    checkpoint,
    custom_jvp,
    custom_vjp,
    elementwise_grad,
    fixed_point,
    grad,
    hessian,
    hvp,
    implicit_root,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    ravel_pytree,
    scan,
    stop_gradient,
    value_and_grad,
    vjp,
    vmap,
)

__version__ = "0.1.0"
__array_api_version__ = "2025.12"

# --- constants and dtypes of the standard -----------------------------------------------------------------------------

e, inf, nan, pi, newaxis = _math.e, _math.inf, _math.nan, _math.pi, None

# NumPy's own names for its dtypes; an array's dtype is the dtype object, which is equal to them.
bool = _np.bool
complex64 = _np.complex64
complex128 = _np.complex128
float32 = _np.float32
float64 = _np.float64
int8 = _np.int8
int16 = _np.int16
int32 = _np.int32
int64 = _np.int64
uint8 = _np.uint8
uint16 = _np.uint16
uint32 = _np.uint32
uint64 = _np.uint64

_einops.watch()

__all__ = [
    "Backend",
    "Tensor",
    "__array_api_version__",
    "__array_namespace_info__",
    "abs",
    "acos",
    "acosh",
    "add",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "asarray",
    "asin",
    "asinh",
    "astype",
    "atan",
    "atan2",
    "atanh",
    "backends",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "bool",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "can_cast",
    "ceil",
    "checkpoint",
    "clip",
    "complex64",
    "complex128",
    "concat",
    "conj",
    "conv",
    "convolve",
    "copysign",
    "correlate",
    "cos",
    "cosh",
    "count_nonzero",
    "cuda",
    "cumulative_prod",
    "cumulative_sum",
    "custom_jvp",
    "custom_vjp",
    "default_device",
    "detect_anomaly",
    "device",
    "devices",
    "diff",
    "divide",
    "e",
    "einsum",
    "elementwise_grad",
    "empty",
    "empty_like",
    "enable_grad",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "fft",
    "finfo",
    "fixed_point",
    "flip",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "from_dlpack",
    "full",
    "full_like",
    "grad",
    "graph",
    "greater",
    "greater_equal",
    "hessian",
    "hvp",
    "hypot",
    "iinfo",
    "imag",
    "implicit_root",
    "index_add",
    "index_set",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "interp",
    "is_available",
    "is_grad_enabled",
    "isdtype",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "less",
    "less_equal",
    "linalg",
    "linearize",
    "linspace",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "matmul",
    "matrix_transpose",
    "max",
    "maximum",
    "mean",
    "meshgrid",
    "min",
    "minimum",
    "moveaxis",
    "multiply",
    "nan",
    "negative",
    "newaxis",
    "nextafter",
    "no_grad",
    "nonzero",
    "not_equal",
    "ones",
    "ones_like",
    "pad",
    "permute_dims",
    "pi",
    "positive",
    "pow",
    "primitive",
    "prod",
    "random",
    "ravel_pytree",
    "real",
    "reciprocal",
    "register_backend",
    "register_container",
    "remainder",
    "repeat",
    "reshape",
    "result_type",
    "roll",
    "round",
    "scan",
    "searchsorted",
    "segment_sum",
    "set_default_device",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sort",
    "special",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "subtract",
    "sum",
    "synchronize",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tensordot",
    "testing",
    "tile",
    "tril",
    "triu",
    "trunc",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
    "unstack",
    "value_and_grad",
    "var",
    "vecdot",
    "vjp",
    "vmap",
    "where",
    "zeros",
    "zeros_like",
]


def _numpy_api() -> _Any:
    from anygrad import numpy_api  # late: NumPy's functions take a fifth of the time that all else takes to import

    return numpy_api


_above.namespace = _sys.modules[__name__]
_above.load_numpy_api = _numpy_api
