"""Derivatives where eigenvalues or singular values are equal: right in every mode, or NaN where no rule can know."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag

C = np.arange(9.0).reshape(3, 3)
EYE = np.eye(3)
OFF = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])  # mixes two vectors
TURN = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])


def first_in_all_modes(f, x, t):
    """The derivative of f at x along t, in reverse and forward mode, and of a batch."""
    batched = ag.vmap(ag.grad(f))(np.stack([x, x]))
    return [np.sum(ag.grad(f)(x) * t), ag.jvp(f, (x,), (t,))[1], np.sum(batched[1] * t)]


def second_in_all_modes(f, x, t):
    """The second derivative along t, in each nesting of the modes, and of a batch."""

    def forward(x):
        return ag.jvp(f, (x,), (t,))[1]

    def reverse(x):
        return np.sum(ag.grad(f)(x) * t)

    found = [g(x) for f in (forward, reverse) for g in (lambda x: ag.jvp(f, (x,), (t,))[1],)]  # noqa: B023
    found += [np.sum(ag.grad(f)(x) * t) for f in (forward, reverse)]
    return [*found, ag.vmap(lambda x: ag.jvp(reverse, (x,), (t,))[1])(np.stack([x, x]))[1]]


# --- what is right ----------------------------------------------------------------------------------------------------

SMOOTH = {
    "the sum of squares of eigenvalues": lambda x: np.sum(np.linalg.eigvalsh(x) ** 2),
    "the logarithm of the determinant": lambda x: np.sum(np.log(np.linalg.eigvalsh(x))),
    "of any matrix": lambda x: np.sum(np.real(np.linalg.eigvals(x)) ** 2),
    "the sum of squares of singular values": lambda x: np.sum(np.linalg.svd(x, compute_uv=False) ** 2),
    "the nuclear norm": lambda x: np.linalg.norm(x, "nuc"),
}
ALONG_A_DIAGONAL = {
    "the sum of squares of eigenvalues": (12.0, 28.0),
    "the logarithm of the determinant": (6.0, -14.0),
    "of any matrix": (12.0, 28.0),
    "the sum of squares of singular values": (12.0, 28.0),
    "the nuclear norm": (6.0, 0.0),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_functions_of_values_alone_are_differentiated_where_these_are_equal(name):
    f, (first, second) = SMOOTH[name], ALONG_A_DIAGONAL[name]
    t = np.diag([1.0, 2.0, 3.0])
    np.testing.assert_allclose(first_in_all_modes(f, EYE, t), first, rtol=1e-13)
    np.testing.assert_allclose(first_in_all_modes(f, EYE, OFF), 0, atol=1e-13)
    np.testing.assert_allclose(second_in_all_modes(f, EYE, t), second, atol=1e-13)


@pytest.mark.parametrize(("t", "second"), [(TURN, 2.0), (OFF, 0.0), (np.diag([1.0, 2.0, 3.0]), 0.0)])
def test_the_nuclear_norm_has_second_derivatives_at_equal_singular_values(t, second):
    np.testing.assert_allclose(second_in_all_modes(SMOOTH["the nuclear norm"], EYE, t), second, atol=1e-13)


@pytest.mark.parametrize("at", [EYE, np.diag([1.0, 1.0, 2.0]), np.diag([2.0, 1.0, 1.0 + 1e-15])])
def test_the_gradient_of_a_polar_factor_is_right_through_singular_vectors(at):
    def polar(x):
        u, _, vh = np.linalg.svd(x)
        return np.sum(C * (u @ vh))

    s = np.diag(at)
    expected = (C - C.T) / (s[:, None] + s)
    np.testing.assert_allclose(ag.grad(polar)(at), expected, atol=1e-13)
    np.testing.assert_allclose(ag.vmap(ag.grad(polar))(np.stack([at] * 2))[1], expected, atol=1e-13)
    np.testing.assert_allclose(ag.jvp(polar, (at,), (TURN,))[1], np.sum(expected * TURN), atol=1e-13)


def test_equal_singular_values_but_for_rounding_give_no_noise():
    points = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [-1, -1, -1]])  # singular values of points' points: 4, 1, 1

    def rotation(q):
        u, _, vh = np.linalg.svd(q.T @ points)
        return np.sum(C * (u @ vh))

    g = ag.grad(rotation)(points)
    np.testing.assert_allclose(g, ag.grad(lambda q: np.sum(C * ag.linalg.polar(q.T @ points).U))(points), atol=1e-13)
    np.testing.assert_allclose(g[0], [0, 0.4, 0.8], atol=1e-13)


def test_vectors_of_other_values_do_not_mind():
    x = np.diag([1.0, 1.0, 3.0])

    def leading(x):
        values, vectors = np.linalg.eigh(x)
        return values[-1] * np.sum(vectors[:, -1] ** 2 * np.arange(3))

    def low_rank(x):
        u, s, vh = np.linalg.svd(x)
        return np.sum(C * ((u[:, :1] * s[:1]) @ vh[:1]))

    for t in (C + C.T, np.diag([1.0, 2.0, 3.0])):
        h = 1e-4
        for f in (leading, low_rank):
            expected = (8 * (f(x + h * t) - f(x - h * t)) - f(x + 2 * h * t) + f(x - 2 * h * t)) / (12 * h)
            np.testing.assert_allclose(first_in_all_modes(f, x, t), expected, rtol=1e-9)


# --- what no rule can know --------------------------------------------------------------------------------------------


def spanned(f, decompose=np.linalg.eigh):
    def of_matrix(x):
        values, vectors = decompose(x)
        back = vectors.T if decompose is np.linalg.eigh else np.linalg.inv(vectors)
        return np.real(np.sum(C * ((vectors * f(values)) @ back)))

    return of_matrix


def singular(f):
    def of_matrix(x):
        u, s, vh = np.linalg.svd(x)
        return np.sum(C * ((u * f(s)) @ vh))

    return of_matrix


UNKNOWN = {
    "a square root": (spanned(np.sqrt), 2 * EYE),
    "a logarithm where it is 0": (spanned(np.log), EYE),
    "a projection": (spanned(lambda w: np.maximum(w, 0)), np.diag([1.0, 1.0, -1.0])),
    "of any matrix": (spanned(np.exp, np.linalg.eig), EYE),
    "of singular values": (singular(np.sqrt), EYE),
    "equal but for rounding": (spanned(np.sqrt), np.diag([2.0, 2.0 + 1e-15, 5.0])),
    "an element": (lambda x: np.linalg.eigh(x)[1][0, 0], EYE),
    "all elements": (lambda x: np.sum(np.linalg.eigh(x)[1]), np.diag([1.0, 1.0, 2.0])),
    "all elements of singular vectors": (lambda x: np.sum(np.linalg.svd(x)[0]), np.diag([1.0, 1.0, 2.0])),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_functions_that_need_what_the_vectors_do_are_nan(name):
    f, x = UNKNOWN[name]
    np.testing.assert_array_equal(first_in_all_modes(f, x, OFF), np.nan)


@pytest.mark.parametrize("last", [0.0, 1e-17, 1e-9])
def test_a_product_of_all_singular_vectors_is_right_or_nan_where_a_singular_value_is_nothing(last):
    rng = np.random.default_rng(3)
    weights, t = rng.uniform(-1, 1, (2, 4, 3))
    x = np.zeros((4, 3))
    x[range(3), range(3)] = 2.0, 1.0, last

    def rebuilt(x):
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        return np.sum(weights * ((u * s) @ vh))

    def leading(x):
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        return np.sum(weights * ((u[:, :2] * s[:2]) @ vh[:2]))

    expected = np.sum(weights * t) if last > 1e-16 else np.nan
    np.testing.assert_allclose(first_in_all_modes(rebuilt, x, t), expected, rtol=1e-6)
    h = 1e-4
    slope = (8 * (leading(x + h * t) - leading(x - h * t)) - leading(x + 2 * h * t) + leading(x - 2 * h * t)) / (12 * h)
    np.testing.assert_allclose(first_in_all_modes(leading, x, t), slope, rtol=1e-9)


@pytest.mark.parametrize("gap", [1e-14, 1e-12, 1e-8])
def test_small_gaps_are_no_equal_values(gap):
    x = np.diag([1.0, 1.0 + gap, 3.0])
    weights = np.array([[1.0, 1e-3, 0.0], [1e-3, 1.0, 0.0], [0.0, 0.0, 1.0]])  # which hardly mix the two

    def rebuilt(x):
        values, vectors = np.linalg.eigh(x)
        return np.sum(weights * ((vectors * values) @ vectors.T))

    wanted = np.sum(weights * OFF) if gap > 2e-14 else np.nan
    np.testing.assert_allclose(first_in_all_modes(rebuilt, x, OFF), wanted, rtol=1e-15 / gap)


@pytest.mark.parametrize("name", [name for name in SMOOTH if name != "the nuclear norm"])
def test_second_derivatives_of_values_are_nan_in_directions_that_mix_their_vectors(name):
    np.testing.assert_array_equal(second_in_all_modes(SMOOTH[name], EYE, OFF), np.nan)


def test_what_is_nan_stays_nan_in_second_derivatives():
    for f, x in (UNKNOWN["a square root"], UNKNOWN["all elements of singular vectors"]):
        np.testing.assert_array_equal(second_in_all_modes(f, x, OFF), np.nan)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_functions_that_depend_on_the_phase_of_vectors_are_nan(dtype):
    x = np.array([[2.0, 1.0], [1.0, -1.0]]).astype(dtype)
    g = ag.grad(lambda x: np.sum(np.real(np.linalg.eigh(x)[1] * (1 + 2j))))(x)
    assert np.all(np.isnan(g)) == (dtype == "complex128")
    assert np.all(np.isfinite(ag.grad(lambda x: np.sum(np.abs(np.linalg.eigh(x)[1])))(x)))


# --- null spaces ------------------------------------------------------------------------------------------------------

BASES = {
    "svd": lambda x: np.linalg.svd(x)[0],
    "svd of the transpose": lambda x: np.linalg.svd(x.T)[2].T,
    "qr": lambda x: np.linalg.qr(x, mode="complete")[0],
}


@pytest.mark.parametrize("name", BASES)
def test_columns_that_complete_a_basis_are_differentiated_only_as_their_span(name):
    basis = BASES[name]
    rng = np.random.default_rng(0)
    x, weights = rng.uniform(-1, 1, (4, 2)), rng.uniform(-1, 1, (4, 4))

    def projected(columns, x):
        b = basis(x)[:, columns]
        return np.sum(weights * (b @ b.T))

    span = ag.grad(lambda x: projected(slice(2, None), x))(x)
    rest = ag.grad(lambda x: -projected(slice(0, 2), x))(x)
    np.testing.assert_allclose(span, rest, atol=1e-12)
    assert np.all(np.isnan(ag.grad(lambda x: np.sum(basis(x) ** 3))(x)))
    assert np.isnan(ag.jvp(lambda x: np.sum(basis(x) ** 3), (x,), (weights[:, :2],))[1])
    one = rng.uniform(-1, 1, (4, 3))  # one column alone is determined up to its sign
    g, t = ag.grad(lambda x: np.sum(basis(x) ** 4))(one), weights[:, :3]
    np.testing.assert_allclose(np.sum(g * t), ag.jvp(lambda x: np.sum(basis(x) ** 4), (one,), (t,))[1], rtol=1e-12)


# --- functions of matrices --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (ag.linalg.sqrtm, 2 * EYE, (C + C.T) / (4 * np.sqrt(2))),
        (ag.linalg.logm, EYE, (C + C.T) / 2),
        (ag.linalg.expm, 0 * EYE, C),
        (lambda x: ag.linalg.matrix_power(x, -0.5), 4 * EYE, -(C + C.T) / 32),
        (lambda x: ag.linalg.matrix_function(np.exp, x), 0 * EYE, (C + C.T) / 2),
        (lambda x: ag.linalg.polar(x).U, EYE, (C - C.T) / 2),
        (lambda x: ag.linalg.polar(x).P, EYE, (C + C.T) / 2),
    ],
)
def test_functions_of_matrices_are_right_where_values_are_equal(f, x, expected):
    t = OFF + np.diag([1.0, 2.0, 3.0])

    def weighed(x):
        return np.sum(C * f(x))

    np.testing.assert_allclose(ag.grad(weighed)(x), expected, atol=1e-14)
    np.testing.assert_allclose(first_in_all_modes(weighed, x, t), np.sum(expected * t), rtol=1e-13)


def test_a_function_keeps_the_positive_part_of_a_matrix():
    x = np.diag([1.0, 1.0, -1.0])
    g = ag.grad(lambda x: np.sum(C * ag.linalg.matrix_function(lambda w: np.maximum(w, 0.0), x)))(x)
    np.testing.assert_allclose(g, (C + C.T) / 2 * np.array([[1, 1, 0.5], [1, 1, 0.5], [0.5, 0.5, 0]]), atol=1e-15)


@pytest.mark.parametrize("gap", [0.0, 1e-15, 1e-9, 1e-3, 0.2, 3.0])
def test_derivatives_of_matrix_functions_lose_no_digits_at_small_gaps(gap):
    x = np.diag([1.0, 1.0 + gap])
    t = np.array([[0.0, 1.0], [1.0, 0.0]])
    gap = x[1, 1] - 1.0
    roots = 1 / (1 + np.sqrt(1 + gap))
    logs = 1.0 if gap == 0 else np.log1p(gap) / gap
    np.testing.assert_allclose(ag.jvp(ag.linalg.sqrtm, (x,), (t,))[1][0, 1], roots, rtol=1e-14)
    np.testing.assert_allclose(ag.jvp(ag.linalg.logm, (x,), (t,))[1][0, 1], logs, rtol=1e-14)


@pytest.mark.parametrize("at", [EYE, np.diag([1.0, 1.0, 2.0]), np.diag([1.0, 1.0 + 1e-9, 2.0])])
def test_second_and_third_derivatives_of_matrix_functions_are_those_of_products(at):
    def cube(x):
        return np.sum(C * ag.linalg.matrix_function(lambda w: w**3, x))

    def product(x):
        return np.sum(C * (x @ x @ x))

    t, u, v = (m + m.T for m in np.random.default_rng(0).uniform(-1, 1, (3, 3, 3)))

    def third(f):
        def second(x):
            return ag.jvp(lambda x: ag.jvp(f, (x,), (t,))[1], (x,), (u,))[1]

        def reverse(x):
            return np.sum(u * ag.grad(lambda x: np.sum(t * ag.grad(f)(x)))(x))

        return ag.jvp(second, (at,), (v,))[1], np.sum(v * ag.grad(reverse)(at)), np.sum(v * ag.grad(second)(at))

    np.testing.assert_allclose(second_in_all_modes(cube, at, t), second_in_all_modes(product, at, t), rtol=1e-12)
    np.testing.assert_allclose(third(cube), third(product), rtol=1e-12)


def test_traces_of_matrix_functions_have_the_second_derivatives_that_values_have_not():
    def squares(x):
        return ag.linalg.trace(ag.linalg.matrix_function(lambda w: w**2, x))

    np.testing.assert_allclose(second_in_all_modes(squares, EYE, OFF), 4, rtol=1e-13)
    np.testing.assert_allclose(second_in_all_modes(lambda x: ag.linalg.trace(ag.linalg.logm(x)), EYE, OFF), -2)


@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (3, 4)])
def test_second_derivatives_of_a_polar_factor_are_numerical_ones(shape):
    rng = np.random.default_rng(2)
    x, t, weights = rng.uniform(-1, 1, (3, *shape))
    x[range(3), range(3)] += 2.0

    def f(x):
        return np.sum(weights * ag.linalg.polar(x).U)

    def slope(x):
        return np.sum(t * ag.grad(f)(x))

    h = 1e-3
    wanted = (8 * (slope(x + h * t) - slope(x - h * t)) - slope(x + 2 * h * t) + slope(x - 2 * h * t)) / (12 * h)
    np.testing.assert_allclose(second_in_all_modes(f, x, t), wanted, rtol=1e-8)
