"""Functions of matrices.

Those of Hermitian matrices are ``V @ diag(f(values)) @ V'``. Their derivatives are written with divided differences of
f, which are its own derivatives where values are equal (Daleckii and Krein, 1965; Higham, "Functions of Matrices"
(2008), theorem 3.11), so that nothing is ever divided by a gap. With the products ::

    F(x; y1, ..., ym)[i, j] = sum(f[w_i, w_k, ..., w_j] y1[i, k] ... ym[.., j])

in the basis of the eigenvectors, of which ``f(x)`` is the one without factors, the derivative of each in ``x`` along
``t`` is the sum of those that have ``t`` inserted, before, between and after the factors. The family is closed: this
gives the derivatives of all orders. That of order m takes memory of ``n**(m + 1)`` numbers.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence

from anygrad.core.primitive import Array, describe, nondifferentiable, primitive
from anygrad.core.types import rank
from anygrad.ops.elementwise import abs, add, log, multiply, pow, subtract
from anygrad.ops.indexing import getitem
from anygrad.ops.joining import stack
from anygrad.ops.linalg._bases import total
from anygrad.ops.linalg._differences import Derivatives, Divided
from anygrad.ops.linalg._matrices import adjoint, identity, is_hermitian, read, unread
from anygrad.ops.linalg.eigenvalues import eigh
from anygrad.ops.linalg.products import matmul
from anygrad.ops.linalg.solving import repeated, solve
from anygrad.ops.manipulation import broadcast_arrays, expand_dims, reshape
from anygrad.ops.reductions import all, max, sum

# --- of Hermitian matrices --------------------------------------------------------------------------------------------


def sqrtm(x: Array, /) -> Array:
    """The square root of positive definite Hermitian matrices ``(..., n, n)``, which is such a matrix itself.

    Derivatives of all orders are right, also where eigenvalues are equal; see :func:`matrix_function`.

    >>> ag.linalg.sqrtm(ag.Tensor([[4.0, 0.0], [0.0, 9.0]]))
    Tensor([[2., 0.],
            [0., 3.]])
    """
    return of_hermitian("sqrtm", x, _derivative_of_power(0.5))


def logm(x: Array, /) -> Array:
    """The logarithm of positive definite Hermitian matrices ``(..., n, n)``, the inverse of :func:`expm`.

    Derivatives of all orders are right, also where eigenvalues are equal; see :func:`matrix_function`.

    >>> ag.linalg.logm(ag.Tensor([[1.0, 0.0], [0.0, 1.0]]))
    Tensor([[0., 0.],
            [0., 0.]])
    """
    return of_hermitian("logm", x, _derivative_of_log)


def matrix_power(x: Array, n: float, /) -> Array:
    """A square matrix, or each of a stack, multiplied with itself n times; of the inverse if n is negative.

    For an ``n`` that is no integer the matrix must be Hermitian and positive definite; derivatives are as of
    :func:`matrix_function`.

    >>> ag.linalg.matrix_power(ag.Tensor([[1, 1], [0, 1]]), 3)
    Tensor([[1, 3],
            [0, 1]])
    """
    _check_square("matrix_power", x)
    if isinstance(n, float):
        return repeated(x, int(n)) if n.is_integer() else of_hermitian("matrix_power", x, _derivative_of_power(n))
    try:
        n = operator.index(n)
    except TypeError:
        remedy = "for a derivative in n write expm(n * logm(x))"
        raise TypeError(f"matrix_power: n must be a number, given {describe(n)}; {remedy}") from None
    return repeated(x, n)


@primitive(
    lambda g, x, function: unread(x, _with_factors(x, expand_dims(adjoint(g), axis=-3), function=function)),
    jvp=(lambda t, x, function: _with_factors(x, expand_dims(read(x, t), axis=-3), function=function),),
)
def _matrix_function(x: Array, /, *, function: Divided) -> Array:
    """``V @ diag(f(values)) @ V'``."""
    values, vectors = eigh(x)
    of_values = function([values])
    if rank(type(of_values)) > 0:
        raise TypeError("the function must not use traced arrays from outside, which would get no gradient")
    return matmul(multiply(vectors, expand_dims(of_values, axis=-2)), adjoint(vectors))


@primitive(
    lambda g, x, ys, function: unread(x, total(_cyclic(g, x, ys, function, gap=True))),
    lambda g, x, ys, function: stack(_cyclic(g, x, ys, function, gap=False), axis=-3),
    jvp=(
        lambda t, x, ys, function: total(_inserted(read(x, t), x, ys, function)),
        lambda t, x, ys, function: total(_replaced(t, x, ys, function)),
    ),
)
def _with_factors(x: Array, ys: Array, /, *, function: Divided) -> Array:
    """The product F of the module's documentation, its factors stacked along the axis before the last two."""
    values, vectors = eigh(x)
    order = ys.shape[-3]
    stacked = expand_dims(vectors, axis=-3)
    inner = matmul(adjoint(stacked), matmul(ys, stacked))
    product = function([_along(values, (i,), order + 1) for i in range(order + 1)])
    for i in range(order):
        product = multiply(product, _along(getitem(inner, (..., i, slice(None), slice(None))), (i, i + 1), order + 1))
    if order > 1:
        product = sum(product, axis=tuple(range(-order, -1)))
    return matmul(vectors, matmul(product, adjoint(vectors)))


# --- of any matrices --------------------------------------------------------------------------------------------------


def expm(x: Array, /) -> Array:
    """The exponential of square matrices ``(..., n, n)``, Hermitian or not: the sum of ``x**k / k!`` for all k.

    By a rational function of a ``2**s``-th part of ``x``, squared s times (Higham, 2005); derivatives are those of the
    products.

    >>> ag.linalg.expm(ag.Tensor([[0.0, 1.0], [0.0, 0.0]]))
    Tensor([[1., 1.],
            [0., 1.]])
    """
    _check_square("expm", x)
    squarings = _squarings(x)
    x = multiply(x, 0.5**squarings)
    one, x2 = identity(x, x.shape[-1]), matmul(x, x)
    x4 = matmul(x2, x2)
    x6 = matmul(x4, x2)
    even, odd = (
        add(matmul(x6, _weighted(c[4:], x6, x4, x2)), _weighted(c[:4], x6, x4, x2, one))
        for c in (PADE[::2], PADE[1::2])
    )
    odd = matmul(x, odd)
    power = solve(subtract(even, odd), add(even, odd))
    for _ in range(squarings):
        power = matmul(power, power)
    return power


PADE = tuple(math.comb(13, k) * math.factorial(26 - k) / math.factorial(26) for k in range(14))
"""The coefficients of the approximation of order 13 to the exponential, that of ``x**0`` first."""


@nondifferentiable
def _squarings(x: Array, /) -> int:
    """How often to halve the matrices so that they have a norm below 5.37; on a GPU this waits for them."""
    norm = float(max(sum(abs(x), axis=-2))) if 0 not in x.shape else 0.0
    return math.ceil(math.log2(norm / 5.37)) if 5.37 < norm < math.inf else 0


# --- pieces of the functions above ------------------------------------------------------------------------------------


def _check_square(name: str, x: Array) -> None:
    if len(x.shape) < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(f"{name}: x must be square matrices, given shape {tuple(x.shape)}")


def of_hermitian(name: str, x: Array, derivative: Derivatives) -> Array:
    """A function of Hermitian matrices.

    Raises:
        ValueError: a matrix is not square, or not Hermitian.
    """
    _check_square(name, x)
    if not _are_hermitian(x):
        raise ValueError(
            f"{name}: x must be Hermitian (symmetric, if real); give (x + ag.conj(x.mT)) / 2 if that is meant"
        )
    return _matrix_function(x, function=Divided(name, derivative))


@nondifferentiable
def _are_hermitian(x: Array, /) -> bool:
    return bool(all(is_hermitian(x)))


def _derivative_of_log(order: int) -> Callable[[Array], Array]:
    if order == 0:
        return log
    return lambda w: multiply(pow(w, -order), (-1.0) ** (order - 1) * math.factorial(order - 1))


def _derivative_of_power(exponent: float) -> Derivatives:
    def derivative(order: int) -> Callable[[Array], Array]:
        factor = math.prod(exponent - i for i in range(order))
        return lambda w: multiply(pow(w, exponent - order), factor)

    return derivative


def _weighted(weights: Sequence[float], *terms: Array) -> Array:
    return total([multiply(term, weight) for term, weight in zip(terms, reversed(weights))])


def _along(v: Array, axes: tuple[int, ...], ndim: int) -> Array:
    """An array whose last axes are brought to some places among ``ndim`` last axes, the others of length 1."""
    lead = tuple(v.shape[: len(v.shape) - len(axes)])
    lengths = dict(zip(axes, v.shape[len(lead) :]))
    return reshape(v, lead + tuple(lengths.get(i, 1) for i in range(ndim)))


def _factors(ys: Array) -> list[Array]:
    return [getitem(ys, (..., i, slice(None), slice(None))) for i in range(ys.shape[-3])]


def _product(x: Array, factors: Sequence[Array], function: Divided) -> Array:
    return _with_factors(x, stack(list(broadcast_arrays(*factors)), axis=-3), function=function)


def _inserted(t: Array, x: Array, ys: Array, function: Divided) -> list[Array]:
    """The products with ``t`` before, between and after the factors."""
    factors = _factors(ys)
    return [_product(x, [*factors[:i], t, *factors[i:]], function) for i in range(len(factors) + 1)]


def _replaced(t: Array, x: Array, ys: Array, function: Divided) -> list[Array]:
    """The products with the tangent of each factor in its place."""
    factors = _factors(ys)
    return [_product(x, [*factors[:i], y, *factors[i + 1 :]], function) for i, y in enumerate(_factors(t))]


def _cyclic(g: Array, x: Array, ys: Array, function: Divided, gap: bool) -> list[Array]:
    """The cotangents of the factors, or with ``gap`` of what is inserted before, between and after them.

    As the trace of a product that goes round is the same wherever it begins, they are products too.
    """
    factors, back = _factors(ys), adjoint(g)
    if gap:
        return [adjoint(_product(x, [*factors[i:], back, *factors[:i]], function)) for i in range(len(factors) + 1)]
    return [adjoint(_product(x, [*factors[i + 1 :], back, *factors[:i]], function)) for i in range(len(factors))]
