"""NumPy's own functions on anygrad's arrays: ``np.sin(x)``, ``np.einsum(..., x)``, ``np.zeros(3, like=x)``.

NumPy hands a call that meets a Tensor, a Dual or a Batch to the array's ``__array_ufunc__`` or ``__array_function__``;
these look it up in the tables here. Each entry is NumPy's function written in anygrad's operations, so that it runs
where the array lives and keeps the gradient. The tables are filled when the first such call comes.
"""

from anygrad.numpy_api import (  # noqa: F401  these modules fill the tables
    calculus,
    creation,
    indexing,
    joining,
    linalg,
    logic,
    polynomials,
    products,
    reductions,
    refusals,
    shapes,
    sorting,
    statistics,
    transforms,
    ufuncs,
)
from anygrad.numpy_api.registry import NAMED, array_function, call
from anygrad.numpy_api.ufuncs import array_ufunc

__all__ = ["NAMED", "array_function", "array_ufunc", "call"]
