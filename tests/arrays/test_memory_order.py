"""How arrays lie in memory, on which it depends what is a view and in which order elements are read."""

import numpy as np
import pytest

import anygrad as ag

ORDERS = "CFAK"


def read_transposed(y, order):
    r = y.T.ravel(order)
    r[0] = 99.0
    return y, r


def read_of_columns(y, order):
    z = y.T.copy(order="F")
    r = z.ravel(order)
    r[1] = 99.0
    return z, r, z.flatten(order)


def read_of_three_axes(y, order):
    z = np.transpose(np.stack([y, 2 * y]), (1, 2, 0))
    r = np.ravel(z, order)
    r[1] = 99.0
    return z, r


def read_backwards(y, order):
    z = y[:, ::-1]
    r = np.ravel(z, order)
    r[1] = 99.0
    return y, z, r


def read_by_steps(y, order):
    z = y[:, ::2].T
    r = z.ravel(order)
    r[1] = 99.0
    return y, z, r


def reshaped(y, order):
    order = "C" if order == "K" else order
    r, q = y.T.reshape(2, 6, order=order), np.reshape(y, (6, 2), order=order)
    r[0, 1] = 99.0
    q[1, 1] = 7.0
    return y, r, q


def copied(y, order):
    made = np.copy(y.T, order=order), y.T.copy(order=order), np.zeros_like(y.T, order=order)
    parts = [c.ravel() for c in made]
    for i, part in enumerate(parts):
        part[i] = 99.0
    return *made, *parts


def multiplied_in_place(y, order):
    z = y.T.copy(order=order)
    z *= y.T.copy()
    r = z.ravel()
    r[1] = 99.0
    return z, r


def added_in_place(y, order):
    z = y.T.copy(order=order)
    np.add.at(z, (np.array([0, 0, 1]), np.array([1, 1, 2])), 5.0)
    r = z.ravel()
    r[1] = 99.0
    return z, r


def written_backwards(y, order):
    z = y.ravel().copy()
    np.subtract.at(np.flip(z), [4, 2], 1.0)
    v = z.ravel(order)
    v *= 2.0
    w = y.reshape(2, 6)[:, ::-1].copy()
    w[:, ::-1] += 1.0
    q = w.ravel(order)
    q[0] = 99.0
    return z, v, w, q


def copied_with_three_axes(y, order):
    z = np.copy(np.moveaxis(np.stack([y, 2.0 * y]), 0, -1), order=order)
    r, q = z.reshape(-1), z.ravel("K")
    r[1] = 99.0
    return z, r, q


def written_in_turn(y, order):
    z = y if order == "C" else y.T
    seen = []
    for v in z.flat:
        seen.append(v)
        y[...] = y + 1.0
    z.flat[3] = 5.0
    return y, *seen, z.flat[4], z.flat[-1]


def filled_flat(y, order):
    y.flat = [1.0, 2.0]
    z, w, u = (y.copy(order=order) for _ in range(3))
    z.T.flat = [3.0, 4.0, 5.0, 6.0, 7.0]
    w.flat = 3.0
    u.flat = y.T.copy()
    return y, z, w, u


PROGRAMS = [
    read_transposed,
    read_of_columns,
    read_of_three_axes,
    read_backwards,
    read_by_steps,
    reshaped,
    copied,
    multiplied_in_place,
    added_in_place,
    written_backwards,
    copied_with_three_axes,
    written_in_turn,
    filled_flat,
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_arrays_lie_in_memory_as_numpys(program, order):
    given = np.arange(12.0).reshape(3, 4)
    expected = program(given.copy(), order)
    recorded = program(ag.Tensor(given, requires_grad=True) * 1.0, order)
    elsewhere = program(ag.Tensor(given, requires_grad=True, device="strict:device1") * 1.0, order)
    pushed = ag.jvp(lambda x: program(x * 1.0, order), (given,), (np.ones_like(given),))[0]
    batched = ag.vmap(lambda x: program(x * 1.0, order))(np.stack([given, given + 1.0]))
    for wanted, *found in zip(expected, recorded, elsewhere, pushed, batched, strict=True):
        np.testing.assert_array_equal(found[0].detach().numpy(), wanted)
        np.testing.assert_array_equal(found[1].detach().numpy(), wanted)
        np.testing.assert_array_equal(found[2], wanted)
        np.testing.assert_array_equal(found[3][0], wanted)


def test_made_arrays_take_the_order_that_is_asked():
    x = ag.Tensor(np.ones((2, 3)), requires_grad=True)
    for made in (np.zeros((2, 3), order="F", like=x), np.array(x, order="F", like=x), np.full_like(x, 2.0, order="F")):
        assert made.flags.f_contiguous
        assert not made.flags.c_contiguous
    with pytest.raises(ValueError, match="order must be"):
        x.ravel("B")
    with pytest.raises(ValueError, match="'C', 'F' or 'A'"):
        x.reshape(3, 2, order="K")


def test_a_number_and_a_leaf_keep_their_shapes():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(AttributeError, match="is a number"):
        x[0].shape = (1,)
    with pytest.raises(RuntimeError, match="leaf"):
        x.shape = (2, 1)
    assert x.shape == (2,)
    with pytest.raises(ValueError, match="read-only"):
        (x * 1.0).imag[0] = 1.0


@pytest.mark.parametrize("lie", [np.s_[::2], np.s_[::-1], np.s_[:, ::2], np.s_[::2, :], np.s_[:, 0]])
def test_an_argument_lies_as_it_lay_when_it_is_written_to(lie):
    given = np.arange(24.0).reshape(6, 4)[lie]

    def f(v, write):
        write(v)
        r = v.ravel()
        r[0] = 10.0
        q = v.T.reshape(-1)
        q[1] = 20.0
        return v

    for write in (lambda v: v.__isub__(1.0), lambda v: v.__setitem__(0, 5.0), lambda v: v.__setitem__(..., v * 2.0)):
        held = np.zeros((6, 4))[lie]  # which lies so, and is nobody's
        held[...] = given
        expected = f(held, write)
        np.testing.assert_array_equal(ag.vjp(lambda v, w=write: f(v, w), given)[0], expected)
        np.testing.assert_array_equal(ag.jvp(lambda v, w=write: f(v, w), (given,), (given,))[0], expected)


def test_what_lies_in_another_order_is_copied_where_numpy_copies():
    y = ag.Tensor(np.ones((2, 3)), requires_grad=True) * 1.0
    for other in (
        np.asfortranarray(y, like=y),
        np.ascontiguousarray(y.T, like=y),
        np.asarray(y, order="F", like=y),
        np.array(y, order="F", copy=None, like=y),
        y.astype(np.float64, order="F", copy=False),
    ):
        other[0, 0] = 99.0
    assert y[0, 0].item() == 1.0
    assert np.asarray(y, order="C", like=y) is y
    assert np.ascontiguousarray(y[0, 0], like=y).shape == (1,)
