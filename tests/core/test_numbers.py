"""NumPy's integers as lengths, axes and other numbers, which programs get from np.prod(x.shape) and the like."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import anygrad as ag
from tests.conftest import require_device
from tests.table import OPERATIONS, Operation, Sample, outputs_of

ON_NUMPY_ALONE = {"rfftn", "pad", "fdtr", "fdtrc"}
"""Numbers in their tuples, and operands that are numbers, are computed with, which other libraries do with Python's."""


def in_numpys(value):
    if type(value) is int:
        return np.int64(value)
    return type(value)(map(in_numpys, value)) if isinstance(value, list | tuple) else value


def with_numpys(sample: Sample) -> Sample:
    """The call with NumPy's integers for Python's."""
    kwargs = {name: value if name == "key" else in_numpys(value) for name, value in sample.kwargs.items()}
    return Sample(*map(in_numpys, sample.args), **kwargs)


def results(operation: Operation, sample: Sample, device: str) -> list:
    """Values, cotangents and those of a batch."""

    def there(x):
        return ag.asarray(x, device=device).data

    def f(*xs):
        left = iter(xs)
        args, kwargs = sample.mapped(lambda x: next(left) if x.dtype.kind in "fc" else there(x), lambda x: x)
        return tuple(outputs_of(operation.call(*args, **kwargs)))

    arrays = [there(x) for x in sample.arrays]
    found = list(f(*arrays))
    if operation.is_differentiable and arrays:
        out, pull = ag.vjp(f, *arrays)
        found += pull(tuple(map(ag.ones_like, out)))
        found += ag.vmap(f)(*(ag.stack([x, x]) for x in arrays))
    return [ag.Tensor(x).to("cpu").numpy() for x in found]


@pytest.mark.parametrize("home", ["cpu", "strict:cpu", "torch:cpu"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=repr)
def test_every_operation_takes_numpys_integers(operation, home):
    device = require_device(home)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for sample in operation.drawn():
            other = with_numpys(sample)
            if repr(other.args) == repr(sample.args) and repr(other.kwargs) == repr(sample.kwargs):
                continue
            if len(other.arrays) != len(sample.arrays) or (home != "cpu" and operation.name in ON_NUMPY_ALONE):
                continue
            try:
                expected = results(operation, sample, device)
            except Exception:  # which another test is about
                continue
            for ours, wanted in zip(results(operation, other, device), expected, strict=True):
                np.testing.assert_allclose(ours, wanted, rtol=1e-6, atol=1e-7, err_msg=f"{operation}{sample}")


I = np.int64  # noqa: E741
X = np.arange(6.0).reshape(2, 3)
LINES = {
    "reshape(np.prod(x.shape))": lambda x: x.reshape(np.prod(x.shape)),
    "reshape of several": lambda x: x.reshape(I(3), I(2)),
    "reshape of a tuple": lambda x: x.reshape((I(3), -1)),
    "reshape of an array": lambda x: x.reshape(np.array([3, 2])),
    "reshape(-1)": lambda x: x.reshape(I(-1)),
    "reshape by columns": lambda x: x.reshape((3, 2), order="F"),
    "transpose": lambda x: x.transpose(I(1), I(0)),
    "transpose of an array": lambda x: x.transpose(np.array([1, 0])),
    "ravel and take": lambda x: np.take(x.ravel(), I(4)),
    "sum": lambda x: x.sum(axis=I(0)),
    "cumsum": lambda x: x.cumsum(I(1)),
    "squeeze": lambda x: x[None].squeeze(I(0)),
    "swapaxes": lambda x: x.swapaxes(I(0), I(1)),
    "moveaxis": lambda x: np.moveaxis(x, I(0), I(1)),
    "repeat": lambda x: np.repeat(x, I(2), axis=I(1)),
    "tile": lambda x: np.tile(x, I(2)),
    "pad": lambda x: np.pad(x, I(1)),
    "zeros": lambda x: np.zeros(I(3), like=x) + x,
    "full": lambda x: np.full((I(2), I(3)), 2.0, like=x) * x,
    "split": lambda x: np.split(x, I(3), axis=I(1))[1],
    "apply_over_axes": lambda x: np.apply_over_axes(np.sum, x, I(0)),
    "accumulate": lambda x: np.subtract.reduce(x, axis=I(1)),
    "fftshift": lambda x: np.fft.fftshift(x, axes=I(1)),
    "power": lambda x: x ** I(2),
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_lines_of_programs_take_numpys_integers(line):
    assert isinstance(np.prod(X.shape), np.integer)
    found = line(ag.Tensor(X)).numpy()
    np.testing.assert_array_equal(found, line(X))
    np.testing.assert_array_equal(ag.vmap(line)(X[None]), found[None])
    ag.testing.check_grads(line, (X,), order=1)


def test_transforms_and_creation_take_numpys_integers():
    def product(x, y):
        return x * y

    assert ag.grad(product, argnums=I(1))(2.0, 3.0) == 2.0
    assert ag.grad(product, argnums=(I(1), I(0)))(2.0, 3.0) == (2.0, 3.0)
    assert ag.vmap(lambda x: x, in_axes=I(1), out_axes=I(0))(X).shape == (3, 2)
    for device in ("cpu", "strict:cpu"):
        shapes = [make(I(3), device=require_device(device)).shape for make in (ag.zeros, ag.ones, ag.empty, ag.arange)]
        assert shapes == [(3,)] * 4
        assert ag.eye(I(2), I(3), device=device).shape == ag.zeros((I(2), I(3)), device=device).shape == (2, 3)


def test_a_power_given_as_an_array_is_not_counted_down():
    n = np.array(3)
    for _ in range(2):
        np.testing.assert_array_equal(ag.linalg.matrix_power(np.eye(2) * 2.0, n), np.eye(2) * 8.0)
    assert n == 3


def test_an_axis_that_is_no_integer_is_refused():
    for wrong in (1.5, "a", np.array([0.5])):
        with pytest.raises((TypeError, ValueError, IndexError)):
            ag.sum(ag.Tensor(X), axis=wrong)
