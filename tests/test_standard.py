"""The array API standard, version 2025.12: its names and signatures, what it says of dtypes, and its special values.

The official test suite holds much more against it: see tests/conformance.py.
"""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

import anygrad as ag
from tests.conftest import require_device

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
DTYPES = {
    "bool": ["bool"],
    "signed integer": ["int8", "int16", "int32", "int64"],
    "unsigned integer": ["uint8", "uint16", "uint32", "uint64"],
    "real floating": ["float32", "float64"],
    "complex floating": ["complex64", "complex128"],
}
ATTRIBUTES = ["T", "device", "dtype", "mT", "ndim", "shape", "size"]
OPERATORS = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift"
METHODS = """
    abs array_namespace bool complex dlpack dlpack_device eq float ge getitem gt index int invert le lt ne neg pos
    setitem
"""

# --- names and signatures ---------------------------------------------------------------------------------------------


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
    for name in (name for names in DTYPES.values() for name in names):
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


# --- dtypes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", DTYPES)
def test_isdtype_knows_the_kinds(kind):
    for other, names in DTYPES.items():
        for name in names:
            for dtype in (name, np.dtype(name), getattr(ag, name), ag.zeros(1, dtype=name)):
                assert ag.isdtype(dtype, kind) is (kind == other)
            assert ag.isdtype(name, "numeric") is (other != "bool")
            assert ag.isdtype(name, "integral") is other.endswith("integer")
            assert ag.isdtype(name, ("bool", kind)) is (other in ("bool", kind))
            assert ag.isdtype(name, (ag.float32, ag.int8)) is (name in ("float32", "int8"))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ((ag.float32, ag.float64), "float64"),
        ((ag.uint8, ag.int8), "int16"),
        ((np.ones(2, dtype="float32"), 1.5), "float32"),
        ((ag.Tensor([1, 2], dtype="int8"), 1), "int8"),
        ((ag.Tensor([1.0], dtype="float32"), 1j), "complex64"),
        ((True, ag.bool), "bool"),
    ],
)
def test_result_type_promotes_arrays_dtypes_and_numbers(given, wanted):
    assert ag.result_type(*given) == np.dtype(wanted)


def test_dtype_functions_take_the_dtypes_and_arrays_of_every_library(device):
    x = ag.ones(2, dtype="float32", device=device)
    for value in (x, x.data, x.data.dtype):
        assert ag.result_type(value, ag.float64) == np.float64
        assert ag.isdtype(value, "real floating")
        assert ag.finfo(value).bits == 32
        assert ag.can_cast(value, ag.complex64)
        assert not ag.can_cast(ag.float64, value.dtype if hasattr(value, "dtype") else value)


def test_a_library_promotes_by_its_own_rules():
    integers = ag.ones(2, dtype="int64", device=require_device("torch:cpu"))
    assert ag.result_type(integers, ag.float32) == np.float32
    strict = ag.ones(2, dtype="int64", device=require_device("strict:cpu"))
    with pytest.raises(TypeError):
        ag.result_type(strict, ag.float32)
    assert not ag.can_cast(strict, ag.float32)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_finfo_gives_python_numbers(dtype):
    info, numpys = ag.finfo(dtype), np.finfo(dtype)
    for name in ("eps", "max", "min", "smallest_normal"):
        assert type(getattr(info, name)) is float
        assert getattr(info, name) == getattr(numpys, name)
    assert (info.bits, info.dtype) == (numpys.bits, numpys.dtype)


@pytest.mark.parametrize("dtype", [*DTYPES["signed integer"], *DTYPES["unsigned integer"]])
def test_iinfo_gives_python_numbers(dtype):
    info, numpys = ag.iinfo(getattr(ag, dtype)), np.iinfo(dtype)
    assert (info.bits, info.min, info.max, info.dtype) == (numpys.bits, numpys.min, numpys.max, np.dtype(dtype))
    assert type(info.max) is int


def test_astype_gives_the_array_itself_where_nothing_changes():
    x = ag.Tensor([1.0], requires_grad=True)
    assert ag.astype(x, "float64", copy=False) is x
    assert ag.astype(x, "float64", copy=False, device="cpu") is x
    assert ag.astype(x, "float64").data is not x.data
    y = ag.astype(x * 2, "float32", device=require_device("strict:device1"))
    assert (y.dtype, y.device) == (np.float32, "strict:device1")
    y.backward()
    assert x.grad.tolist() == [2.0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.finfo("int8"), TypeError, r"finfo: type must be a floating dtype .* int8"),
        (lambda: ag.iinfo(np.ones(2)), TypeError, r"iinfo: type must be an integer dtype .* float64"),
        (lambda: ag.isdtype("int8", "integer"), ValueError, r"isdtype: kind must be .* 'integer'"),
        (lambda: ag.isdtype(None, "bool"), TypeError, r"isdtype: dtype must be a dtype .* None"),
        (lambda: ag.isdtype("int8", (3,)), TypeError, r"isdtype: kind must be a dtype .* 3"),
        (lambda: ag.result_type(1, 2.0), TypeError, r"result_type: at least one argument .* \(1, 2.0\)"),
        (lambda: ag.result_type(ag.int8, "pear"), TypeError, r"result_type: arrays_and_dtypes\[1\] must .* 'pear'"),
        (lambda: ag.can_cast("int8", [1]), TypeError, r"can_cast: to must be a dtype or an array, given \[1\]"),
        (
            lambda: ag.can_cast("U3", "int8"),
            TypeError,
            r"can_cast: from_ must be .* numeric dtype, given <U3",
        ),
        (lambda: ag.astype(np.ones(1, dtype="complex64"), "float32"), TypeError, r"astype: x is complex64 .* float32"),
        (lambda: ag.sum(ag.Tensor([1.0]), axis=3, dtype=ag.float32), IndexError, r"sum\(.*axis=3"),
        (lambda: ag.__array_namespace_info__().dtypes(kind="pear"), ValueError, r"dtypes: kind must be .* 'pear'"),
        (lambda: ag.__array_namespace_info__().dtypes(device="pear"), ValueError, r"unknown device 'pear'"),
        (lambda: ag.asarray([[ag.Tensor(1.0)], [1.0, 2.0]]), ValueError, r"asarray: obj must be a rectangular list"),
    ],
)
def test_errors_name_function_argument_and_value(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- what the namespace says of itself --------------------------------------------------------------------------------


def test_the_namespace_info():
    info = ag.__array_namespace_info__()
    assert info.capabilities() == {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}
    assert info.default_device() == "cpu"
    assert info.devices() == ("cpu",)
    assert info.default_dtypes() == {
        "real floating": np.float64,
        "complex floating": np.complex128,
        "integral": np.int64,
        "indexing": np.int64,
    }
    assert list(info.dtypes()) == [name for names in DTYPES.values() for name in names]
    for kind, names in DTYPES.items():
        assert info.dtypes(kind=kind) == {name: np.dtype(name) for name in names}
    assert list(info.dtypes(kind=("bool", "complex floating"))) == ["bool", "complex64", "complex128"]


def test_the_namespace_info_of_another_device(device):
    info = ag.__array_namespace_info__()
    assert info.default_dtypes(device=device)["real floating"] == ag.zeros(1, device=device).dtype
    for dtype in info.dtypes(device=device).values():
        assert ag.empty(1, dtype=dtype, device=device).dtype == dtype
    with ag.device(device):
        assert info.default_device() == ag.zeros(1).device
        assert info.default_device() in info.devices()


# --- special values, where NumPy's are not the standard's -------------------------------------------------------------

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("x1", "x2", "wanted"),
    [
        (INF, 2.0, INF),
        (INF, -2.0, -INF),
        (-INF, 2.0, -INF),
        (-INF, -2.0, INF),
        (1.0, -INF, -0.0),
        (-1.0, INF, -0.0),
        (1.0, INF, 0.0),
        (-1.0, -INF, 0.0),
        (INF, INF, NAN),
        (7.0, -2.0, -4.0),
        (1.0, 0.1, 9.0),  # floor of the exact quotient of the two, not of the rounded one
    ],
)
def test_floor_divide(x1, x2, wanted):
    with np.errstate(all="ignore"):
        results = [
            ag.floor_divide(np.asarray([x1]), np.asarray([x2])),
            ag.floor_divide(np.asarray([x1, 3.0]), x2),
            ag.floor_divide(x1, np.asarray([[x2]])),
            ag.Tensor([x1]) // ag.Tensor([x2]),
            x1 // ag.Tensor([x2]),
        ]
        x = ag.Tensor([x1])
        x //= x2
    for result in (*results, x):
        first = np.asarray(result).ravel()[0]
        np.testing.assert_equal(first, wanted)
        assert math.isnan(wanted) or np.signbit(first) == np.signbit(wanted)


@pytest.mark.parametrize(
    ("name", "x", "wanted"),
    [
        ("expm1", complex(-0.0, 0.0), 0j),
        ("expm1", complex(INF, 0.0), complex(INF, 0.0)),
        ("expm1", complex(-INF, INF), -1 + 0j),
        ("expm1", complex(INF, INF), complex(INF, NAN)),
        ("expm1", complex(-INF, NAN), -1 + 0j),
        ("expm1", complex(INF, NAN), complex(INF, NAN)),
        ("expm1", complex(NAN, 0.0), complex(NAN, 0.0)),
        ("expm1", complex(0.0, NAN), complex(NAN, NAN)),
        ("expm1", 1e-9 + 0j, math.expm1(1e-9) + 0j),
        ("tanh", complex(INF, 2.0), 1 + 0j),
        ("tanh", complex(-INF, 2.0), -1 + 0j),
        ("tanh", complex(INF, -2.0), complex(1.0, -0.0)),
        ("tanh", complex(INF, INF), 1 + 0j),
        ("tanh", complex(0.5, 0.0), math.tanh(0.5) + 0j),
        ("sign", complex(NAN, 1.0), complex(NAN, NAN)),
        ("sign", complex(-0.0, 0.0), 0j),
        ("sign", -4j, -1j),
    ],
)
def test_complex_functions(name, x, wanted):
    with np.errstate(all="ignore"):
        for result in (getattr(ag, name)(np.asarray([x])), getattr(ag, name)(ag.Tensor([1.0, x]))[1]):
            np.testing.assert_equal(np.asarray(result).ravel()[0], wanted)


@pytest.mark.parametrize("name", ["strict:cpu", "torch:cpu", "jax:cpu"])
def test_other_libraries_special_values(name):
    device = require_device(name)
    x = ag.Tensor([INF, 1.0, -1.0, 7.0], device=device, requires_grad=True)
    z = ag.Tensor([complex(INF, 2.0), complex(-0.0, 0.0), 1e-9 + 0j], device=device)
    with np.errstate(all="ignore"):
        y = x // ag.Tensor([2.0, -INF, INF, -2.0], device=device)
        by_number = ag.Tensor([1.0, -1.0], device=device) // -INF
        tanh, expm1 = ag.tanh(z[:2]), ag.expm1(z[1:])
    np.testing.assert_equal(y.detach().numpy(), [INF, -0.0, -0.0, -4.0])
    np.testing.assert_equal(by_number.numpy(), [-0.0, 0.0])
    np.testing.assert_equal(tanh.numpy(), [1, -0.0])
    np.testing.assert_equal(expm1.numpy(), [0, math.expm1(1e-9)])
    y.backward()
    assert x.grad.tolist() == [0.0] * 4


# --- lists that hold arrays -------------------------------------------------------------------------------------------


def test_asarray_stacks_the_arrays_in_lists_and_brings_their_gradients_back(device):
    x = ag.Tensor([1.0, 2.0], requires_grad=True, device=device)
    y = ag.asarray([[x[0] * 2, 3.0], [x[1], x[0]]])
    assert (y.shape, y.device, y.tolist()) == ((2, 2), x.device, [[2.0, 3.0], [2.0, 1.0]])
    y.backward()
    assert x.grad.tolist() == [3.0, 1.0]
    assert ag.asarray([x.data, x.data], dtype="float32").dtype == np.float32
