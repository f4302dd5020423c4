"""What goes in comes out: the types of what transforms return."""

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor

X = np.array([1.0, 2.0])

FACTORS = {
    "ones_like": np.ones_like,
    "empty_like": lambda x: np.empty_like(x) * 0.0,
    "full_like": lambda x: np.full_like(x, 2.0),
    "array": lambda x: np.array([1.0, 2.0], like=x),
    "heaviside": lambda x: np.heaviside(x, 0.5),
    "a constant Tensor": lambda x: Tensor([1.0, 2.0]),
}

RESULTS = {
    "grad": lambda f, x: ag.grad(f)(x),
    "value_and_grad": lambda f, x: ag.value_and_grad(f)(x)[0],
    "vjp": lambda f, x: ag.vjp(f, x)[0],
    "linearize": lambda f, x: ag.linearize(f, x)[1](x),
    "jvp": lambda f, x: ag.jvp(f, (x,), (x,))[0],
    "the tangent of jvp": lambda f, x: ag.jvp(f, (x,), (x,))[1],
    "vmap": lambda f, x: ag.vmap(f)(x[None])[0],
    "vmap of grad": lambda f, x: ag.vmap(ag.grad(f))(x[None])[0],
    "jacobian": lambda f, x: ag.jacobian(f)(x),
    "jacfwd": lambda f, x: ag.jacfwd(f)(x),
    "hessian": lambda f, x: ag.hessian(f)(x),
    "hvp": lambda f, x: ag.hvp(f, (x,), (x,))[0],
}


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("what", RESULTS)
def test_constants_made_inside_leave_numpys_arrays_numpys(what: str, factor: str) -> None:
    result = RESULTS[what](lambda x: np.sum(FACTORS[factor](x) * x), X)
    assert not isinstance(result, Tensor)
    assert isinstance(RESULTS[what](lambda x: np.sum(FACTORS[factor](x) * x), Tensor(X)), Tensor)


def test_numbers_as_cotangents_and_tangents_are_of_the_library_of_what_they_belong_to() -> None:
    assert not isinstance(ag.vjp(np.sum, X)[1](1.0)[0], Tensor)
    assert not isinstance(ag.jvp(lambda x: x * x, (2.0,), (1.0,))[1], Tensor)
    assert not isinstance(ag.linearize(lambda x: x * x, 2.0)[1](1.0), Tensor)
    assert not isinstance(ag.hvp(lambda x: x * x, (2.0,), (1.0,))[0], Tensor)
    torch = pytest.importorskip("torch")
    x = torch.ones(2, dtype=torch.float32)
    assert ag.vjp(lambda x: x.sum(), x)[1](1.0)[0].dtype == torch.float32
    assert ag.jvp(lambda x: x * x, (x[0],), (1.0,))[1].dtype == torch.float32
