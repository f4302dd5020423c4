"""Gradients for any array library.

``Tensor`` holds an array of NumPy, CuPy or any library that follows the Python array API standard, and remembers how it was
made; the functions here are the standard's and work on Tensors and on those libraries' own arrays alike.
"""

import math as _math

import numpy as _np

from anygrad import graph
from anygrad.backends import Backend, backends, register_backend
from anygrad.backends import cupy as _cupy, libraries as _libraries, numpy as _numpy
from anygrad.creation import arange, asarray, empty, eye, from_dlpack, full, linspace, ones, zeros
from anygrad.device import default_device, device, devices, is_available, set_default_device, synchronize
from anygrad.graph import enable_grad, is_grad_enabled, no_grad
from anygrad.ops.creation import (
    empty_like,
    full_like,
    ones_like,
    tril,
    triu,
    zeros_like,
)
from anygrad.ops.datatypes import (
    astype,
)
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
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    ceil,
    clip,
    conj,
    copysign,
    cos,
    cosh,
    divide,
    equal,
    exp,
    expm1,
    floor,
    floor_divide,
    greater,
    greater_equal,
    hypot,
    imag,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    log,
    log10,
    log1p,
    log2,
    logaddexp,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    multiply,
    negative,
    nextafter,
    not_equal,
    positive,
    pow,
    real,
    reciprocal,
    remainder,
    round,
    sign,
    signbit,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    trunc,
)
from anygrad.ops.indexing import (
    index_add,
    index_set,
    take,
    take_along_axis,
)
from anygrad.ops.linalg import (
    matmul,
    tensordot,
    vecdot,
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
from anygrad.ops.reductions import (
    all,
    any,
    cumulative_prod,
    cumulative_sum,
    diff,
    max,
    mean,
    min,
    prod,
    std,
    sum,
    var,
)
from anygrad.ops.searching import (
    argmax,
    argmin,
    count_nonzero,
    nonzero,
    searchsorted,
    where,
)
from anygrad.ops.sorting import (
    argsort,
    sort,
    unique_all,
    unique_counts,
    unique_inverse,
    unique_values,
)
from anygrad.tensor import Tensor
from anygrad.transforms import grad, value_and_grad

__version__ = "0.1.0"
