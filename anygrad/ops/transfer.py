"""Moving arrays between devices and libraries."""

from __future__ import annotations

from anygrad.core.primitive import Array, linear


@linear(lambda g, device, source: to_device(g, source, source=device))
def to_device(x: Array, /, device: str, *, source: str) -> Array:
    """An array on another device, which may be another library's; the gradient travels back to ``source``, its own."""
