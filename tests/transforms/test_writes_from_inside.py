"""Writes that a function under a transform does to what is not its own: outer arrays, and arrays that it was lent."""

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor


def test_an_outer_array_written_under_grad_keeps_its_outer_derivative() -> None:
    def f(x):
        y = np.zeros(2, like=x)

        def g(z):
            y[0] = z * x[1]
            return np.sum(y)

        inner = ag.grad(g)(x[0])
        return np.sum(y) + inner

    value, gradient = ag.value_and_grad(f)(np.array([1.0, 2.0]))
    assert value == 4.0
    np.testing.assert_array_equal(gradient, [2.0, 2.0])


def test_an_outer_array_written_through_a_view_and_by_a_pullback() -> None:
    def f(x):
        y = np.zeros(4, like=x)
        head = y[:3]

        def g(z):
            for i in range(3):
                head[i] = z * x[i]
            return head

        out, pullback = ag.vjp(g, x[0])
        y[3] = y[1] * x[2]
        return np.sum(out * out) + pullback(np.ones(3))[0] + np.sum(y)

    def plain(x):
        return np.sum((x[0] * x) ** 2) + np.sum(x) + np.sum(x[0] * x) + x[0] * x[1] * x[2]

    x = np.array([1.5, 2.0, 3.0])
    value, gradient = ag.value_and_grad(f)(x)
    assert float(value) == pytest.approx(plain(x))
    np.testing.assert_allclose(gradient, ag.grad(plain)(x))


def test_perturbations_of_two_transforms_are_not_confused() -> None:
    def f(x):
        y = np.zeros(1, like=x)

        def g(z):
            y[0] = z
            return np.sum(y)

        ag.jvp(g, (x[0],), (1.0,))
        return ag.jvp(lambda z: np.sum(y) + 0 * z, (x[1],), (1.0,))[1]

    value, tangent = ag.jvp(f, (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    assert (float(value), float(tangent)) == (0.0, 0.0)


def test_an_array_made_outside_is_of_its_own_level_again_also_after_an_error() -> None:
    y = Tensor(np.zeros(2))

    def g(z):
        y[0] = z
        if z > 3:
            raise KeyError("stop")
        return np.sum(y)

    assert ag.grad(g)(3.0) == 1.0
    with pytest.raises(KeyError):
        ag.grad(g)(4.0)
    assert type(y) is Tensor
    np.testing.assert_array_equal(y.numpy(), [4.0, 0.0])
    assert ag.grad(lambda z: z * np.sum(y))(2.0) == 4.0


def test_jacobian_leaves_the_callers_array_as_it_was() -> None:
    def f(x):
        x[0] *= x[1]
        return x * 1.0

    x = np.array([2.0, 3.0])
    np.testing.assert_array_equal(ag.jacobian(f)(x), [[3.0, 2.0], [0.0, 1.0]])
    np.testing.assert_array_equal(x, [2.0, 3.0])


def _doubled(y):
    y *= 2.0
    return np.sum(y * y)


def _with_a_writing_fwd():
    f = ag.custom_vjp(lambda y: np.sum(y * y))
    f.defvjp(lambda y: (_doubled(y), y), lambda y, g: (2 * y * g,))
    return f


def _with_a_writing_rule():
    f = ag.custom_jvp(lambda y: np.sum(y * y))
    f.defjvp(lambda primals, tangents: (_doubled(*primals), np.sum(2 * primals[0] * tangents[0])))
    return f


@pytest.mark.parametrize("f", [_with_a_writing_fwd(), _with_a_writing_rule()])
@pytest.mark.parametrize("mode", ["grad", "jvp", "recorded"])
def test_what_is_lent_is_not_written_to(f, mode) -> None:
    x = np.array([1.0, 3.0])
    w = Tensor(x, requires_grad=True)
    y = w * 1.0
    z = np.sum(y * y)
    run, wanted = {
        "grad": (lambda: ag.grad(f)(x), 4.0 * x),
        "jvp": (lambda: ag.jvp(f, (x,), (x,)), (40.0, 40.0)),
        "recorded": (lambda: f(y).detach().numpy(), 40.0),
    }[mode]
    np.testing.assert_array_equal(run(), wanted)  # of what was written, as the rule is
    z.backward()
    np.testing.assert_array_equal(w.grad.numpy(), [2.0, 6.0])
    np.testing.assert_array_equal(x, [1.0, 3.0])


def test_a_cotangent_is_lent_to_a_rule() -> None:
    def bwd(_, g):
        g *= 2.0
        return (g,)

    f = ag.custom_vjp(lambda x: x * 2.0)
    f.defvjp(lambda x: (x * 2.0, None), bwd)
    given = np.ones(2)
    y = Tensor([1.0, 1.0], requires_grad=True) * 1.0
    seen = []
    y.register_hook(lambda g: seen.append(g.numpy().copy()))
    (f(y) + y).backward(given)
    np.testing.assert_array_equal(seen, [[3.0, 3.0]])
    np.testing.assert_array_equal(given, [1.0, 1.0])


def test_a_leaf_that_is_a_part_of_an_array_is_not_written_to() -> None:
    whole = Tensor(np.zeros(3))
    leaf = whole[:2]
    leaf.requires_grad = True
    u = Tensor(5.0, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf that requires a gradient"):
        whole[0] = u
    np.testing.assert_array_equal(whole.numpy(), [0.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("dst", "src"),
    [(np.zeros(2), np.array([1j, 2.0])), (np.zeros(2, int), np.array([1.5, 2.0])), (np.zeros(2, int), 1.5)],
)
def test_copyto_casts_as_numpy_does(dst, src) -> None:
    with pytest.raises(TypeError):
        np.copyto(dst, src)
    y = Tensor(dst)
    with pytest.raises(TypeError):
        np.copyto(y, src)
    np.copyto(y, src, casting="unsafe")
    np.testing.assert_array_equal(y.numpy(), np.real(np.asarray(src)).astype(dst.dtype) * np.ones(2, dst.dtype))


def _plain(y):
    return _doubled(y * 1.0)


@pytest.mark.parametrize(
    "derived",
    [
        lambda f, x: ag.hessian(f)(x),
        lambda f, x: ag.jvp(ag.grad(f), (x,), (np.ones(2),))[1],
        lambda f, x: ag.grad(lambda x: ag.jvp(f, (x,), (x,))[1])(x),
        lambda f, x: ag.vmap(ag.grad(f))(x[None]),
    ],
    ids=["hessian", "jvp of grad", "grad of jvp", "vmap of grad"],
)
def test_what_checkpoint_keeps_is_not_written_to_by_nested_transforms(derived) -> None:
    x = np.array([1.0, 2.0])
    given = x.copy()
    np.testing.assert_allclose(derived(ag.checkpoint(_doubled), x), derived(_plain, x))
    np.testing.assert_array_equal(x, given)


def _whole(y, z):
    s = np.sum(y * z)
    y[...] = 0.0
    return s


def _part(y, z):
    v = y[1:]
    s = np.sum(v * z)
    y[1] = 0.0
    return s


def _operator(y, z):
    s = np.sum(z * np.exp(y))
    y *= 0.0
    return s


def _other(y, z):
    s = np.sum(np.where(y > 0.2, y * z, z * z))
    y.fill(7.0)
    return s


@pytest.mark.parametrize("change", [_whole, _part, _operator, _other])
def test_what_an_inner_transform_has_saved_of_an_outer_array_is_not_written_over(change):
    given = np.array([0.1, 0.5, 0.9])

    def inner_of(transform):
        def outer(x):
            y = x * 1.0
            return transform(lambda z: change(y, z), np.sum(x))

        return outer

    by_reverse = inner_of(lambda f, z: ag.grad(f)(z))
    by_forward = inner_of(lambda f, z: ag.jvp(f, (z,), (np.ones_like(z),))[1])
    value, gradient = ag.value_and_grad(by_forward)(given)
    for f in (by_reverse, by_forward):
        np.testing.assert_allclose(ag.grad(f)(given), gradient, rtol=1e-12)
        np.testing.assert_allclose(ag.jvp(f, (given,), (given,))[1], gradient @ given, rtol=1e-12)
        np.testing.assert_allclose(ag.vmap(f)(np.stack([given, given])), [value, value], rtol=1e-12)
        x = ag.Tensor(given, requires_grad=True)
        f(x).backward()
        np.testing.assert_allclose(x.grad.numpy(), gradient, rtol=1e-12)


def test_a_pullback_keeps_what_it_was_made_from():
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    y = w * 2.0
    _, pull = ag.vjp(lambda z: z * y, np.ones(2))
    x = w * 3.0
    _, pull_of_argument = ag.vjp(lambda z: z * z, x)
    y[...] = 0.0
    x[...] = 0.0
    np.testing.assert_array_equal(pull(np.ones(2))[0].detach().numpy(), [2.0, 4.0])
    np.testing.assert_array_equal(pull_of_argument(np.ones(2))[0].detach().numpy(), [6.0, 12.0])
