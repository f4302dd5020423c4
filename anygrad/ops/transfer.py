"""Moving arrays between devices and libraries."""

from __future__ import annotations

from anygrad.primitive import Array, linear


@linear(lambda g, source: to_device(g, source))
def to_device(x: Array, /, device: str, *, source: str | None = None) -> Array:
    """An array on another device, which may be another library's; the gradient travels back to where it came from."""
