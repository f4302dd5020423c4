"""JAX's transforms around anygrad's, in whatever order the two first meet, and what has no x64."""

import subprocess
import sys

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor

pytest.importorskip("jax")
import jax
import jax.numpy as jnp

X = np.array([1.0, 2.0], np.float32)


def f(x):
    return ag.sum(ag.sin(x) * x)


def filled(x):
    y = ag.zeros_like(x)
    y[0] = x[1] * 2
    return (y * x[jnp.array([0, 0])]).sum()


def by_backward(x):
    t = Tensor(x, requires_grad=True)
    f(t).backward()
    return t.grad.data


AROUND = {
    "jit of grad": (lambda x: jax.jit(ag.grad(f))(x), lambda: ag.grad(f)(X)),
    "jax.grad of an operation": (lambda x: jax.grad(f)(x), lambda: ag.grad(f)(X)),
    "jax.grad of grad": (lambda x: jax.grad(lambda v: ag.grad(f)(v).sum())(x), lambda: ag.hessian(f)(X).sum(0)),
    "jax.vmap of grad": (lambda x: jax.vmap(ag.grad(f))(x[None])[0], lambda: ag.grad(f)(X)),
    "jit of jvp": (lambda x: jax.jit(lambda v: ag.jvp(f, (v,), (v,))[1])(x), lambda: ag.jvp(f, (X,), (X,))[1]),
    "jit of vmap": (lambda x: jax.jit(ag.vmap(ag.sin))(x), lambda: ag.sin(X)),
    "jit of hessian": (lambda x: jax.jit(ag.hessian(f))(x), lambda: ag.hessian(f)(X)),
    "jit of a write": (lambda x: jax.jit(ag.grad(filled))(x), lambda: np.array([4.0, 2.0])),
    "jit of backward": (lambda x: jax.jit(by_backward)(x), lambda: ag.grad(f)(X)),
    "jit of checkpoint": (lambda x: jax.jit(ag.grad(ag.checkpoint(f)))(x), lambda: ag.grad(f)(X)),
}


@pytest.mark.parametrize("name", AROUND)
def test_jaxs_transforms_around_anygrads(name: str) -> None:
    run, expected = AROUND[name]
    np.testing.assert_allclose(run(jnp.asarray(X)), expected(), rtol=1e-5)


@pytest.mark.parametrize("around", [ag.grad, lambda f: lambda x: ag.jvp(f, (x,), (x,)), ag.vmap])
@pytest.mark.parametrize("inside", [jnp.sin, jax.jit(jnp.sin)])
def test_jaxs_functions_refuse_by_name_what_is_followed(around, inside) -> None:
    with pytest.raises(TypeError, match=r"anygrad\.\w+\.\w+\.(Tensor|Dual|Batch)"):
        around(lambda x: ag.sum(inside(x)))(jnp.asarray(X))


FIRST_IN_A_TRACE = """
import jax, jax.numpy as jnp, anygrad as ag
f = lambda x: ag.sum(ag.sin(x) * x)
x = jnp.array([1.0, 2.0])
runs = [lambda: jax.jit(ag.grad(f))(x), lambda: jax.vmap(ag.grad(f))(x[None])[0], lambda: ag.grad(f)(x)]
first = {first}
results = [run() for run in (*runs[first:], *runs[:first])]
assert all(jnp.allclose(r, results[0]) for r in results), results
"""


@pytest.mark.parametrize("first", [0, 1, 2])
def test_jax_may_be_met_first_while_it_traces(first: int) -> None:
    source = FIRST_IN_A_TRACE.replace("{first}", str(first))
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", source], capture_output=True, text=True, timeout=100, check=False
    )
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("there", [lambda x: x.to("jax:cpu"), lambda x: x.to("jax:cpu").to("cpu")])
def test_a_gradient_comes_back_from_jax_in_the_dtype_and_to_the_place_that_it_belongs_to(there) -> None:
    with jax.experimental.disable_x64() if hasattr(jax.experimental, "disable_x64") else jax.enable_x64(False):
        for create_graph in (False, True):
            x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
            y = there(x)
            assert y.dtype == np.float32
            ag.sum(y * y).backward(create_graph=create_graph)
            assert (x.grad.dtype, x.grad.device) == (np.float64, "cpu")
            assert x.grad.tolist() == [2.0, 4.0]
        gradient = ag.grad(lambda v: ag.sum(there(v) ** 2))(np.array([1.0, 2.0]))
        assert type(gradient) is np.ndarray
        assert gradient.dtype == np.float64
