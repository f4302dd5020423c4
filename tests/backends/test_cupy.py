"""CuPy's arrays: what only a GPU can show. ``python -m pytest -m gpu`` runs it, and all else that can run on one."""

from __future__ import annotations

import contextlib
import gc

import numpy as np
import pytest

import anygrad as ag
from tests.backends.on_cuda import MATRIX, gpu, on_cuda, on_host, rng, without_waiting
from tests.conftest import require_device

KEY = np.array([0, -1, 0, 2, 0])


# --- gradients --------------------------------------------------------------------------------------------------------


@gpu
def test_gradients_stay_on_the_device():
    import cupy

    def f(x):
        return ag.sum(ag.tanh(x @ ag.matrix_transpose(x)) @ x * x + x[0])

    x = on_cuda(MATRIX, requires_grad=True)
    f(x).backward()
    assert type(x.grad.data) is cupy.ndarray
    assert (x.device, x.grad.device) == ("cuda", "cuda")
    np.testing.assert_allclose(on_host(x.grad), ag.grad(f)(MATRIX), rtol=1e-12)
    assert type(ag.grad(f)(x.data)) is cupy.ndarray


@gpu
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64"])
def test_a_zero_cotangent_stays_zero(dtype):
    x = ag.Tensor([0, 4], device="cuda", dtype=dtype, requires_grad=True)
    ag.sum(ag.real(ag.where(on_cuda([False, True]), ag.sqrt(x), x))).backward()
    np.testing.assert_allclose(on_host(x.grad), [1, 0.25], rtol=1e-3)


@gpu
def test_a_graph_is_freed_hooks_run_and_gradients_add_up():
    import cupy

    pool = cupy.get_default_memory_pool()
    x = on_cuda(np.ones(1 << 18), requires_grad=True)
    (x * x).backward()  # compiles, and makes the gradient
    x.zero_grad()
    gc.collect()
    gc.disable()
    try:
        base = pool.used_bytes()
        y = ag.exp(x) * x
        held = pool.used_bytes()
        assert held >= base + 2 * x.data.nbytes
        seen = []
        y.register_hook(lambda g: seen.append(g.device))
        loss = ag.sum(y)
        loss.backward(retain_graph=True)
        loss.backward()
        with pytest.raises(RuntimeError, match="retain_graph=True"):
            loss.backward()
        np.testing.assert_allclose(on_host(x.grad)[:3], 4 * np.e, rtol=1e-12)
        assert seen == ["cuda", "cuda"]
        assert (x.grad.dtype, x.grad.shape) == (x.dtype, x.shape)
        del y, loss
        x.zero_grad()
        assert pool.used_bytes() == base
    finally:
        gc.enable()


@gpu
def test_a_long_chain_runs_and_is_freed():
    x = on_cuda([1.0], requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y * 1.0001
    y.backward()
    np.testing.assert_allclose(on_host(x.grad), [1.0001**20_000], rtol=1e-9)


# --- indexing ---------------------------------------------------------------------------------------------------------

DTYPES = ["float16", "float32", "float64", "complex64", "complex128"]
OTHER_DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@gpu
@pytest.mark.parametrize("in_order", [False, True])
@pytest.mark.parametrize("dtype", DTYPES + OTHER_DTYPES)
def test_values_for_one_place_are_all_added(dtype, in_order):
    x, values = (np.asarray(rng.integers(0, 5, shape)).astype(dtype) for shape in ((4, 3), (5, 3)))
    expected = x.copy()
    np.add.at(expected, KEY, values)
    with ag.cuda.deterministic() if in_order else contextlib.nullcontext():
        got = ag.index_add(on_cuda(x), on_cuda(values), on_cuda(KEY).data)
        assert got.dtype == x.dtype
        np.testing.assert_array_equal(on_host(got), expected)
        if dtype in DTYPES:
            leaf = on_cuda(x, requires_grad=True)
            ag.sum(ag.real(leaf[on_cuda(KEY)] * on_cuda(values))).backward()
            wanted = np.zeros_like(x)
            np.add.at(wanted, KEY, values)
            assert leaf.grad.dtype == x.dtype
            np.testing.assert_array_equal(on_host(leaf.grad), wanted)
    written = on_host(ag.index_set(on_cuda(x), on_cuda(values), on_cuda(KEY).data))
    expected = x.copy()
    expected[[2, 3, 0]] = values[[3, 1, 4]]
    np.testing.assert_array_equal(written, expected)


@gpu
@pytest.mark.parametrize("in_order", [False, True])
def test_an_index_out_of_bounds_wraps_around(in_order):
    key = on_cuda([4, -5, 9]).data
    x = on_cuda(np.arange(4.0), requires_grad=True)
    with ag.cuda.deterministic() if in_order else contextlib.nullcontext():
        taken = x[key]
        ag.sum(taken * on_cuda([1.0, 10.0, 100.0])).backward()
    assert taken.tolist() == [0.0, 3.0, 1.0]
    assert x.grad.tolist() == [1.0, 100.0, 0.0, 10.0]


@gpu
def test_sums_in_order_are_the_same_each_time():
    n = 100_000
    key = on_cuda(rng.integers(0, 7, n)).data
    values = on_cuda((rng.normal(size=n) * 10.0 ** rng.integers(-6, 6, n)).astype(np.float32))

    def sums():
        leaf = on_cuda(np.zeros(7, np.float32), requires_grad=True)
        ag.sum(leaf[key] * values).backward()
        added = ag.index_add(leaf.detach(), values, key)
        return [on_host(x).tobytes() for x in (leaf.grad, added, ag.segment_sum(values, on_cuda(on_host(key)), 7))]

    with ag.cuda.deterministic():
        first = sums()
        assert all(sums() == first for _ in range(10))
    exact = np.zeros(7)
    np.add.at(exact, on_host(key), on_host(values).astype(np.float64))
    np.testing.assert_allclose(np.frombuffer(first[1], np.float32), exact, rtol=1e-4)


@gpu
def test_one_value_is_written_through_a_mask_without_waiting():
    x = on_cuda(MATRIX, requires_grad=True)
    with without_waiting():
        y = x * 2
        y[y > 0] = 0.0
        ag.sum(y * y).backward()
    np.testing.assert_allclose(on_host(y), np.minimum(2 * MATRIX, 0))
    np.testing.assert_allclose(on_host(x.grad), np.where(MATRIX > 0, 0, 8 * MATRIX))


# --- linear algebra: what cuSOLVER does not say -----------------------------------------------------------------------


@gpu
def test_what_has_no_factor_gives_nan_and_an_error_on_request():
    import cupyx

    good, bad = np.array([[4.0, 2.0], [2.0, 3.0]]), np.array([[1.0, 2.0], [2.0, 1.0]])
    factors = on_host(ag.linalg.cholesky(on_cuda(np.stack([good, bad, good]))))
    np.testing.assert_allclose(factors[0], np.linalg.cholesky(good))
    assert np.isnan(factors[1]).all()
    np.testing.assert_allclose(factors[2], factors[0])
    assert np.isnan(on_host(ag.linalg.cholesky(on_cuda(bad), upper=True))).all()
    assert not np.isfinite(on_host(ag.linalg.solve(on_cuda(np.zeros((2, 2))), on_cuda([1.0, 2.0])))).all()
    with cupyx.errstate(linalg="raise"):
        with pytest.raises(np.linalg.LinAlgError):
            ag.linalg.cholesky(on_cuda(bad))
        np.testing.assert_allclose(on_host(ag.linalg.cholesky(on_cuda(good))), factors[0])


@gpu
def test_remainders_of_large_quotients_and_of_infinities():
    x1, x2 = (x.ravel() for x in np.meshgrid([0.0, -0.0, 1.0, -1.0, 1e17, -7.5, np.inf], [3.0, -2.5, np.inf, -np.inf]))
    with np.errstate(invalid="ignore"):
        expected = np.remainder(x1, x2)
    got = on_host(ag.remainder(on_cuda(x1), on_cuda(x2)))
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(expected))


# --- several devices --------------------------------------------------------------------------------------------------


@pytest.fixture(params=["another is current", "it is current"])
def second(request):
    """The second device, with either of two being CuPy's current one."""
    device = require_device("cuda:1")
    import cupy

    with cupy.cuda.Device(request.param == "it is current"):
        yield device


@gpu
def test_results_lie_where_their_operands_do(second):
    x = on_cuda(MATRIX, requires_grad=True, device=second)
    key = on_cuda([0, 0, 2], device=second)
    results = {
        "zeros": ag.zeros(3, device=second),
        "arange": ag.arange(3, device=second),
        "linspace": ag.linspace(0, 1, 3, device=second),
        "eye": ag.eye(2, device=second),
        "full": ag.full(2, 3.0, device=second),
        "list": ag.asarray([1.0, 2.0], device=second),
        "zeros_like": ag.zeros_like(x),
        "frequencies": ag.fft.fftfreq(4, device=second),
        "random": ag.random.default_rng(0, second).normal(size=2),
        "permutation": ag.random.default_rng(0, second).permutation(3),
        "exp": ag.exp(x),
        "clip": ag.clip(x, -1.0, 1.0),
        "remainder": x % 2.0,
        "read": x[key],
        "written": ag.index_set(x, 1.0, key.data),
        "added": ag.index_add(x, 1.0, key.data),
        "sorted": ag.sort(x),
        "stack": ag.stack([x, x]),
        "sum": ag.sum(x),
        "solved": ag.linalg.solve(x[:3], x[0]),
        "transformed": ag.fft.fft(x),
        "bessel": ag.special.jv(1.5, ag.abs(x)),
    }
    assert {name: y.device for name, y in results.items() if y.device != second} == {}
    loss = ag.sum(ag.exp(x) * x + x[0]) + ag.sum(x[key] * x[1]) + ag.sum(ag.clip(x, -1.0, 1.0) ** 2)
    loss.backward()
    assert x.grad.device == second
    expected = ag.grad(
        lambda x: (
            ag.sum(ag.exp(x) * x + x[0]) + ag.sum(x[np.array([0, 0, 2])] * x[1]) + ag.sum(ag.clip(x, -1.0, 1.0) ** 2)
        )
    )(MATRIX)
    np.testing.assert_allclose(on_host(x.grad), expected, rtol=1e-10)


@gpu
def test_gradients_cross_between_devices(second):
    x = on_cuda(MATRIX, requires_grad=True)
    w = on_cuda(MATRIX, requires_grad=True, device=second)
    there = ag.tanh(x).to(second)
    loss = ag.sum((there * w).to("cuda") * x) + ag.sum((there[:, ::2].to("cuda") ** 2).to(second)).to("cuda")
    loss.backward()
    assert (loss.device, x.grad.device, w.grad.device) == ("cuda", "cuda", second)

    def f(x, w):
        return ag.sum(ag.tanh(x) * w * x) + ag.sum(ag.tanh(x)[:, ::2] ** 2)

    for got, wanted in zip((x.grad, w.grad), ag.grad(f, (0, 1))(MATRIX, MATRIX)):
        np.testing.assert_allclose(on_host(got), wanted, rtol=1e-10)
    with pytest.raises(ValueError, match=r"'cuda' and 'cuda:1'.*\.to\("):
        x + w


# --- streams and the host ---------------------------------------------------------------------------------------------

SQUARE = MATRIX[:3] @ MATRIX[:3].T + 3 * np.eye(3)
IMAGE = rng.normal(size=(2, 3, 5, 5))

QUIET = {
    "elementwise": lambda x: ag.sum(ag.tanh(x) * ag.exp(-x * x) / (1 + x * x)),
    "products": lambda x: ag.sum((x @ ag.matrix_transpose(x)) @ x) + ag.sum(ag.einsum("ij,kj->ik", x, x)),
    "reductions": lambda x: ag.max(x) + ag.mean(x) + ag.var(x) + ag.prod(x[0]) + ag.special.logsumexp(x),
    "bounds": lambda x: ag.sum(ag.clip(x, -0.5, 0.5) + ag.maximum(x, 0.1) + ag.sign(x) * x),
    "slices": lambda x: ag.sum(x[:, 1:] * x[:, :-1]) + x[0, 0],
    "choices": lambda x: ag.sum(ag.where(x > 0, ag.sqrt(ag.abs(x)), x)),
    "running": lambda x: ag.sum(ag.cumulative_sum(x, axis=0) * ag.sort(x, axis=0)),
    "softmax": lambda x: -ag.sum(ag.special.log_softmax(x, axis=1)[:, 0]),
    "transform": lambda x: ag.sum(ag.abs(ag.fft.rfft(x)) ** 2),
    "matrices": lambda x: ag.sum(ag.linalg.solve(SQUARE_ON(x) + ag.matrix_transpose(x) @ x, x[0])),
    "factors": lambda x: (
        ag.sum(ag.linalg.cholesky(SQUARE_ON(x) + ag.matrix_transpose(x) @ x))
        + ag.linalg.slogdet(SQUARE_ON(x) + ag.matrix_transpose(x) @ x).logabsdet
    ),
    "spectra": lambda x: ag.sum(ag.linalg.eigvalsh(ag.matrix_transpose(x) @ x)) + ag.sum(ag.linalg.svdvals(x)),
}


def SQUARE_ON(x):
    return ag.asarray(SQUARE, device=x.device)


@gpu
@pytest.mark.parametrize("f", QUIET.values(), ids=QUIET)
def test_nothing_waits_for_the_device(f):
    x = on_cuda(MATRIX, requires_grad=True)
    direction = on_cuda(np.ones((4, 3))).data
    with without_waiting():
        f(x).backward()
        first = ag.grad(f)(x.data)
        _, pushed = ag.jvp(f, (x.data,), (direction,))
        second = ag.hvp(f, (x.data,), (direction,))[0]
    np.testing.assert_allclose(on_host(first), ag.grad(f)(MATRIX), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(on_host(x.grad), on_host(first), rtol=1e-12)
    np.testing.assert_allclose(on_host(pushed), np.sum(on_host(first)), rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(on_host(second), ag.hvp(f, (MATRIX,), (np.ones((4, 3)),))[0], rtol=1e-7, atol=1e-8)


@gpu
def test_nothing_waits_in_a_training_step():
    key = on_cuda(KEY % 4).data
    labels = on_cuda([[0], [1], [2], [1], [0]]).data
    kernel, table = (on_cuda(rng.normal(size=shape), requires_grad=True) for shape in ((4, 3, 3, 3), (4, 3)))
    image = on_cuda(IMAGE)
    numbers = ag.random.default_rng(0, "cuda")

    def step():
        features = ag.sum(ag.special.relu(ag.conv(image, kernel)), axis=(2, 3))
        rows = table[key] + 0.1 * numbers.normal(size=(5, 3))
        scores = ag.special.log_softmax(rows, axis=1)
        loss = -ag.sum(ag.take_along_axis(scores, labels, axis=1)) + ag.mean(features**2)
        loss = loss + ag.sum(ag.segment_sum(rows, key, 4) ** 2)
        loss.backward()
        with ag.no_grad():
            for weights in (kernel, table):
                weights -= 0.1 * weights.grad
                weights.zero_grad()
        return loss

    with without_waiting():
        step()
        with ag.cuda.deterministic():
            loss = step()
    assert np.isfinite(on_host(loss))


@gpu
def test_the_test_for_waiting_finds_it():
    import cupyx

    x = on_cuda(MATRIX)
    for wait in (lambda: x.tolist(), lambda: bool(ag.any(x > 0)), lambda: x[x > 0], lambda: ag.synchronize("cuda")):
        with pytest.raises(cupyx.DeviceSynchronized), without_waiting():
            wait()


@gpu
def test_all_work_is_put_on_the_current_stream():
    """While a stream is recorded as a CUDA graph, a wait and work on another stream that it needs are errors."""
    import cupy

    def f(x):
        return ag.sum(ag.tanh(x) * ag.exp(-x * x) + ag.where(x > 0, ag.sqrt(ag.abs(x)), x)[:, ::-1])

    x = on_cuda(MATRIX)
    with cupy.cuda.Stream(non_blocking=True) as stream:
        ag.grad(f)(x.data)  # compiles, and leaves memory for the next time
        stream.synchronize()
        stream.begin_capture()
        gradient = ag.grad(f)(x.data)
        graph = stream.end_capture()
        graph.launch(stream)
        stream.synchronize()
    np.testing.assert_allclose(on_host(gradient), ag.grad(f)(MATRIX), rtol=1e-12)
