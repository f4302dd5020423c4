"""What users of other libraries reported as trouble, tried here: memory and time, state, NumPy's functions, questions.

Each test cites the threads. HIPS/autograd#13 is number 13 among the issues and pull requests of that repository.
"""

import gc
import threading
import tracemalloc
import warnings

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from anygrad.arrays.levels import current_level
from tests.conftest import leaf, require_device

# --- memory and time --------------------------------------------------------------------------------------------------


def test_memory_stays_flat_over_iterations():
    """HIPS/autograd#219, pytorch/pytorch#1111, #2361, #2498: memory that grows; here with the collector off."""
    x = np.ones(50_000)

    def step(w):
        gradient = ag.grad(lambda w: ag.sum(ag.tanh(w * x) ** 2))(w)
        product = ag.hvp(lambda w: ag.sum(ag.tanh(w * x) ** 2), (w,), (x,))[0]
        return w - 0.1 * gradient - 0.001 * product

    w = step(np.full(50_000, 0.5))
    gc.collect()
    gc.disable()
    try:
        tracemalloc.start()
        w = step(w)
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(20):
            w = step(w)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert after - before < x.nbytes


def test_a_running_sum_of_losses_keeps_every_graph_and_a_number_does_not():
    """pytorch/pytorch#64586: `total += loss` holds all graphs; `total += loss.item()` none."""
    x = Tensor(np.ones(100_000), requires_grad=True)
    total = 0.0
    tracemalloc.start()
    for _ in range(10):
        total += ag.sum(ag.exp(x)).item()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < x.data.nbytes
    assert total == pytest.approx(10 * 100_000 * np.e)


def test_reads_in_a_loop_cost_what_is_read(monkeypatch):
    """HIPS/autograd#157, #341, pytorch/pytorch#29973: each read's gradient was an array of zeros but for a row."""
    from anygrad.reverse import pullback

    made = []
    dense = pullback.Scatter.dense
    monkeypatch.setattr(pullback.Scatter, "dense", lambda self: made.append(1) or dense(self))
    x = Tensor(np.ones((200, 50)), requires_grad=True)
    total = 0.0
    for i in range(200):
        total = total + ag.sum(x[i] * float(i))
    total.backward()
    np.testing.assert_array_equal(x.grad.numpy()[:, 0], np.arange(200.0))
    assert len(made) == 1


def test_depth():
    """pytorch/pytorch#5534, karpathy/micrograd#90: deep graphs overflowed the stack, even when only freed."""
    x = y = leaf(1.0)
    for _ in range(50_000):
        y = y + y * 1e-6
    del y
    y = x
    for _ in range(50_000):
        y = y + y * 1e-6
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), (1 + 1e-6) ** 50_000)


def test_many_checkpoints_joined():
    """pytorch/pytorch#6959: thousands of checkpoints whose results meet overflowed the stack."""
    layer = ag.checkpoint(lambda x, w: ag.tanh(x * w))
    w = leaf(0.5)
    ag.sum(ag.stack([layer(float(i % 3) * ag.ones(1), w) for i in range(3000)])).backward()
    k = np.arange(3000) % 3
    np.testing.assert_allclose(w.grad.numpy(), [np.sum(k * (1 - np.tanh(0.5 * k) ** 2))], rtol=1e-9)


# --- state ------------------------------------------------------------------------------------------------------------


def test_threads_do_not_meet():
    """HIPS/autograd#659: traces of two threads shared a stack."""
    barrier = threading.Barrier(4)
    found = {}

    def work(k):
        def f(x):
            barrier.wait(10)
            out = x**k
            barrier.wait(10)
            return out

        found[k] = ag.grad(ag.grad(f))(2.0)

    threads = [threading.Thread(target=work, args=(k,)) for k in (2, 3, 4, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {k: k * (k - 1) * 2.0 ** (k - 2) for k in (2, 3, 4, 5)}


@pytest.mark.parametrize("transform", [ag.grad, ag.jacfwd, ag.vmap, ag.hessian])
def test_an_error_inside_leaves_nothing_behind(transform):
    """In HIPS autograd an exception inside `grad` leaves the trace's level raised."""

    def f(x):
        raise ZeroDivisionError

    level = current_level()
    with pytest.raises(ZeroDivisionError):
        transform(f)(np.ones(3))
    assert current_level() == level
    assert ag.grad(lambda x: x * x)(3.0) == 6.0


def test_a_value_kept_from_inside_is_still_a_value():
    """HIPS/autograd#362, #427: getting the number out of a box; JAX calls such a value a leaked tracer."""
    kept = []

    def f(x):
        kept.append(x)
        return ag.sum(x * x)

    ag.grad(f)(np.array([1.0, 2.0]))
    assert kept[0].tolist() == [1.0, 2.0]
    assert ag.sum(kept[0]).item() == 3.0
    value, aux = ag.grad(lambda x: (x * x, x + 1), has_aux=True)(3.0)
    assert (value, aux) == (6.0, 4.0)  # the way that leaves nothing behind


# --- NumPy's functions, and other array libraries ---------------------------------------------------------------------

X = np.array([0.5, 1.5, -0.7, 2.0])
NUMPY = {  # a few of those that HIPS/autograd#788 lists as without a gradient, or that have threads of their own
    "append": lambda x: np.append(x, 4.0)[:-1],  # HIPS/autograd#331
    "asarray": lambda x: np.concatenate([np.atleast_1d(part) for part in x]),  # HIPS/autograd#571
    "mean of a list": lambda x: np.mean(np.stack([x - 1, x + 1]), axis=0),  # HIPS/autograd#757
    "take": lambda x: np.take(x, [0, 1, 2, 3]),  # HIPS/autograd#109, #743
    "flip": lambda x: np.flip(np.flip(x)),  # HIPS/autograd#725
    "nan_to_num": lambda x: np.nan_to_num(x),
    "median": lambda x: x + 0 * np.median(x),
    "interp": lambda x: np.interp(x, np.array([-1.0, 3.0]), np.array([-1.0, 3.0])),
    "trapezoid": lambda x: x + 0 * np.trapezoid(x),
    "copysign": lambda x: np.copysign(np.abs(x), x),
}


@pytest.mark.parametrize("f", NUMPY.values(), ids=NUMPY)
def test_numpy_functions_have_gradients(f):
    np.testing.assert_allclose(ag.elementwise_grad(lambda x: f(x) ** 2)(X), 2 * X, rtol=1e-12)


def test_plain_numpy_keeps_the_gradient():
    """HIPS/autograd#423: `import numpy as np` in place of the wrapped copy gave zeros and a warning."""
    matrix = np.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(ag.jacobian(lambda x: np.dot(matrix, x))(np.arange(3.0)), matrix)


def test_code_that_asks_for_the_namespace():
    """HIPS/autograd#649: functions written against the array API standard."""

    def standardised(x):
        xp = x.__array_namespace__()
        return (x - xp.mean(x)) / xp.std(x, correction=1)

    ag.testing.check_grads(standardised, (X,))


def test_xarray_over_traced_arrays():
    """HIPS/autograd#647, #717: xarray made arrays of Python objects of them, or dropped the gradient."""
    xarray = pytest.importorskip("xarray")

    def f(x):
        data = xarray.DataArray(x, dims=("row", "column"), coords={"row": [10, 20]})
        scaled = np.exp(data / 4) * data.sel(row=20)
        return scaled.sum("row").max().data + data.mean().data

    def plain(x):
        return np.max(np.sum(np.exp(x / 4) * x[1], axis=0)) + np.mean(x)

    x = X.reshape(2, 2)
    np.testing.assert_allclose(ag.grad(f)(x), ag.grad(plain)(x), rtol=1e-12)


@pytest.mark.parametrize("device", ["dask:cpu", "strict:cpu", "torch:cpu", "jax:cpu"])
def test_other_array_libraries(device):
    """HIPS/autograd#46, #353, #397, cupy/cupy#1099: arrays of CuPy, Dask and others went unrecognised."""
    x = Tensor(X, device=require_device(device)).data
    gradient = ag.grad(lambda x: ag.sum(ag.tanh(x) ** 2))(x)
    assert type(gradient) is type(x)
    assert Tensor(gradient).device == device
    np.testing.assert_allclose(Tensor(gradient).numpy(), 2 * np.tanh(X) / np.cosh(X) ** 2, rtol=1e-12)


# --- questions that recur ---------------------------------------------------------------------------------------------


def test_a_second_backward_names_retain_graph():
    """davda54/sam#45 and more: trying to backward through the graph a second time."""
    x = leaf(3.0)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        y.backward()


def test_the_gradient_of_a_vector():
    """cybertronai/autograd-hacks#8 and more: grad can be implicitly created only for scalar outputs."""
    x = leaf(1.0, 2.0)
    (x * x).backward()  # that of the sum, as chainer/chainer#6260 asks for
    assert x.grad.tolist() == [2.0, 4.0]
    with pytest.raises(TypeError, match=r"must return a real scalar, given float64\(2,\); reduce it with sum"):
        ag.grad(lambda x: x * x)(np.ones(2))


def test_the_gradient_of_an_intermediate():
    """pytorch/pytorch#32708: the grad of a result is None, unless it is asked for before."""
    x = leaf(1.0, 2.0)
    y = x * x
    y.retain_grad()
    z = y * 3.0
    ag.sum(z).backward()
    assert y.grad.tolist() == [3.0, 3.0]
    assert z.grad is None


def test_gradients_add_up_until_they_are_forgotten():
    """The first surprise of PyTorch's newcomers, kept since code relies on it."""
    x = leaf(3.0)
    for _ in range(2):
        (x * x).backward()
    assert x.grad.tolist() == [12.0]
    x.zero_grad()
    assert x.grad is None


def test_second_derivatives_through_a_rule_of_ones_own():
    """chainer/chainer#4114: double backprop through an old-style function was wrong without a word."""

    @ag.custom_vjp
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, g: (3 * x**2 * g,))
    assert ag.grad(ag.grad(cube))(2.0) == 12.0
    assert ag.grad(ag.grad(ag.grad(cube)))(2.0) == 6.0


def test_a_jacobian_within_a_jacobian():
    """HIPS/autograd#107: the inner Jacobian did not multiply."""
    h = lambda x: ag.sin(x) * x[0]  # noqa: E731
    step = lambda x: ag.jacobian(h)(x) @ x  # noqa: E731
    x = np.array([0.5, 1.5])
    numeric = (step(x + np.array([1e-6, 0])) - step(x - np.array([1e-6, 0]))) / 2e-6
    np.testing.assert_allclose(ag.jacobian(step)(x)[:, 0], numeric, rtol=1e-6)


def test_what_does_not_depend_on_the_argument():
    """HIPS/autograd#423: a warning and zeros, where plain NumPy had lost the gradient. Here only a true constant."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(ag.grad(lambda x: 3.0)(np.ones(2)), np.zeros(2))
    with pytest.raises(RuntimeError, match="would lose the gradient"):
        ag.grad(lambda x: float(x[0]))(np.ones(2))
    with pytest.raises(RuntimeError, match="does not become a NumPy array by itself"):
        ag.grad(lambda x: np.asarray(x).sum())(np.ones(2))
