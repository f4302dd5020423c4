"""Small matrix algebra shared by the rules."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable

from anygrad.core.kinds import is_complex
from anygrad.core.primitive import Array, nondifferentiable
from anygrad.ops.creation import new_arange, ones_like, tril, zeros_like
from anygrad.ops.datatypes import astype
from anygrad.ops.elementwise import abs, add, conj, divide, imag, multiply, real, subtract
from anygrad.ops.logic import equal, less_equal, logical_and, logical_or, not_equal
from anygrad.ops.manipulation import expand_dims, matrix_transpose
from anygrad.ops.reductions import all, any, max, sum
from anygrad.ops.searching import where

UNITS = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "complex64": 2.0**-23}
"""The unit in the last place of 1, of dtypes shorter than double."""


def conjugate(x: Array) -> Array:
    """The complex conjugate; a real array as it is."""
    return conj(x) if is_complex(x) else x


def real_part(x: Array) -> Array:
    """The real part; a real array as it is."""
    return real(x) if is_complex(x) else x


def adjoint(x: Array) -> Array:
    """The conjugate transpose of a matrix, or of each of a stack."""
    return matrix_transpose(conj(x) if is_complex(x) else x)


def hermitian(x: Array) -> Array:
    """The Hermitian (symmetric) part ``(x + adjoint(x)) / 2``."""
    return multiply(add(x, adjoint(x)), 0.5)


def skew(x: Array) -> Array:
    """``x - adjoint(x)``."""
    return subtract(x, adjoint(x))


def antihermitian(x: Array) -> Array:
    """The anti-Hermitian part ``(x - adjoint(x)) / 2``."""
    return multiply(skew(x), 0.5)


def identity(x: Array, n: int) -> Array:
    """The n by n unit matrix, of the dtype and on the device of ``x``."""
    return astype(on_diagonal(x, n), x.dtype)


def on_diagonal(x: Array, n: int) -> Array:
    """A mask of the diagonal of n by n matrices, on the device of ``x``."""
    numbers = new_arange(x, n)
    return equal(expand_dims(numbers, 1), expand_dims(numbers, 0))


def diagonal_matrix(v: Array) -> Array:
    """The matrix with a vector on its diagonal, of each vector along the last axis."""
    return multiply(expand_dims(v, axis=-1), identity(v, v.shape[-1]))


def scaled_columns(x: Array, v: Array) -> Array:
    """``x @ diagonal_matrix(v)``."""
    return multiply(x, expand_dims(v, axis=-2))


def scaled_rows(v: Array, x: Array) -> Array:
    """``diagonal_matrix(v) @ x``."""
    return multiply(expand_dims(v, axis=-1), x)


def imaginary_diagonal(x: Array) -> Array:
    """The diagonal matrix of ``i Im x[k, k]``."""
    return multiply(multiply(imag(x), identity(imag(x), x.shape[-1])), 1j)


# --- the triangle that a library reads --------------------------------------------------------------------------------


@nondifferentiable
def is_hermitian(x: Array, /) -> Array:
    """Whether a matrix, or each of a stack, is Hermitian but for rounding; of shape ``(..., 1, 1)``."""
    return all(less_equal(abs(skew(x)), rounding(x)), axis=(-2, -1), keepdims=True)


def from_lower(x: Array) -> Array:
    """The Hermitian matrix with the lower triangle of ``x``."""
    lower = tril(x, k=-1)
    return add(add(lower, adjoint(lower)), multiply(real_part(x), identity(real_part(x), x.shape[-1])))


def read(x: Array, t: Array) -> Array:
    """How the Hermitian matrix moves that is read from the lower triangle of ``x`` when ``x`` moves by ``t``.

    Of a matrix that is Hermitian itself both triangles count half, which is the same for Hermitian ``t``.
    """
    return where(is_hermitian(x), hermitian(t), from_lower(t))


def unread(x: Array, g: Array) -> Array:
    """The adjoint of :func:`read` as a linear map of ``t``."""
    whole = hermitian(g)
    lower = tril(ones_like(real_part(whole)))
    both = add(lower, tril(lower, k=-1))  # 2 below the diagonal, 1 on it
    return multiply(whole, where(is_hermitian(x), 1.0, both))


# --- values that coincide ---------------------------------------------------------------------------------------------


def unit_of(x: Array) -> float:
    """The unit in the last place of 1 in an array's precision."""
    return UNITS.get(str(x.dtype).rpartition(".")[2], 2.0**-52)


@nondifferentiable
def rounding(x: Array, /, axis: int | tuple[int, ...] = (-2, -1)) -> Array:
    """The least difference that means something between the numbers along some axes, which are kept with length 1.

    Algorithms for matrices leave an error of some units in the last place of the largest number for each row: here 16.
    """
    size = abs(x)
    if 0 in size.shape:
        return sum(size, axis=axis, keepdims=True)
    return multiply(max(size, axis=axis, keepdims=True), 16 * builtins.max(x.shape[-2:]) * unit_of(x))


def off_diagonal(x: Array) -> Array:
    """A matrix with zeros on its diagonal."""
    return where(on_diagonal(x, x.shape[-1]), zeros_like(x), x)


def mixing(values: Array, x: Array, noise: Array, known: Callable[[], Array] | None = None) -> Array:
    """``x[i, j] / (values[j] - values[i])``: what mixes the vectors of two values. Other arguments as of :func:`over`.

    Two values are equal, as each is to itself, if they differ by no more than the rounding of the largest.
    """
    diagonal = on_diagonal(x, x.shape[-1])
    if not is_complex(x) and not may_be_equal(values):  # the diagonal of a complex matrix tells of phases
        return divide(x, where(diagonal, 1.0, differences(values)))
    is_known = None if known is None else logical_or(known(), diagonal)
    return over(x, differences(values), expand_dims(rounding(values, axis=-1), axis=-1), noise, is_known)


@nondifferentiable
def may_be_equal(values: Array, /) -> bool:
    """Whether some values, which are in order, may be equal, as far as can be told without waiting for them."""
    return True


def differences(v: Array) -> Array:
    """``v[j] - v[i]`` for each pair."""
    return subtract(expand_dims(v, axis=-2), expand_dims(v, axis=-1))


def mixed_products(values: Array, x: Array, y: Array) -> Array:
    """The sums over i of ``(x[i, j] y[j, i] + y[i, j] x[j, i]) / (values[j] - values[i])``."""
    products = multiply(off_diagonal(x), matrix_transpose(y))
    noise = multiply(rounding(x), max(abs(y), axis=(-2, -1), keepdims=True))
    return sum(mixing(values, add(products, matrix_transpose(products)), noise), axis=-2)


def over(x: Array, divisor: Array, least: Array, noise: Array, known: Array | None = None) -> Array:
    """``x / divisor``; where the divisor is 0 the limit 0 if ``x`` vanishes too, else NaN.

    Args:
        x: what vanishes, there and around it, in derivatives that exist.
        divisor: what to divide by.
        least: divisors up to this are 0 but for rounding.
        noise: elements of ``x`` up to this vanish but for rounding.
        known: where the limit is 0 if ``x`` vanishes; everywhere if None.
    """
    vanishes = less_equal(abs(x), noise)
    limit = where(vanishes if known is None else logical_and(vanishes, known), zeros_like(divisor), math.nan)
    is_zero = less_equal(abs(divisor), least)
    return multiply(x, where(is_zero, limit, divide(1.0, where(is_zero, 1.0, divisor))))


@nondifferentiable
def up_to(noise: Array, x: Array, /) -> Array:
    """The elements of ``x`` that are no more than ``noise``, and zeros; without their derivatives."""
    return where(less_equal(abs(x), noise), x, zeros_like(x))


def of_pairs(mask: Array) -> Array:
    """For each pair of vectors whether a mask is true of the two, and of each with itself."""
    of_each = any(logical_and(mask, on_diagonal(mask, mask.shape[-1])), axis=-1)
    between = logical_and(mask, matrix_transpose(mask))
    return logical_and(between, logical_and(expand_dims(of_each, axis=-2), expand_dims(of_each, axis=-1)))


def are_apart(values: Array, g_values: Array | None, g: Array, noise: Array) -> Array:
    """For each pair of vectors whether a function does without them, so that it is all the same how they mix.

    Their cotangents ``g`` (in the basis of the vectors) are 0 then. But if the function uses the values too, ``g`` is 0
    also for ``V @ diag(f(values)) @ V'`` where ``f`` is 0, whose derivative needs ``f'``. That is no matter where the
    cotangents of the values are 0 too; or where the values differ, if only by rounding, and ``g`` is 0 nevertheless.
    """
    if g_values is None:
        return of_pairs(less_equal(abs(g), noise))
    unused = equal(g_values, 0)
    both_unused = logical_and(expand_dims(unused, axis=-2), expand_dims(unused, axis=-1))
    return logical_and(of_pairs(equal(g, 0)), logical_or(both_unused, not_equal(differences(values), 0)))
