"""Functions of matrices made of functions of numbers."""

from __future__ import annotations

from collections.abc import Callable

from anygrad.core.primitive import Array
from anygrad.ops.creation import ones_like
from anygrad.ops.linalg.functions import of_hermitian
from anygrad.transforms.forward import jvp

__all__ = ["matrix_function"]


def matrix_function(f: Callable[[Array], Array], x: Array, /) -> Array:
    """A function of Hermitian matrices: ``V @ diag(f(values)) @ V'``, with their eigenvalues and eigenvectors.

    Derivatives of all orders are right, also where eigenvalues are equal or close: they are written with the divided
    differences of ``f`` (Daleckii and Krein, 1965), for which ``f`` is differentiated in forward mode where values are
    close. What is written with :func:`eigh` is NaN there.

    Args:
        f: a function of each element of an array of real numbers, of any shape. It must not use traced arrays from
            outside of it.
        x: Hermitian (symmetric, if real) matrices ``(..., n, n)``.

    Returns:
        An array of the shape of ``x``.

    Raises:
        ValueError: a matrix is not square, or not Hermitian up to rounding.
        TypeError: ``f`` uses a traced array from outside.

    >>> x = np.array([[2.0, 0.0], [0.0, 2.0]])
    >>> ag.grad(lambda x: ag.linalg.matrix_function(ag.sqrt, x)[0, 1])(x).round(4)
    array([[0.    , 0.1768],
           [0.1768, 0.    ]])
    """

    def derivative(order: int) -> Callable[[Array], Array]:
        if order == 0:
            return f
        below = derivative(order - 1)
        return lambda w: jvp(below, (w,), (ones_like(w),))[1]

    return of_hermitian("matrix_function", x, derivative)
