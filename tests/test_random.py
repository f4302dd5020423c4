"""anygrad.random: NumPy's generator, on any device."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag
from anygrad.backends import backend_of

DRAWS = {
    "random": lambda rng: rng.random((3, 2)),
    "standard_normal": lambda rng: rng.standard_normal(4),
    "standard_exponential": lambda rng: rng.standard_exponential((2, 2)),
    "uniform": lambda rng: rng.uniform(-1.0, 3.0, size=5),
    "normal": lambda rng: rng.normal(10.0, 0.5, (2, 3)),
    "exponential": lambda rng: rng.exponential(3.0, size=4),
    "integers": lambda rng: rng.integers(-3, 40, size=(2, 3)),
    "integers of a dtype": lambda rng: rng.integers(0, 256, size=5, dtype=np.uint8),
    "integers with the end": lambda rng: rng.integers(6, size=8, endpoint=True),
    "permutation": lambda rng: rng.permutation(7),
    "choice": lambda rng: rng.choice(5, size=(2, 2)),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_on_the_host_the_numbers_are_numpys(draw):
    rng, of_numpy = ag.random.default_rng(7), np.random.default_rng(7)
    for _ in range(2):
        got, wanted = draw(rng), draw(of_numpy)
        assert (got.shape, got.dtype) == (wanted.shape, wanted.dtype)
        np.testing.assert_array_equal(got.numpy(), wanted)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_seed_gives_the_same_numbers_again_where_it_was_asked(device, draw):
    first, again, other = (draw(ag.random.default_rng(seed, device)) for seed in (1, 1, 2))
    assert isinstance(first, ag.Tensor)
    assert (first.device, first.requires_grad) == (device, False)
    assert backend_of(first.data) is backend_of(ag.zeros(1, device=device).data)
    assert first.tolist() == again.tolist() != other.tolist()
    expected = draw(np.random.default_rng(1))
    assert (first.shape, first.dtype.kind) == (expected.shape, expected.dtype.kind)


def test_the_numbers_are_distributed_as_they_should_be(device):
    n = 20_000
    rng = ag.random.default_rng(3, device)
    for draws, mean, variance, low, high in (
        (rng.random(n), 0.5, 1 / 12, 0.0, 1.0),
        (rng.uniform(-2.0, 4.0, n), 1.0, 3.0, -2.0, 4.0),
        (rng.normal(5.0, 2.0, n), 5.0, 4.0, -np.inf, np.inf),
        (rng.exponential(3.0, n), 3.0, 9.0, 0.0, np.inf),
        (rng.integers(-5, 5, n), -0.5, 8.25, -5, 5),
        (rng.integers(3, 6, n, endpoint=True), 4.5, 1.25, 3, 7),
        (rng.choice(ag.asarray([1.0, 3.0], device=device), n), 2.0, 1.0, 1.0, 3.5),
    ):
        x = draws.to("cpu").numpy()
        assert x.shape == (n,)
        assert abs(x.mean() - mean) < 6 * np.sqrt(variance / n)
        assert abs(x.var() - variance) < 0.1 * variance
        assert low <= x.min() <= x.max() < high
        assert len(np.unique(x)) > 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_dtype_is_taken_or_comes_from_the_parameters(device, dtype):
    rng = ag.random.default_rng(0, device)
    assert rng.random(2, dtype=dtype).dtype == rng.normal(size=2, dtype=dtype).dtype == np.dtype(dtype)
    parameter = ag.ones(2, dtype=dtype, device=device)
    for draw in (rng.normal(parameter), rng.uniform(0.0, parameter), rng.exponential(parameter)):
        assert (draw.dtype, draw.shape, draw.device) == (np.dtype(dtype), (2,), device)


def test_integers_as_parameters_give_the_default_dtype():
    assert ag.random.default_rng(0).normal(np.array([1, 2])).dtype == np.float64


def test_gradients_travel_back_to_the_parameters(device):
    loc, scale = (ag.Tensor(v, device=device, requires_grad=True) for v in ([1.0, 2.0], [[0.5], [3.0]]))
    rng = ag.random.default_rng(0, device)
    drawn = rng.normal(loc, scale)
    assert drawn.shape == (2, 2)
    ag.sum(drawn).backward()
    noise = ag.random.default_rng(0, device).standard_normal((2, 2)).to("cpu").numpy()
    np.testing.assert_array_equal(loc.grad.to("cpu").numpy(), [2.0, 2.0])
    np.testing.assert_allclose(scale.grad.to("cpu").numpy(), noise.sum(axis=1, keepdims=True), rtol=1e-12)
    low, high = (ag.Tensor(v, device=device, requires_grad=True) for v in (0.0, 2.0))
    u = rng.uniform(low, high, size=3)
    ag.sum(u).backward()
    share = u.detach().to("cpu").numpy() / 2
    np.testing.assert_allclose(high.grad.item(), share.sum(), rtol=1e-12)
    np.testing.assert_allclose(low.grad.item(), (1 - share).sum(), rtol=1e-12)


def test_draws_are_constants_to_the_transforms():
    def f(x):
        return ag.sum(ag.random.default_rng(0).normal(x, 2.0) ** 2)

    x = np.array([1.0, -1.0])
    noise = 2 * np.random.default_rng(0).standard_normal(2)
    np.testing.assert_allclose(ag.grad(f)(x), 2 * (x + noise))
    np.testing.assert_allclose(ag.jvp(f, (x,), (np.ones(2),))[1], np.sum(2 * (x + noise)))
    np.testing.assert_allclose(ag.hessian(f)(x), 2 * np.eye(2))
    batch = np.stack([x, 3 * x])
    np.testing.assert_allclose(ag.vmap(ag.grad(f))(batch), 2 * (batch + noise))  # the same noise for each member


def test_a_permutation_has_every_part_once_and_carries_gradients(device):
    rng = ag.random.default_rng(0, device)
    assert sorted(rng.permutation(50).tolist()) == list(range(50))
    x = ag.Tensor(np.arange(12.0).reshape(3, 4), device=device, requires_grad=True)
    for axis in (0, 1, -1):
        shuffled = rng.permutation(x, axis=axis)
        assert shuffled.device == device
        np.testing.assert_array_equal(np.sort(shuffled.detach().to("cpu").numpy(), axis=axis), x.detach().cpu().numpy())
    ag.sum(shuffled * shuffled).backward()
    np.testing.assert_array_equal(x.grad.to("cpu").numpy(), 2 * np.arange(12.0).reshape(3, 4))
    chosen = rng.choice(x, 3, replace=False)
    assert sorted(chosen.detach()[:, 0].tolist()) == [0.0, 4.0, 8.0]
    assert rng.choice(x, (2, 5)).shape == (2, 5, 4)
    assert rng.choice(4).shape == ()


def test_it_is_the_default_devices_unless_told_otherwise(device):
    with ag.device(device):
        assert ag.random.default_rng(0).device == ag.random.default_rng(0).random(2).device == device
    assert repr(ag.random.default_rng(0, "cpu")) == "Generator(device='cpu')"
    assert ag.random.default_rng().random().shape == ()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda rng: rng.random(2, dtype="float16"),
            TypeError,
            "random: dtype must be float32 or float64, given float16",
        ),
        (lambda rng: rng.normal(size=2, dtype=complex), TypeError, "standard_normal: dtype must be float32 or float64"),
        (lambda rng: rng.integers(1.5), TypeError, "integers: low must be an integer, given 1.5"),
        (lambda rng: rng.integers(0, "a"), TypeError, "integers: high must be an integer, given 'a'"),
        (lambda rng: rng.integers(3, 3), ValueError, "low >= high"),
        (
            lambda rng: rng.permutation([1, 2]),
            TypeError,
            r"permutation: x must be an array or an integer, given \[1, 2\]",
        ),
        (lambda rng: rng.choice("ab"), TypeError, "choice: a must be an array or an integer, given 'ab'"),
        (lambda rng: rng.choice(3, 4, replace=False), ValueError, "choice: 4 of 3 asked for; pass replace=True"),
        (lambda rng: ag.random.default_rng(0, "warp"), ValueError, "unknown device 'warp'"),
    ],
)
def test_wrong_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(ag.random.default_rng(0))
