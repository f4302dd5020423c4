"""Masked arrays and matrices, whose operations mean something else than those of arrays: refused, in and out."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor

X = np.array([1.0, 2.0, 3.0])
MASKED = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
MATRIX = np.eye(3).view(np.matrix)  # without the warning that they are not for new code


def assigned(x, value):
    y = x * 1.0
    y[:] = value
    return y


BESIDE = {
    "operator": lambda x, other: x * other,
    "in place": lambda x, other: (x * 1.0).__iadd__(other),
    "ufunc": lambda x, other: np.add(x, other),
    "NumPy's function": lambda x, other: np.concatenate([x, other]),
    "operation": lambda x, other: ag.where(X > 1, x, other),
    "assigned": assigned,
    "product": lambda x, other: x @ other,
    "array like": lambda x, other: x * np.asarray(other, like=x),
    "closed over": lambda x, other: ag.sum(other) * x,
}

TRANSFORMS = {
    "grad": lambda f, x: ag.grad(lambda x: ag.sum(f(x)))(x),
    "jvp": lambda f, x: ag.jvp(f, (x,), (X,)),
    "vmap": lambda f, x: ag.vmap(f)(np.stack([x, x])),
    "eager": lambda f, x: f(Tensor(x)),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("way", BESIDE)
def test_they_are_refused_beside_arrays_of_anygrad(way, transform):
    for other, remedy in ((MASKED, "filled"), (MATRIX, "asarray")):
        with pytest.raises(TypeError, match=remedy):
            TRANSFORMS[transform](lambda x: BESIDE[way](x, other), X)  # noqa: B023


GIVEN = {
    "grad": lambda x: ag.grad(ag.sum)(x),
    "grad of a dict": lambda x: ag.grad(lambda d: ag.sum(d["x"]))({"x": x}),
    "hessian": lambda x: ag.hessian(lambda x: ag.sum(x**2))(x),
    "jacrev": lambda x: ag.jacrev(ag.exp)(x),
    "jvp": lambda x: ag.jvp(ag.exp, (x,), (X,)),
    "tangent": lambda x: ag.jvp(ag.exp, (X,), (x,)),
    "cotangent": lambda x: ag.vjp(ag.exp, X)[1](x),
    "backward": lambda x: (Tensor(X, requires_grad=True) * 2).backward(x),
    "vmap": lambda x: ag.vmap(ag.exp)(x),
    "scan": lambda x: ag.scan(lambda c, row: (c + ag.sum(row), c), np.array(0.0), x),
    "operation": lambda x: ag.sum(x),
    "asarray": lambda x: ag.asarray(x),
    "Tensor": lambda x: Tensor(x),
}


@pytest.mark.parametrize("way", GIVEN)
def test_they_are_refused_as_arguments(way):
    for given, remedy in ((MASKED, "filled"), (MATRIX, "asarray")):
        with pytest.raises(TypeError, match=remedy):
            GIVEN[way](given)


MASKING = {
    "operator": lambda x: MASKED * x,
    "power": lambda x: MASKED**x,
    "sqrt": lambda x: np.ma.sqrt(x),
    "where": lambda x: np.ma.where(MASKED > 1, x, x),
    "getdata": lambda x: np.ma.getdata(x),
    "array": lambda x: np.ma.array(x, mask=MASKED.mask),
    "masked_where": lambda x: np.ma.masked_where(X > 1, x),
}


@pytest.mark.parametrize("way", MASKING)
def test_numpys_masked_functions_refuse_what_carries_a_derivative(way):
    for transform in ("grad", "jvp", "vmap"):
        with pytest.raises(RuntimeError, match=r"np\.where\(mask, 0\.0, x\)"):
            TRANSFORMS[transform](MASKING[way], X)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_matrix_on_the_left_is_refused(transform):
    for multiply in (lambda x: MATRIX * x, lambda x: MATRIX @ x):
        with pytest.raises(TypeError, match="asarray"):
            TRANSFORMS[transform](multiply, X)


class Labelled(np.ndarray):
    """An array as NumPy's, with something beside it."""


def test_other_classes_derived_from_arrays_are_arrays():
    assert ag.grad(lambda x: ag.sum(x * x))(X.view(Labelled)).tolist() == [2.0, 4.0, 6.0]
