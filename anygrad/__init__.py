"""Gradients for any array library.

``Tensor`` holds an array of NumPy, CuPy or any library that follows the Python array API standard, and remembers how it
was made; the functions here are the standard's and work on Tensors and on those libraries' own arrays alike.

>>> x = ag.Tensor([1.0, 2.0], requires_grad=True)
>>> ag.sum(ag.exp(x)).backward()
>>> x.grad
Tensor([2.71828183, 7.3890561 ])
"""

import math as _math

import numpy as _np

from anygrad import fft, graph, linalg
from anygrad.backends import Backend, backends, register_backend
from anygrad.backends import cupy as _cupy  # noqa: F401  these modules register their backends
from anygrad.backends import libraries as _libraries  # noqa: F401
from anygrad.backends import numpy as _numpy  # noqa: F401
from anygrad.creation import (
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
from anygrad.device import default_device, device, devices, is_available, set_default_device, synchronize
from anygrad.dtypes import astype, can_cast, finfo, iinfo, isdtype, result_type
from anygrad.graph import enable_grad, is_grad_enabled, no_grad
from anygrad.inspection import __array_namespace_info__
from anygrad.ops.contractions import einsum
from anygrad.ops.convolutions import conv, convolve, correlate
from anygrad.ops.creation import tril, triu
from anygrad.ops.elementwise import (
    abs,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    ceil,
    clip,
    conj,
    copysign,
    cos,
    cosh,
    divide,
    exp,
    expm1,
    floor,
    floor_divide,
    hypot,
    imag,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    maximum,
    minimum,
    multiply,
    negative,
    positive,
    pow,
    real,
    reciprocal,
    remainder,
    round,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    trunc,
)
from anygrad.ops.indexing import index_add, index_set, take, take_along_axis
from anygrad.ops.interpolation import interp
from anygrad.ops.linalg.products import matmul, tensordot, vecdot
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
    concat,
    expand_dims,
    flip,
    matrix_transpose,
    meshgrid,
    moveaxis,
    permute_dims,
    repeat,
    reshape,
    roll,
    squeeze,
    stack,
    tile,
    unstack,
)
from anygrad.ops.padding import pad
from anygrad.ops.reductions import all, any, cumulative_prod, cumulative_sum, diff, max, mean, min, prod, std, sum, var
from anygrad.ops.searching import argmax, argmin, count_nonzero, nonzero, searchsorted, where
from anygrad.ops.segments import segment_sum
from anygrad.ops.sorting import argsort, isin, sort, unique_all, unique_counts, unique_inverse, unique_values
from anygrad.tensor import Tensor
from anygrad.transforms import grad, jvp, value_and_grad

__version__ = "0.1.0"
__array_api_version__ = "2025.12"

# --- constants and dtypes of the standard -----------------------------------------------------------------------------

e, inf, nan, pi, newaxis = _math.e, _math.inf, _math.nan, _math.pi, None

bool = _np.dtype("bool")
complex64 = _np.dtype("complex64")
complex128 = _np.dtype("complex128")
float32 = _np.dtype("float32")
float64 = _np.dtype("float64")
int8 = _np.dtype("int8")
int16 = _np.dtype("int16")
int32 = _np.dtype("int32")
int64 = _np.dtype("int64")
uint8 = _np.dtype("uint8")
uint16 = _np.dtype("uint16")
uint32 = _np.dtype("uint32")
uint64 = _np.dtype("uint64")

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
    "clip",
    "complex64",
    "complex128",
    "concat",
    "conj",
    "copysign",
    "conv",
    "convolve",
    "cos",
    "correlate",
    "cosh",
    "count_nonzero",
    "cumulative_prod",
    "cumulative_sum",
    "default_device",
    "device",
    "devices",
    "diff",
    "divide",
    "e",
    "empty",
    "einsum",
    "empty_like",
    "enable_grad",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "fft",
    "finfo",
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
    "hypot",
    "iinfo",
    "imag",
    "index_add",
    "index_set",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_available",
    "interp",
    "is_grad_enabled",
    "isdtype",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "jvp",
    "less",
    "less_equal",
    "linalg",
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
    "permute_dims",
    "pad",
    "pi",
    "positive",
    "pow",
    "prod",
    "real",
    "reciprocal",
    "register_backend",
    "remainder",
    "repeat",
    "reshape",
    "result_type",
    "roll",
    "round",
    "searchsorted",
    "set_default_device",
    "segment_sum",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sort",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "synchronize",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tensordot",
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
    "where",
    "zeros",
    "zeros_like",
]
