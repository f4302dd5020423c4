"""What users of other libraries reported as trouble with assignment and changes in place, tried here.

Each test cites the threads. HIPS/autograd#13 is number 13 among the issues and pull requests of that repository.
"""

import numpy as np
import pytest

import anygrad as ag
from tests.conftest import leaf


def test_assignment_into_an_array_made_inside():
    """HIPS/autograd#13, #58, #177, #181, #375: setting an array element with a sequence."""

    def f(b):
        c = ag.zeros(2)
        c[0] = b[0] * b[0]
        c[1] = b[1] * b[0] + b[2]
        return c

    np.testing.assert_array_equal(ag.jacobian(f)(np.array([1.0, 2.0, 2.0])), [[2.0, 0.0, 0.0], [2.0, 1.0, 1.0]])


def test_assignment_into_a_numpy_array_names_the_remedy():
    """The same threads: NumPy's own message is behind the one that says what to write."""

    def f(b, **like):
        c = np.zeros(2, **like)
        c[1] = b[1] * b[0]
        return c[1]

    b = np.array([2.0, 3.0])
    with pytest.raises(ValueError, match="setting an array element") as raised:
        ag.grad(f)(b)
    assert "np.zeros(shape, like=x)" in str(raised.value.__cause__)
    np.testing.assert_array_equal(ag.grad(lambda b: f(b, like=b))(b), [3.0, 2.0])


def test_assignment_of_blocks():
    """HIPS/autograd#515, #559: blocks of a matrix."""
    weights = np.diag([4.0, 6.0, 6.0, 3.0])

    def f(x):
        blocks = ag.zeros((2, 4))
        blocks[:2, :2] = x * ag.eye(2)
        blocks[:2, 2:] = x * ag.eye(2)
        return blocks @ weights @ ag.concat([x, x])

    np.testing.assert_allclose(ag.jacobian(f)(np.array([1.0, 2.0])), np.diag([2 * 1 * 10.0, 2 * 2 * 9.0]))


def test_assignment_of_columns_in_a_solver():
    """HIPS/autograd#556: conjugate gradients, column by column, into an array."""

    def conjugate_gradients(a, b):
        x, r = ag.zeros_like(b), b
        p = r
        for _ in range(b.shape[0]):
            step = (r @ r) / (p @ a @ p)
            x, last = x + step * p, r
            r = r - step * (a @ p)
            p = r + (r @ r) / (last @ last) * p
        return x

    def f(d):
        a = matrix + d * ag.eye(3)
        solutions = ag.zeros((3, 2))
        for column in range(2):
            solutions[:, column] = conjugate_gradients(a, right[:, column])
        return ag.sum(solutions)

    matrix = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 5.0]])
    right = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]])
    d = np.array([0.1, 0.2, 0.3])
    expected = ag.grad(lambda d: ag.sum(ag.linalg.solve(matrix + d * ag.eye(3), right)))(d)
    np.testing.assert_allclose(ag.grad(f)(d), expected, rtol=1e-9)


def test_an_array_of_results():
    """HIPS/autograd#304, #394, #571: an array made of a list of traced numbers, with a dtype."""

    def f(th):
        return ag.stack([ag.stack([th[0], th[0] * th[1]]), ag.stack([th[1] * 0.0, th[1] ** 2])])

    jacobian = ag.jacobian(f)(np.array([2.0, 3.0]))
    np.testing.assert_array_equal(jacobian[0, 1], [3.0, 2.0])
    np.testing.assert_array_equal(jacobian[1, 1], [0.0, 6.0])


def test_assignment_through_a_view_is_seen_by_the_whole():
    """rsokl/MyGrad#296, pytorch/pytorch#3313: writing into a view changes its base, as in NumPy."""
    base = ag.zeros((2, 2))
    row = base[0]
    row[0] = 1.0
    assert row.tolist() == [1.0, 0.0]
    assert base.tolist() == [[1.0, 0.0], [0.0, 0.0]]
    base[1][0] = 2.0
    assert base.tolist() == [[1.0, 0.0], [2.0, 0.0]]
    base[0, 1] = 3.0
    assert row.tolist() == [1.0, 3.0]


def test_a_variable_changed_in_place_after_its_use():
    """pytorch/pytorch#36470 and more: a variable needed for the gradient was modified in place."""
    x = leaf(1.0, 2.0)
    y = ag.exp(x)
    z = y * y
    y += 100.0  # z keeps what y was
    ag.sum(z).backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp([2.0, 4.0]))


def test_a_recurrence_within_one_array():
    """pytorch/pytorch#36470: each element is computed from the one before, and written twice."""

    def f(x):
        out = ag.zeros(10)
        out[0] = 1.0
        for i in range(1, 10):
            out[i] = out[i - 1] * x
            out[i] = 1 / (1 + ag.exp(-out[i]))
        return ag.sum(out)

    def with_lists(x):
        out = [1.0]
        for _ in range(9):
            out.append(1 / (1 + ag.exp(-out[-1] * x)))
        return sum(out)

    assert ag.grad(f)(1.0) == pytest.approx(float(ag.grad(with_lists)(1.0)), rel=1e-12)


def test_a_leaf_changed_in_place_is_refused_with_the_remedy():
    """pytorch/pytorch#32708: a leaf reassigned or changed, whose grad is then None."""
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"under no_grad\(\), or assign the result to a new name"):
        x *= 2.0
    with ag.no_grad():
        x *= 2.0
    ag.sum(x * x).backward()
    assert x.grad.tolist() == [4.0, 8.0]


def test_arrays_changed_by_their_owner_after_use():
    """Silently wrong in HIPS autograd: the array is read again in the backward pass. Indices and few numbers are copied
    here, and the change of more is noticed; MyGrad locks such arrays instead."""
    index, factor, many = np.array([0, 1, 1]), np.array([3.0, 3.0, 3.0]), np.full(1000, 2.0)
    x = leaf(1.0, 2.0)
    y = x[index]
    index[:] = 0
    ag.sum(y * y).backward()
    assert x.grad.tolist() == [2.0, 8.0]
    x.zero_grad()
    z = ag.sum(x[np.array([0, 1, 1])] * factor)
    factor[:] = 0.0
    z.backward()
    assert x.grad.tolist() == [3.0, 6.0]
    z = ag.sum(x[0] * many)
    many += 1.0
    with pytest.raises(RuntimeError, match="changed in place since"):
        z.backward()
