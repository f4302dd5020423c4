"""Arrays that the tests of NumPy programs start from."""

from __future__ import annotations

from typing import Any

import numpy as np

from anygrad import Tensor
from anygrad.core.types import rank

A = np.array([[0.5, -1.5, 2.0], [3.0, 0.25, -0.75]])
X = np.array([0.5, -1.5, 2.0])


def leaf(values: Any, device: str = "cpu") -> Tensor:
    return Tensor(values, device=device, requires_grad=True)


def host(x: Any) -> Any:
    if isinstance(x, Tensor):
        return x.detach().numpy()
    return x if rank(type(x)) < 0 else Tensor(x).numpy()  # integers are the library's own
