"""What stands above arrays and is needed in them: put here by those who have it when they are loaded."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

__all__ = ["above"]


class _Above:
    """The slots.

    Attributes:
        namespace: anygrad itself, which arrays give to whoever asks for their namespace.
        tensor_type: Tensor, which new arrays are.
        load_numpy_api: gives NumPy's functions in anygrad's operations, when the first of them is called.
    """

    namespace: Any
    tensor_type: type[Any]
    load_numpy_api: Callable[[], Any]

    @functools.cached_property
    def numpy_api(self) -> Any:
        return self.load_numpy_api()


above = _Above()
