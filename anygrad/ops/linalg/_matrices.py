"""Small matrix algebra shared by the rules."""

from __future__ import annotations

from anygrad.core.kinds import is_complex
from anygrad.core.primitive import Array
from anygrad.ops.creation import new_arange
from anygrad.ops.datatypes import astype
from anygrad.ops.elementwise import add, conj, divide, imag, multiply, real, subtract
from anygrad.ops.logic import equal
from anygrad.ops.manipulation import expand_dims, matrix_transpose
from anygrad.ops.searching import where


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


def identity(x: Array, n: int) -> Array:
    """The n by n unit matrix, of the dtype and on the device of ``x``."""
    numbers = new_arange(x, n)
    return astype(equal(expand_dims(numbers, 1), expand_dims(numbers, 0)), x.dtype)


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


def inverse_or_zero(x: Array) -> Array:
    """``1 / x``, and 0 where ``x`` is 0."""
    at_zero = equal(x, 0)
    return where(at_zero, 0.0, divide(1, where(at_zero, 1.0, x)))


def inverse_gaps(values: Array) -> Array:
    """``1 / (values[j] - values[i])`` for each pair, and 0 where the two are equal."""
    return inverse_or_zero(subtract(expand_dims(values, axis=-2), expand_dims(values, axis=-1)))
