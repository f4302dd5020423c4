"""Views, writes and scalars as NumPy's: each small program by itself; tests/test_view_programs.py has random ones."""

import collections.abc
import copy
import gc
import numbers
import tracemalloc
import warnings

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from anygrad.arrays import views

X = np.array([[0.3, -0.7, 1.2], [0.9, 0.4, -1.1]])
WEIGHTS = np.array([[1.0, -2.0, 0.5], [0.7, 1.5, -0.3]])

WRITES = [
    "row = y[0]; row += 1",
    "y[0][1] = 5",
    "d = y.T; d[0] = 1",
    "d = y.T; d[0] = x[1, 1]; y[0, 0] *= 2; d[1] = d[0, 0] * 3",
    "for r in y: r *= 2",
    "y.ravel()[0] = x[1, 1]",
    "y.T.ravel()[0] = 7",
    "y[:, 1].ravel()[0] = 7",
    "y.flatten()[0] = 7",
    "a, b = y[0], y[1]; a[:] = b",
    "a, b = y; a[:], b[:] = b * 2, a * 3",
    "u = y[:, 1:]; u += x[:, 1:]",
    "y[::-1][0] = 1",
    "np.fill_diagonal(y, x[0, 0])",
    "np.einsum('ij->ji', y)[0] = 2",
    "y.reshape(3, 2)[1] = x[0, :2]",
    "y.T.reshape(-1)[0] = 9",
    "y.swapaxes(0, 1)[1] = x[:, 0]",
    "np.moveaxis(y, 0, 1)[2] *= x[0, 1]",
    "y[None][0, 1] = x[0]",
    "np.expand_dims(y, 0)[0, 0] = 3",
    "np.squeeze(y[:1])[:] = x[1]",
    "a, b = np.split(y, 2); a[:] = b * 2",
    "np.atleast_3d(y)[0] = 2",
    "y[0] += x[1]",
    "y[1:, 0] -= x[0, 0]",
    "y[[0, 0]] *= x[1]",
    "y[y > 0.5] = 0.5",
    "y[y > 0.5] *= x[0, 0]",
    "y.view()[0] = 1",
    "y.flat[2] = x[0, 0]",
    "y.flat[1:3] = x[0, :2]",
    "y.flat = x[0, 0]",
    "v = y[0]; w = v[1:]; w *= x[0, 0]; v[0] = w[0]",
    "z = y * (1 + 2j); z.real[0] = x[0]; z.imag[1] = x[1]; z.real *= 2; y = z.real * 2 + z.imag",
    "z = y + 0j; z.imag = x; z.real[0] = 1; y = (z * z).real",
    "y[0] = y[1]; y[1] = y[0] * 2",
    "k = y[0] * 2; y[0] = 1; y[1] = k",
    "x *= 2; y[0] = x[0]",
    "x[0] = x[1]; y[:] = x",
    "x[x > 0.5] = 0; y *= x",
    "y[0] = y[0][::-1]",
    "y[:] = y[:, ::-1]",
    "y.fill(x[0, 0])",
    "y.sort()",
    "np.copyto(y, x)",
    "y[0] = x[1][None]",
    "y.shape = (3, 2); y[0] = 1; y = y.reshape(2, 3)",
    "v = y[1]; y.shape = (6,); v[0] = 3; y[4] *= 2; y = y.reshape(2, 3)",
    "w = np.lib.stride_tricks.sliding_window_view(y[0], 2); y[0, 1] = x[0, 0]; y = y * np.sum(w)",
    "b = np.broadcast_to(y[0], (2, 3)); y[0, 1] = x[0, 0]; y = y + b",
    "d = np.diagonal(y); y[1, 1] = x[0, 0]; y = y * np.sum(d)",
    "t = y[0, 0]; h = []\n    for v in y[1]: t += v; h.append(t)\n    y[0, 0] = h[0] * h[1]",
    "s = np.sum(y); old = s; s += x; y = s * old",
    "c = (x > 0).sum(); m = c; c = c * 0.5; y *= c * m",
    "s = np.zeros((), like=x); o = s; s += x[0, 0]; s[...] = s * 2; y *= o",
    "v = y[0, 0, ...]; v += x[1, 1]; q = y[1, 0]; q += 5",
]
"""What happens to y = x * x between two lines of a program."""


def program(body):
    lines = "".join(f"    {line.strip()}\n" if "\n" not in line else f"    {line}\n" for line in body.split("; ", 99))
    if body.startswith("for ") or "\n" in body:
        lines = f"    {body}\n"
    names = {"np": np, "WEIGHTS": WEIGHTS}
    exec(f"def f(x):\n    y = x * x\n{lines}    return np.sum(np.sin(y) * WEIGHTS)\n", names)
    return names["f"]


def slopes(f, x):
    found = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = 1e-6
        found[i] = (f(x + step) - f(x - step)) / 2e-6
    return found


def plain(f):
    """A program on NumPy's arrays, which it may write to."""

    def run(x):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of setting a shape, since NumPy 2.5
            return float(f(x.copy()))

    return run


@pytest.mark.parametrize("body", WRITES)
def test_a_program_that_writes_means_what_it_means_in_numpy(body):
    f = program(body)
    given = X.copy()
    value, gradient = ag.value_and_grad(f)(given)
    expected = slopes(plain(f), X)
    np.testing.assert_allclose(value, plain(f)(X), rtol=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(ag.jvp(f, (given,), (WEIGHTS,))[1], np.sum(expected * WEIGHTS), rtol=1e-6, atol=1e-8)
    np.testing.assert_array_equal(given, X)
    if "y > 0.5" not in body and "x > 0.5" not in body:
        several = np.stack([X, X + 0.01])
        batch = ag.vmap(ag.grad(f))(several)
        np.testing.assert_allclose(batch, [ag.grad(f)(x) for x in several], rtol=1e-10, atol=1e-12)


def test_what_is_for_reading_alone_is_not_written_to():
    x = Tensor(np.ones((2, 2)))
    for part in (np.broadcast_to(x, (3, 2, 2)), np.diagonal(x), np.diag(x), np.broadcast_to(x[0], (2, 2))[0]):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 5.0
        with pytest.raises(ValueError, match="read-only"):
            part += 1
    assert x.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_a_view_of_a_leaf_is_written_to_where_the_leaf_is():
    w = Tensor(np.ones((2, 2)), requires_grad=True)
    for write in (lambda: w[0].__setitem__(0, 5.0), lambda: w.T.__imul__(2), lambda: w[1][0:1].fill(3.0)):
        with pytest.raises(RuntimeError, match="on a leaf that requires a gradient"):
            write()
    row = w[0]
    with ag.no_grad():
        row *= 3
    assert w.tolist() == [[3.0, 3.0], [1.0, 1.0]]
    assert w.is_leaf
    assert w.requires_grad


def test_the_arrays_of_others_are_left_alone():
    a = np.zeros((2, 3))
    x = Tensor(a)
    x[0] = 1.0
    part = Tensor(a[1:])
    part[0] = 2.0
    y = Tensor(np.zeros(3))
    held = y.numpy()
    y[0] = 5.0
    seen = memoryview(y.data)
    y[1] = 6.0
    assert not a.any()
    assert not held.any()
    assert list(seen) == [5.0, 0.0, 0.0]
    assert y.tolist() == [5.0, 6.0, 0.0]


def test_what_the_graph_has_saved_is_not_written_over():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 1.0
    y[0] = 3.0 * x[0]
    z = y * y
    y[:] = 0.0
    y += 1
    ag.sum(z).backward()
    np.testing.assert_allclose(x.grad.numpy(), [18.0, 4.0])


def test_a_gradient_that_was_given_or_taken_is_not_made_zero():
    x = Tensor(np.ones(3), requires_grad=True)
    y = x * 2.0
    seen = []
    y.register_hook(seen.append)
    y[0] = 5.0
    y.register_hook(seen.append)
    given = np.array([1.0, 2.0, 3.0])
    y.backward(given)
    assert given.tolist() == [1.0, 2.0, 3.0]
    assert [g.tolist() for g in seen] == [[1.0, 2.0, 3.0], [0.0, 2.0, 3.0]]
    assert x.grad.tolist() == [0.0, 4.0, 6.0]


def test_an_error_leaves_all_as_it_was():
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    y = x * 2.0
    y[0] = 0.0
    row = y[1]
    for write in (
        lambda: y.__setitem__(0, np.ones(5)),
        lambda: y.__setitem__(7, 1.0),
        lambda: row.__setitem__(slice(None), np.ones((2, 2))),
        lambda: row.__iadd__(np.ones(7)),
    ):
        with pytest.raises((ValueError, IndexError)):
            write()
    assert y.tolist() == [[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]]
    ag.sum(y).backward()
    assert x.grad.tolist() == [[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]]


def test_a_result_without_axes_is_a_number():
    x = Tensor([1.0, 2.0], requires_grad=True)
    for s in (x[0], ag.sum(x), x[0] * x[1], np.dot(x, x)):
        assert np.isscalar(s)
        assert isinstance(s, numbers.Number)
        assert isinstance(s, Tensor)
        assert not hasattr(s, "__len__")
        assert not isinstance(s, collections.abc.Iterable)
        with pytest.raises(TypeError, match="no length"):
            len(s)
        with pytest.raises(TypeError, match="does not change"):
            s[...] = 1.0
        before = s
        s += 1.0
        assert s is not before
    assert not isinstance(x, numbers.Number)
    assert isinstance(x, collections.abc.Iterable)


def test_a_filter_that_asks_whether_its_noise_is_a_number():
    """As filterpy's does: ``elif isscalar(Q): Q = eye(n) * Q``."""

    def predicted(q):
        noise = np.eye(2) * q if np.isscalar(q) else q
        return np.sum(np.ones((2, 2)) + noise)

    value, slope = ag.value_and_grad(lambda p: predicted(p[0]))(np.array([3.0]))
    assert (float(value), slope.tolist()) == (10.0, [2.0])


@pytest.mark.parametrize("device", ["cpu", "strict:device1"])
def test_arrays_without_axes_are_arrays(device):
    x = Tensor([2.0], device=device)
    for array in (Tensor(1.0, device=device), ag.reshape(x, ()), x[0, ...], ag.squeeze(x, axis=0)):
        other = array
        other += 1
        assert other is array
        assert not np.isscalar(array)
    assert x.tolist() == [5.0]


def test_attributes_of_views():
    y = Tensor(np.arange(6.0).reshape(2, 3))
    row = y[0]
    assert row.base is y
    assert row[1:].base is y
    assert y.base is None
    assert y.flags.c_contiguous
    assert not y.T.flags.c_contiguous
    assert y.T.flags.f_contiguous
    with pytest.raises(ValueError, match="shares its elements"):
        y.resize(3)
    z = Tensor([1.0, 2.0])
    z.resize(2, 2)
    assert z.tolist() == [[1.0, 2.0], [0.0, 0.0]]
    with pytest.raises(AttributeError, match="not contiguous"):
        y.T.shape = (6,)
    with pytest.raises(TypeError, match="no imaginary part"):
        y.imag = 1.0
    with pytest.raises(TypeError, match="have no derivative"):
        y.view(np.int64)
    with pytest.raises(IndexError):
        y.flat[6] = 1.0


def test_what_is_written_through_a_mask_is_read_before():
    """NumPy itself gives [3, 2, 3] here, and [3, 2, 1] by a slice or by indices."""
    x = np.array([1.0, 2.0, 3.0])

    def f(x):
        t = x * 1.0
        t[[True, True, True]] = np.flip(t)
        return np.sum(t * x)

    value, gradient = ag.value_and_grad(f)(x)
    assert (float(value), gradient.tolist()) == (10.0, [6.0, 4.0, 2.0])


def test_a_copy_shares_nothing():
    y = Tensor(np.zeros((2, 2)))
    for twin in (copy.copy(y), copy.deepcopy(y), y.copy(), np.copy(y), y.flatten(), np.tile(y, 1), np.repeat(y, 1)):
        twin[0] = 5.0
    for grid in np.meshgrid(y[0], y[1]):
        grid += 1
    assert not y.numpy().any()


def test_memory_returns_without_the_collector():
    def run():
        x = Tensor(np.ones((50, 50)), requires_grad=True)
        y = x * 1.0
        rows = [y[i] for i in range(50)]
        for row in rows:
            row *= 2
        y.T[0] = rows[3]
        ag.sum(y * y).backward()
        with pytest.raises(IndexError):
            y[99] = 1.0

    run()
    gc.collect()
    gc.disable()
    try:
        tracemalloc.start()
        for _ in range(5):
            run()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(5):
            run()
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        gc.enable()
    assert after - before < 50 * 50 * 8


def test_a_chain_of_views_and_many_dead_ones():
    y = Tensor(np.arange(3_000.0))
    part = y
    for _ in range(2_000):
        part = part[1:]
    part[0] = -1.0
    assert y[2_000].item() == -1.0
    for i in range(1_000):
        y[i : i + 2]
    assert len(views.view_of(y).parts) < 100
    del part, y


def test_what_is_read_twice_has_gradients_of_its_own():
    x = Tensor(np.ones(8), requires_grad=True)
    y = x * 1.0
    y[0] = 2.0 * x[0]
    a = y[0]
    b = y[0]
    a.retain_grad()
    (a * 3.0 + b * 5.0 + y[0] * 7.0 + y[0]).backward()
    assert (a.grad.item(), x.grad.tolist()) == (3.0, [32.0] + 7 * [0.0])


def test_what_is_read_again_is_what_was_written_since():
    x = Tensor(np.ones(8), requires_grad=True)
    y = x * 1.0
    y[0] = 2.0 * x[0]
    total = y[0] * 1.0
    with ag.no_grad():
        y[0] = 7.0
    total = total + y[0]
    y.data = np.full(8, 9.0)
    total = total + y[0]
    y[0] = 3.0 * x[0]
    assert [total.item(), (total + y[0]).item()] == [18.0, 21.0]


COPIES = {
    "pad by nothing": lambda y: np.pad(y, 0),
    "block of one": np.block,
    "sparse meshgrid": lambda y: np.meshgrid(y[0], y[0], sparse=True)[0],
    "part of flat": lambda y: y.flat[0:2],
    "all of flat": lambda y: y.flat[...],
}


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_what_numpy_copies_is_a_copy(make) -> None:
    for y in (np.arange(9.0).reshape(3, 3), Tensor(np.arange(9.0).reshape(3, 3))):
        make(y)[...] = 77.0
        np.testing.assert_array_equal(np.asarray(y[...]), np.arange(9.0).reshape(3, 3))


def test_a_part_given_another_shape_is_written_through_its_base() -> None:
    x = Tensor(np.arange(4.0))
    part = x[:2]
    part.shape = (2, 1)
    x[0] = 7.0
    part[1] = 3.0
    np.testing.assert_array_equal(x.numpy(), [7.0, 3.0, 2.0, 3.0])
    np.testing.assert_array_equal(part.numpy(), [[7.0], [3.0]])


def test_nan_to_num_in_place() -> None:
    y = Tensor([np.nan, 1.0])
    assert np.nan_to_num(y, copy=False) is y
    np.testing.assert_array_equal(y.numpy(), [0.0, 1.0])
