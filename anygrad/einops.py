"""The package einops on Tensors: ``einops.rearrange(x, ...)`` and the rest work once both packages are imported.

einops looks for what handles an array among the subclasses of its ``AbstractBackend``. One for anygrad can be made only
when einops is there, and anygrad must not import it. So where einops is imported first, the subclass is made when
anygrad is imported; and where it is imported later, a finder on ``sys.meta_path`` sees its import, makes the subclass
when that is done, and goes away.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from anygrad.arrays.creation import arange, asarray
from anygrad.arrays.wrapper import Wrapper
from anygrad.core.kinds import kind_of
from anygrad.ops import joining, manipulation, reductions
from anygrad.ops.contractions import einsum

if TYPE_CHECKING:
    from importlib.abc import Loader  # at run time a quarter of what importing anygrad takes, for two base classes

__all__: list[str] = []

MODULE = "einops._backends"
known: list[type] = []  # what einops knows of: a class does not keep its subclasses alive
REDUCTIONS = {name: getattr(reductions, name) for name in ("all", "any", "max", "mean", "min", "prod", "sum")}


def watch() -> None:
    """Make einops know anygrad's arrays: now, if it is imported, else when it is."""
    if MODULE in sys.modules:
        introduce(sys.modules[MODULE])
    else:
        sys.meta_path.insert(0, _Watch())


class _Watch:
    """A finder that finds nothing itself, and adds to the import of one module what is to be done after it."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        if name != MODULE:
            return None
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        from importlib.util import find_spec

        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Introducing(spec.loader)  # type: ignore[assignment]
        return spec


class _Introducing:
    """A module's own loader, and the introduction after it."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        introduce(module)


def introduce(backends: Any) -> None:
    """Define the subclass by which einops knows anygrad's arrays."""

    class AnygradBackend(backends.AbstractBackend):  # type: ignore[misc]
        framework_name = "anygrad"

        def is_appropriate_type(self, tensor: Any) -> bool:
            return isinstance(tensor, Wrapper)

        def from_numpy(self, x: Any) -> Any:
            return asarray(x)

        def to_numpy(self, x: Any) -> Any:
            return x.__array__()  # which refuses where it would lose a gradient

        def arange(self, start: int, stop: int) -> Any:
            return arange(start, stop)

        def reshape(self, x: Any, shape: Sequence[int]) -> Any:
            return manipulation.reshape(x, tuple(shape))

        def transpose(self, x: Any, axes: Sequence[int]) -> Any:
            return manipulation.permute_dims(x, tuple(axes))

        def reduce(self, x: Any, operation: str, axes: Sequence[int]) -> Any:
            return REDUCTIONS[operation](x, axis=tuple(axes))

        def stack_on_zeroth_dimension(self, tensors: list[Any]) -> Any:
            return joining.stack(tensors)

        def add_axis(self, x: Any, new_position: int) -> Any:
            return manipulation.expand_dims(x, new_position)

        def tile(self, x: Any, repeats: Sequence[int]) -> Any:
            return joining.tile(x, tuple(repeats))

        def concat(self, tensors: list[Any], axis: int) -> Any:
            return joining.concat(tensors, axis=axis)

        def is_float_type(self, x: Any) -> bool:
            return kind_of(x.dtype) in "fc"

        def einsum(self, pattern: str, *x: Any) -> Any:
            return einsum(pattern, *x)

    known.append(AnygradBackend)
