"""Functions of Hermitian matrices read one triangle, and all of the derivative belongs to it."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag
from tests.conftest import require_device
from tests.ops import numerics

rng = np.random.default_rng(0)
WEIGHTS = rng.uniform(-1, 1, (3, 3))
SYMMETRIC = np.array([[6.0, 1.0, 0.5], [1.0, 4.0, 0.2], [0.5, 0.2, 2.0]])
MATRICES = {
    "the lower half": np.tril(SYMMETRIC),
    "the upper half": np.triu(SYMMETRIC),
    "another upper half": np.tril(SYMMETRIC) + np.triu(WEIGHTS, 1),
}
FUNCTIONS = {
    "eigvalsh": lambda x: np.linalg.eigvalsh(x) ** 2 @ WEIGHTS[0],
    "eigvalsh, U": lambda x: np.linalg.eigvalsh(x, "U") ** 2 @ WEIGHTS[0],
    "eigh": lambda x: np.sum(WEIGHTS * np.linalg.eigh(x)[1] ** 2),
    "eigh, U": lambda x: np.sum(WEIGHTS * np.linalg.eigh(x, UPLO="U")[1] ** 2),
    "cholesky": lambda x: np.sum(WEIGHTS * np.linalg.cholesky(x)),
    "svd": lambda x: np.linalg.svd(x, compute_uv=False, hermitian=True) @ WEIGHTS[0],
    "pinv": lambda x: np.sum(WEIGHTS * np.linalg.pinv(x, hermitian=True)),
}


def upper_cholesky(x):
    return np.sum(WEIGHTS * ag.linalg.cholesky(x, upper=True))


@pytest.mark.parametrize("of", MATRICES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_and_derivatives_are_numpys_for_a_matrix_that_is_not_symmetric(name, of):
    f, x = FUNCTIONS[name], MATRICES[of] + np.diag([0.0, 0.1, 0.2])
    (wanted,) = numerics.gradients(lambda xs: [np.asarray(f(xs[0]))], [x], [np.asarray(1.0)], 1e-3)
    value, gradient = ag.value_and_grad(f)(x)
    np.testing.assert_allclose(value, f(x), rtol=1e-12)
    np.testing.assert_allclose(gradient, wanted, atol=1e-10)
    np.testing.assert_allclose(ag.jacfwd(f)(x), wanted, atol=1e-10)
    batch = np.stack([x, SYMMETRIC])  # one member that is symmetric, one that is not
    np.testing.assert_allclose(ag.vmap(ag.grad(f))(batch), [gradient, ag.grad(f)(SYMMETRIC)], atol=1e-13)
    slopes = numerics.gradients(lambda xs: [ag.grad(f)(xs[0])], [x], [WEIGHTS], 1e-3)[0]
    np.testing.assert_allclose(ag.grad(lambda x: np.sum(WEIGHTS * ag.grad(f)(x)))(x), slopes, atol=1e-8)
    np.testing.assert_allclose(ag.jvp(ag.grad(f), (x,), (WEIGHTS,))[1], slopes, atol=1e-8)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "pinv"])
def test_the_gradient_is_symmetric_for_symmetric_matrices_also_if_they_are_so_but_for_rounding(name):
    exact = ag.grad(FUNCTIONS[name])(SYMMETRIC)
    np.testing.assert_allclose(exact, exact.T, atol=1e-15)
    x = SYMMETRIC.copy()
    x[0, 1] += 1e-15
    np.testing.assert_allclose(ag.grad(FUNCTIONS[name])(x), exact, atol=1e-13)


def test_an_upper_cholesky_factor_is_that_of_the_upper_triangle():
    x = MATRICES["another upper half"] + np.eye(3)
    upper = np.triu(x)
    factor = np.asarray(ag.linalg.cholesky(x, upper=True))
    np.testing.assert_allclose(factor.T @ factor, upper + np.triu(x, 1).T, rtol=1e-13)
    np.testing.assert_array_equal(factor, np.triu(factor))
    (wanted,) = numerics.gradients(lambda xs: [np.asarray(upper_cholesky(xs[0]))], [x], [np.asarray(1.0)], 1e-3)
    np.testing.assert_allclose(ag.grad(upper_cholesky)(x), wanted, atol=1e-10)
    np.testing.assert_allclose(ag.jacfwd(upper_cholesky)(x), wanted, atol=1e-10)


@pytest.mark.parametrize("name", ["eigvalsh", "cholesky"])
def test_all_of_a_complex_matrix_is_read_from_its_lower_triangle_but_the_imaginary_parts_of_the_diagonal(name):
    x = np.tril(SYMMETRIC + 0.3j * WEIGHTS) + 3 * np.eye(3)

    def f(x):
        return np.sum(WEIGHTS[0] * np.abs(getattr(np.linalg, name)(x)) ** 2)

    (wanted,) = numerics.gradients(lambda xs: [np.asarray(f(xs[0]))], [x], [np.asarray(1.0)], 1e-3)
    np.testing.assert_allclose(ag.grad(f)(x), wanted, atol=1e-9)


@pytest.mark.parametrize("device", ["torch:cpu", "jax:cpu", "strict:cpu"])
@pytest.mark.parametrize("name", ["eigvalsh", "cholesky"])
def test_every_library_reads_the_same_triangle(name, device):
    device = require_device(device)
    gradients = []
    for d in ("cpu", device):
        x = ag.Tensor(MATRICES["the lower half"], device=d, requires_grad=True)
        ag.sum(getattr(ag.linalg, name)(x) ** 3).backward()
        gradients.append(x.grad.numpy())
    np.testing.assert_allclose(gradients[1], gradients[0], rtol=1e-6, atol=1e-6)
