"""Linear algebra beyond the table of operations: conventions, degeneracy, and errors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import anygrad as ag

rng = np.random.default_rng(0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.sum(ag.abs(ag.linalg.cholesky(x)) ** 2) + ag.sum(ag.real(ag.linalg.cholesky(x))),
        lambda x: ag.sum(ag.linalg.eigvalsh(x) ** 3),
        lambda x: ag.sum(ag.abs(ag.linalg.eigh(x).eigenvectors)),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_gradients_of_functions_of_hermitian_matrices_are_hermitian(f, dtype):
    x = rng.uniform(-1, 1, (3, 3)).astype(dtype)
    x = x + (1j * rng.uniform(-1, 1, (3, 3)) if dtype == "complex128" else 0)
    x = x @ np.conj(x.T) + np.eye(3)
    g = ag.grad(f)(x)
    np.testing.assert_allclose(g, np.conj(g.T), rtol=1e-13)
    assert np.abs(g).max() > 0.1


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_the_gradient_of_a_determinant_is_the_matrix_of_cofactors_at_every_rank(dtype, rank):
    x = rng.uniform(-1, 1, (3, 3)).astype(dtype)
    if dtype == "complex128":
        x = x + 1j * rng.uniform(-1, 1, (3, 3))
    x[rank:] = 0  # so that the determinant is 0 exactly
    cofactors = [
        [(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(x, i, 0), j, 1)) for j in range(3)] for i in range(3)
    ]
    got = ag.grad(lambda x: ag.real(ag.linalg.det(x)))(x)
    np.testing.assert_allclose(got, np.conj(cofactors), atol=1e-14)


def second_derivatives(f, x):
    """In each nesting of the modes, and of a batch."""
    one, other = ag.grad(f), ag.jacfwd(f)
    found = [ag.jacrev(one)(x), ag.jacfwd(one)(x), ag.jacrev(other)(x), ag.jacfwd(other)(x)]
    return [*found, ag.vmap(ag.hessian(f))(np.stack([x, x]))[1]]


def minors(x):
    """The second derivatives of a determinant: the determinants of what is left without two rows and two columns."""
    n = len(x)
    found = np.zeros((n,) * 4, x.dtype)
    for i, j, k, m in np.ndindex(found.shape):
        if i != k and j != m:
            sign = (-1) ** (i + j + k + m) * (1 if (i < k) == (j < m) else -1)
            found[i, j, k, m] = sign * np.linalg.det(np.delete(np.delete(x, (i, k), 0), (j, m), 1))
    return found


@pytest.mark.parametrize(
    "x",
    [
        np.ones((3, 3)),
        np.zeros((2, 2)),
        np.diag([1.0, 0.0, 0.0]),
        np.diag([2.0, 1.0, 1.0, 0.0]),
        np.array([[0.1, 0.2], [0.2, 0.4]]),  # whose determinant is 0 but for rounding
        np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [0.5, -1.0, 2.0]]),
        np.eye(3),
        np.array([[1.0, 2.0], [3.0, -1.0]]),
    ],
)
def test_second_derivatives_of_a_determinant_are_right_at_every_rank(x):
    np.testing.assert_allclose(second_derivatives(np.linalg.det, x), [minors(x)] * 5, atol=1e-14)


def test_second_derivatives_of_a_complex_determinant_are_right_where_it_is_zero():
    def f(t):
        x = np.array([[1, 1j], [1j, -1]]) + t[0] * np.array([[1j, 0], [0, 2]]) + t[1] * np.array([[0, 1], [1j, 0]])
        return np.imag(np.linalg.det(x))

    np.testing.assert_allclose(second_derivatives(f, np.zeros(2)), [[[4.0, 0.0], [0.0, -2.0]]] * 5, atol=1e-14)


def test_third_derivatives_of_a_determinant_are_right_where_singular_values_are_equal():
    t = np.arange(9.0).reshape(3, 3) ** 2

    def f(s):
        return np.linalg.det(np.eye(3) + s * t)

    for third in (ag.grad(ag.grad(ag.grad(f))), ag.jacfwd(ag.jacfwd(ag.grad(f)))):
        np.testing.assert_allclose(third(0.0), 6 * np.linalg.det(t), rtol=1e-12)


@pytest.mark.parametrize("order", [1, 2, np.inf, "nuc", "fro", None])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_norms_of_empty_matrices_are_zero(order, shape):
    x = np.zeros(shape)
    value, gradient = ag.value_and_grad(lambda x: np.linalg.norm(x, order))(x)
    assert value == 0
    assert gradient.shape == shape
    assert ag.jvp(lambda x: ag.linalg.matrix_norm(x, ord=order), (x,), (x,))[1] == 0


ALWAYS_SINGULAR = [np.zeros((2, 2)), np.diag([2.0, 0.0]), np.stack([np.diag([2.0, 0.0]), np.diag([1.0, 2.0])])]
SINGULAR_BY_ELIMINATION = [np.ones((2, 2)), np.stack([np.ones((2, 2)), np.diag([1.0, 2.0])])]
"""Whose singular values are 0 or not as the library rounds."""


@pytest.mark.parametrize(
    ("order", "x"),
    [
        *itertools.product([None, 1, -1, 2, np.inf, -np.inf, "fro"], ALWAYS_SINGULAR),
        *itertools.product([1, -1, np.inf, -np.inf, "fro"], SINGULAR_BY_ELIMINATION),
    ],
)
def test_the_condition_of_a_singular_matrix_is_infinite_and_so_is_its_derivative(order, x):
    def f(x):
        return np.linalg.cond(x, order)

    wanted = f(x)
    value, pullback = ag.vjp(f, x)
    assert np.isinf(np.max(wanted))
    np.testing.assert_allclose(np.isinf(value), np.isinf(wanted))
    np.testing.assert_allclose(value[np.isfinite(value)], wanted[np.isfinite(wanted)], rtol=1e-13)
    with np.errstate(all="ignore"):
        (gradient,) = pullback(np.ones_like(wanted))
    singular, regular = (gradient, x[:0]) if x.ndim == 2 else gradient
    assert not np.any(np.isfinite(singular)) or order in (None, 2)
    assert not np.all(np.isfinite(singular))
    assert np.all(np.isfinite(regular))


def test_a_norm_at_zero_has_the_gradient_zero_for_every_order():
    for order in (1, 2, 3, 1.5, np.inf):
        g = ag.grad(lambda x, order=order: ag.linalg.vector_norm(x, ord=order))(np.zeros(3))
        np.testing.assert_array_equal(g, np.zeros(3))
    np.testing.assert_array_equal(ag.grad(lambda x: ag.linalg.matrix_norm(x))(np.zeros((2, 2))), np.zeros((2, 2)))
    np.testing.assert_array_equal(ag.grad(lambda x: ag.linalg.vector_norm(x) ** 2)(np.zeros(2)), np.zeros(2))


def test_the_number_of_nonzero_elements_is_a_norm_without_a_gradient():
    x = np.array([1.0, 0.0, -2.0])
    assert ag.linalg.vector_norm(x, ord=0) == 2
    np.testing.assert_array_equal(ag.grad(lambda x: ag.linalg.vector_norm(x, ord=0))(x), np.zeros(3))


def test_results_have_the_names_of_the_standard_on_arrays_and_tensors():
    x = np.array([[2.0, 1.0], [1.0, 3.0]])
    for wrapped in (x, ag.Tensor(x), ag.Tensor(x, requires_grad=True)):
        assert ag.linalg.eigh(wrapped)._fields == ("eigenvalues", "eigenvectors")
        assert ag.linalg.eig(wrapped)._fields == ("eigenvalues", "eigenvectors")
        assert ag.linalg.svd(wrapped)._fields == ("U", "S", "Vh")
        assert ag.linalg.qr(wrapped)._fields == ("Q", "R")
        assert ag.linalg.slogdet(wrapped)._fields == ("sign", "logabsdet")


def test_only_the_results_that_are_used_take_part_in_the_backward_pass():
    x = ag.Tensor(np.eye(2), requires_grad=True)  # equal singular values: their vectors have no derivative
    with np.errstate(all="raise"):
        ag.sum(ag.linalg.svd(x).S).backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.eye(2))


def test_the_results_of_one_operation_share_its_creators_and_can_be_differentiated_apart():
    x = ag.Tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
    values, vectors = ag.linalg.eigh(x)
    assert values.creation_op == vectors.creation_op == "eigh"
    assert values.creators == vectors.creators == (x,)
    ag.sum(values).backward(retain_graph=True)
    np.testing.assert_allclose(x.grad.numpy(), np.eye(2), atol=1e-15)
    x.zero_grad()
    ag.sum(values).backward()
    np.testing.assert_allclose(x.grad.numpy(), np.eye(2), atol=1e-15)
    with pytest.raises(RuntimeError, match=r"eigh.*retain_graph=True"):
        ag.sum(vectors).backward()


def test_matrix_power_zero_is_the_identity():
    x = ag.Tensor(rng.uniform(-1, 1, (2, 3, 3)), requires_grad=True)
    np.testing.assert_array_equal(ag.linalg.matrix_power(x, 0).data, np.broadcast_to(np.eye(3), (2, 3, 3)))
    assert ag.linalg.matrix_power(np.array([[1, 2], [3, 4]]), 0).dtype == np.int64


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: ag.linalg.inv(x[0]), ValueError, r"inv.*float64\(2,\)"),
        (lambda x: ag.linalg.inv(x * 0.0), ValueError, r"inv.*Singular"),
        (lambda x: ag.linalg.solve(x, np.zeros(3)), ValueError, r"solve.*float64\(3,\)"),
        (lambda x: ag.linalg.cholesky(-x), ValueError, r"cholesky.*positive definite"),
        (lambda x: ag.linalg.matrix_norm(x, ord=3), ValueError, r"matrix_norm.*ord.*3"),
        (lambda x: ag.linalg.matrix_norm(x[0]), ValueError, r"matrix_norm.*two axes.*\(2,\)"),
        (lambda x: ag.linalg.matrix_power(x[:1], 2), ValueError, r"matrix_power.*square.*\(1, 2\)"),
        (lambda x: ag.linalg.matrix_power(x, x[0, 0]), TypeError, r"matrix_power.*number.*expm\(n \* logm"),
        (lambda x: ag.linalg.matrix_power(x[::-1], 0.5), ValueError, r"matrix_power.*Hermitian"),
        (lambda x: ag.linalg.sqrtm(x[::-1]), ValueError, r"sqrtm.*Hermitian.*/ 2"),
        (lambda x: ag.linalg.logm(x[:1]), ValueError, r"logm.*square.*\(1, 2\)"),
        (lambda x: ag.linalg.expm(x[:1]), ValueError, r"expm.*square.*\(1, 2\)"),
        (lambda x: ag.linalg.matrix_function(lambda w: w * x[0, 0], x), TypeError, r"matrix_function.*traced.*outside"),
        (lambda x: ag.linalg.outer(x, x[0]), ValueError, r"outer.*x1.*\(2, 2\)"),
        (lambda x: ag.linalg.cross(x, x), ValueError, r"cross.*x1.*3 elements.*\(2, 2\)"),
        (lambda x: ag.linalg.qr(x, mode="raw"), ValueError, r"qr.*mode"),
        (lambda x: ag.linalg.eigh(x, 1), TypeError, r"eigh.*signature"),
    ],
)
def test_what_cannot_be_computed_is_refused_and_the_graph_stays(call, error, message):
    x = ag.Tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
    y = x * x
    with pytest.raises(error, match=message):
        call(y)
    ag.sum(ag.linalg.inv(y)).backward()
    assert np.all(np.isfinite(x.grad.numpy()))
