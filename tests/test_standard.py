"""The array API standard, version 2025.12: its names and signatures.

The official test suite holds much more against it: see tests/conformance.py.
"""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

import anygrad as ag

SIGNATURES = {
    "anygrad": {
        "x, /": """
            abs acos acosh asin asinh atan atanh bitwise_invert ceil conj cos cosh exp expm1 floor
            imag isfinite isinf isnan log log10 log1p log2 logical_not matrix_transpose negative
            nonzero positive real reciprocal round sign signbit sin sinh sqrt square tan tanh trunc
            unique_all unique_counts unique_inverse unique_values
        """,
        "x1, x2, /": """
            add atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor
            copysign divide equal floor_divide greater greater_equal hypot less less_equal logaddexp
            logical_and logical_or logical_xor matmul maximum minimum multiply nextafter not_equal
            pow remainder subtract
        """,
        "x, /, *, axis=None, keepdims=False": "all any argmax argmin count_nonzero max mean min",
        "shape, *, dtype=None, device=None": "empty ones zeros",
        "x, /, *, dtype=None, device=None": "empty_like ones_like zeros_like",
        "x, /, *, k=0": "tril triu",
        "type, /": "finfo iinfo",
        "arrays, /, *, axis=0": "concat stack",
        "x, /, axis": "expand_dims squeeze",
        "x, /, *, axis=-1, descending=False, stable=True": "argsort sort",
        "x, /, *, axis=None, dtype=None, include_initial=False": "cumulative_prod cumulative_sum",
        "x, /, *, axis=None, dtype=None, keepdims=False": "prod sum",
        "x, /, *, axis=None, correction=0.0, keepdims=False": "std var",
        "start, /, stop=None, step=1, *, dtype=None, device=None": "arange",
        "obj, /, *, dtype=None, device=None, copy=None": "asarray",
        "n_rows, n_cols=None, /, *, k=0, dtype=None, device=None": "eye",
        "x, /, *, device=None, copy=None": "from_dlpack",
        "shape, fill_value, *, dtype=None, device=None": "full",
        "x, /, fill_value, *, dtype=None, device=None": "full_like",
        "start, stop, /, num, *, dtype=None, device=None, endpoint=True": "linspace",
        "*arrays, indexing='xy'": "meshgrid",
        "x, dtype, /, *, copy=True, device=None": "astype",
        "from_, to, /": "can_cast",
        "dtype, kind": "isdtype",
        "*arrays_and_dtypes": "result_type",
        "x, /, min=None, max=None": "clip",
        "x, indices, /, *, axis=None": "take",
        "x, indices, /, *, axis=-1": "take_along_axis",
        "x1, x2, /, *, axes=2": "tensordot",
        "x1, x2, /, *, axis=-1": "vecdot",
        "*arrays": "broadcast_arrays",
        "*shapes": "broadcast_shapes",
        "x, /, shape": "broadcast_to",
        "x, /, *, axis=None": "flip",
        "x, source, destination, /": "moveaxis",
        "x, /, axes": "permute_dims",
        "x, repeats, /, *, axis=None": "repeat",
        "x, /, shape, *, copy=None": "reshape",
        "x, /, shift, *, axis=None": "roll",
        "x, repetitions, /": "tile",
        "x, /, *, axis=0": "unstack",
        "x1, x2, /, *, side='left', sorter=None": "searchsorted",
        "condition, x1, x2, /": "where",
        "x1, x2, /, *, invert=False": "isin",
        "x, /, *, axis=-1, n=1, prepend=None, append=None": "diff",
    },
    "linalg": {
        "x, /": "det eig eigh eigvals eigvalsh inv matrix_transpose slogdet svdvals",
        "x1, x2, /": "matmul outer solve",
        "x1, x2, /, *, axis=-1": "cross vecdot",
        "x, /, *, rtol=None": "matrix_rank pinv",
        "x, /, *, upper=False": "cholesky",
        "x, /, *, offset=0": "diagonal",
        "x, /, *, keepdims=False, ord='fro'": "matrix_norm",
        "x, n, /": "matrix_power",
        "x, /, *, mode='reduced'": "qr",
        "x, /, *, full_matrices=True": "svd",
        "x1, x2, /, *, axes=2": "tensordot",
        "x, /, *, offset=0, dtype=None": "trace",
        "x, /, *, axis=None, keepdims=False, ord=2": "vector_norm",
    },
    "fft": {
        "x, /, *, n=None, axis=-1, norm='backward'": "fft hfft ifft ihfft irfft rfft",
        "x, /, *, s=None, axes=None, norm='backward'": "fftn ifftn irfftn rfftn",
        "n, /, *, d=1.0, dtype=None, device=None": "fftfreq rfftfreq",
        "x, /, *, axes=None": "fftshift ifftshift",
    },
}

CONSTANTS = {"e": math.e, "inf": math.inf, "nan": math.nan, "pi": math.pi, "newaxis": None}
DTYPES = """
    bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128
"""
ATTRIBUTES = ["T", "device", "dtype", "mT", "ndim", "shape", "size"]
OPERATORS = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift"
METHODS = """
    abs array_namespace bool complex dlpack dlpack_device eq float ge getitem gt index int invert le lt ne neg pos
    setitem
"""


def public(space: str) -> object:
    return ag if space == "anygrad" else getattr(ag, space)


def shape_of(signature: inspect.Signature) -> list[tuple[str, object, object]]:
    """What a caller can tell of a signature: the names that can be given, how, and the defaults."""
    kinds = inspect.Parameter
    return [
        ("" if p.kind is kinds.POSITIONAL_ONLY else p.name, p.kind, p.default) for p in signature.parameters.values()
    ]


@pytest.mark.parametrize(
    ("space", "name", "signature"),
    [(space, n, s) for space, found in SIGNATURES.items() for s, names in found.items() for n in names.split()],
)
def test_every_function_has_the_standards_signature(space, name, signature):
    wanted = inspect.signature(eval(f"lambda {signature}: None"))
    assert shape_of(inspect.signature(getattr(public(space), name))) == shape_of(wanted)
    assert name in public(space).__all__


def test_the_constants_and_dtypes_are_there():
    assert ag.__array_api_version__ == "2025.12"
    for name, value in CONSTANTS.items():
        assert getattr(ag, name) is value or getattr(ag, name) == value or math.isnan(value)
    for name in DTYPES.split():
        assert getattr(ag, name) == np.dtype(name)
        assert ag.zeros(1, dtype=getattr(ag, name)).dtype == np.dtype(name)


def test_a_tensor_has_the_standards_attributes_methods_and_operators():
    for name in ATTRIBUTES:
        assert hasattr(ag.Tensor([[1.0]]), name)
    for name in OPERATORS.split():
        for prefix in ("", "r", "i"):
            assert callable(getattr(ag.Tensor, f"__{prefix}{name}__")), prefix + name
    for name in METHODS.split():
        assert callable(getattr(ag.Tensor, f"__{name}__")), name
    assert ag.Tensor([1.0]).__array_namespace__(api_version="2025.12") is ag
    assert shape_of(inspect.signature(ag.Tensor([1.0]).__dlpack__)) == shape_of(
        inspect.signature(lambda *, stream=None, max_version=None, dl_device=None, copy=None: None)
    )


@pytest.mark.parametrize("name", OPERATORS.split())
def test_an_operator_in_place_keeps_dtype_and_shape(name):
    square = name == "matmul"
    dtype = np.float32 if name in ("truediv", "matmul") else np.uint8
    x = ag.Tensor(np.full((2, 2) if square else 3, 6, dtype))
    result = getattr(x, f"__i{name}__")(ag.Tensor(np.full((2, 2) if square else (), 2, dtype)))
    assert result is x
    assert x.dtype == dtype
    with pytest.raises((TypeError, ValueError), match=r"[Oo]perands|shape|broadcast"):
        getattr(x, f"__i{name}__")(ag.Tensor(np.full((2, 2, 2) if square else (2, 3), 2, dtype)))
