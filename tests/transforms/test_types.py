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


WRITABLE = {
    "vmap of grad": lambda x: [ag.vmap(ag.grad(np.sum))(x.reshape(2, -1))],
    "vmap of a view": lambda x: [ag.vmap(lambda v: v)(x), ag.vmap(lambda v: v[::-1])(x.reshape(2, -1))],
    "vmap of a constant": lambda x: [ag.vmap(lambda v: np.ones(3))(x)],
    "jvp": lambda x: [*ag.jvp(lambda v: np.broadcast_to(v, (3, *v.shape)), (x,), (x,))],
    "jvp of the argument": lambda x: [part for pair in ag.jvp(lambda v: (v, v, v[1:]), (x,), (x,)) for part in pair],
    "vjp": lambda x: [ag.vjp(lambda v: v, x)[0], *ag.vjp(lambda v, w: v + w, x, x)[1](x)],
    "linearize": lambda x: [ag.linearize(lambda v: v, x)[1](x)],
    "jacrev": lambda x: [ag.jacrev(lambda v: np.broadcast_to(np.sum(v), (3,)))(x)],
    "jacfwd": lambda x: [ag.jacfwd(np.sum)(x)],
    "hessian": lambda x: [ag.hessian(np.sum)(x[:10])],
    "value_and_grad": lambda x: [ag.value_and_grad(np.sum)(x)[1]],
    "elementwise_grad": lambda x: [ag.elementwise_grad(lambda v: v)(x)],
}


@pytest.mark.parametrize("what", WRITABLE)
def test_results_are_writable_and_share_nothing(what: str) -> None:
    x = np.ones(300)
    results = WRITABLE[what](x)
    for i, result in enumerate(results):
        assert type(result) is np.ndarray
        assert not any(np.shares_memory(result, other) for other in (x, *results[:i]))
        result += 1.0
    assert x.tolist() == [1.0] * 300


def test_results_under_a_transform_are_objects_of_their_own() -> None:
    def f(x):
        _, (a, b) = ag.jvp(lambda v: (v, v), (x,), (x,))
        a *= 2
        return np.sum(a * b)

    assert ag.grad(f)(X).tolist() == (4 * X).tolist()


def test_a_value_that_is_written_to_is_not_what_its_pullback_uses() -> None:
    value, pullback = ag.vjp(np.exp, X)
    value *= 0.0
    np.testing.assert_array_equal(pullback(np.ones(2))[0], np.exp(X))


def test_an_argument_that_is_written_to_before_its_pullback_is_called() -> None:
    x = np.array([1.0, 2.0])
    _, pullback = ag.vjp(lambda v: v * v, x)
    x += 1.0
    with pytest.raises(RuntimeError, match="argument 0 was changed in place since"):
        pullback(np.ones(2))
