"""Dtypes as the array API standard has them, and what the namespace says of itself."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag
from tests.conftest import require_device

DTYPES = {
    "bool": ["bool"],
    "signed integer": ["int8", "int16", "int32", "int64"],
    "unsigned integer": ["uint8", "uint16", "uint32", "uint64"],
    "real floating": ["float32", "float64"],
    "complex floating": ["complex64", "complex128"],
}


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


RECORDS = [("a", float)]
NO_NUMBERS = {
    "objects": np.array([1.0, None], dtype=object),
    "texts": np.array(["a"]),
    "bytes": np.array([b"a"]),
    "times": np.zeros(2, "M8[s]"),
    "records": np.zeros(2, RECORDS),
    "a recarray": np.zeros(2, RECORDS).view(np.recarray),
}


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_arrays_that_hold_no_numbers_are_refused(name):
    array = NO_NUMBERS[name]
    x = np.ones(2)
    for use in (
        lambda: ag.Tensor(array),
        lambda: ag.asarray(array.view(np.ndarray)) if array.dtype != object else ag.Tensor(array),
        lambda: ag.grad(lambda x: ag.sum(np.zeros(2, array.dtype, like=x)))(x),
        lambda: ag.jvp(lambda x: np.empty(2, array.dtype, like=x), (x,), (x,)),
        lambda: ag.grad(lambda x: ag.sum(np.zeros_like(x, dtype=array.dtype)))(x),
    ):
        with pytest.raises(TypeError, match="numbers and truth values, given the dtype"):
            use()


def test_numbers_of_every_width_are_taken():
    for code in "?bhilqBHILQefdgFDG":
        assert ag.Tensor(np.ones(2, code)).dtype == np.dtype(code)
