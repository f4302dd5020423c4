"""Tensor: an array and the node that says how it was made."""

from __future__ import annotations

import contextlib
import copy as copying
import sys
import weakref
from collections.abc import Iterable
from typing import Any

import numpy as np

from anygrad.arrays.above import above
from anygrad.arrays.levels import deepened
from anygrad.arrays.recording import enable_grad, threshold
from anygrad.arrays.scalar import Scalar
from anygrad.arrays.views import link, link_part, mark_leaf
from anygrad.arrays.wrapper import Wrapper, bottom, set_operators
from anygrad.backends import backend_of
from anygrad.core.keys import is_plain
from anygrad.core.primitive import Array
from anygrad.core.types import register_type, scalar_results
from anygrad.ops.creation import copy, ones_like
from anygrad.ops.elementwise import add
from anygrad.ops.indexing import getitem
from anygrad.reverse.data import as_array, check_can_require_grad, cotangent_of, inputs_of
from anygrad.reverse.engine import backward, owned
from anygrad.reverse.graph import Edge, Hook, HookHandle, Node, hooked, key_of_last, shared
from anygrad.reverse.indexing import read, read_again, remember, write
from anygrad.reverse.record import edge_of, handler

__all__ = ["Tensor", "tensor_of"]


class Tensor(Wrapper, is_family=True):
    """An array of any library that remembers how it was made, so that it can be differentiated.

    Args:
        data: an array of a registered library, wrapped without a copy; or a number, or nested lists of numbers, made an
            array on the default device; or a Tensor, whose array is shared.
        requires_grad: whether gradients flow to this Tensor. Only floating dtypes can carry them; a list of integers
            becomes floating.
        dtype: converts the array, to a NumPy dtype or anything ``numpy.dtype`` takes.
        device: moves the array, to a device by name.

    Raises:
        TypeError: data is no array, number or list of numbers; or gradients are asked of an integer array.
        ValueError: a ragged list, or an unknown device.

    >>> x = ag.Tensor([1, 2, 3], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    Tensor([2., 4., 6.])
    """

    __slots__ = ("__weakref__", "_array", "_edge", "_grad", "_meta", "_view", "hooks")

    _array: Array  # not _data, which NumPy's masked arrays would read past __array__
    _meta: Any  # shape and dtype of a real array, or None where nobody has asked yet
    _edge: Any  # None: a constant; True: a leaf that requires grad; a Node; or the leaf it stands for
    _grad: Tensor | None
    hooks: dict[int, Hook] | None

    def __init__(self, data: Any, *, requires_grad: bool = False, dtype: Any = None, device: str | None = None) -> None:
        data = data if not isinstance(data, Tensor) or (data.level and data._carries) else data.data
        self.data = as_array(data, requires_grad, None if dtype is None else np.dtype(dtype), device)
        self._edge = True if requires_grad else None
        self.hooks = self._grad = None  # of results they are not set, and taken for None

    @property
    def data(self) -> Array:
        """The array that it holds, of its own library."""
        if type(self._array) in scalar_results:  # as which results without axes are held
            self._array = scalar_results[type(self._array)](self._array)
        return self._array

    @data.setter
    def data(self, value: Array) -> None:
        self._array = value
        self._meta = None
        if (view := getattr(self, "_view", None)) is not None:
            view.last = view.layout = None

    @classmethod
    def is_of_level(cls, x: Any) -> bool:
        """Whether an array is one of this type, or a scalar that belongs to it."""
        return type(x) is cls or type(x) is cls.scalar_type  # of an ended transform's the backward pass takes note

    @classmethod
    def rewrap(cls, value: Any, edge: Any) -> Any:
        """A saved array as a Tensor of this level again, at the edge it came from. Not for users."""
        if isinstance(value, tuple) and type(edge) is Node:
            outputs = [cls.rewrap(part, edge.output(i)) for i, part in enumerate(value)]
            return type(value)(*outputs) if hasattr(value, "_fields") else tuple(outputs)
        if value is None or not hasattr(value, "shape"):
            return value
        return tensor_of(value, cls.array_type, edge)

    # --- what it is ---

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this Tensor; can be set on a leaf."""
        return self._edge is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not self.is_leaf:
            raise RuntimeError(
                f"requires_grad can be set on leaves alone, and this is the result of {self.creation_op!r}; "
                f"use .detach() for a constant copy"
            )
        if value:
            check_can_require_grad(self.data)
            mark_leaf(self)
        self._edge = True if value else None

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user, or is a constant, rather than recorded as an operation's result."""
        return type(self._edge) is not Node

    @property
    def creation_op(self) -> str | None:
        """The name of the operation that made it, None for a leaf."""
        return self._edge.name if type(self._edge) is Node else None

    @property
    def creators(self) -> tuple[Edge, ...]:
        """What it was made from: leaf Tensors themselves, and Nodes for intermediates."""
        return self._edge.creators if type(self._edge) is Node else ()

    @property
    def grad(self) -> Tensor | None:
        """The gradient accumulated by :meth:`backward`, of this Tensor's shape, dtype and device; None before."""
        return getattr(self, "_grad", None)

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad must be a Tensor or None, given {type(value).__name__}")
            if value.shape != self.shape:
                raise ValueError(f"grad must have the Tensor's shape {self.shape}, given {value.shape}")
        self._grad = value

    def __repr__(self) -> str:
        raw = bottom(self)
        body = np.array2string(backend_of(raw).to_numpy(raw), separator=", ", prefix="Tensor(")
        notes = [] if self.dtype in (np.float64, np.int64, np.bool_) else [f"dtype={self.dtype.name}"]
        notes += [] if self.device == "cpu" else [f"device={self.device!r}"]
        if self.creation_op is not None:
            notes.append(f"creation_op={self.creation_op!r}")
        elif self.requires_grad:
            notes.append("requires_grad=True")
        return f"Tensor({', '.join([body, *notes])})"

    # --- gradients ---

    def edge(self) -> Edge:
        """Where this Tensor's gradient goes: its Node, or itself if it is a leaf."""
        edge = edge_of(self)
        return self if edge is None else edge

    def backward(
        self,
        grad: Any = None,
        *,
        retain_graph: bool = False,
        create_graph: bool = False,
        inputs: Tensor | Iterable[Tensor] | None = None,
    ) -> None:
        """Add this Tensor's gradient in each leaf it was made from to that leaf's ``grad``.

        Args:
            grad: the gradient of some scalar in this Tensor, of its shape; by default ones, which makes it the gradient
                of this Tensor's sum.
            retain_graph: keep what the graph has saved, so that a second pass is possible.
            create_graph: record the pass, so that the gradients can be differentiated again. The graph then hangs on
                ``leaf.grad``, a reference cycle until ``zero_grad()``; :func:`anygrad.grad` makes none.
            inputs: Tensors, leaves or not, that alone receive gradients; branches that lead to none cost nothing.

        Raises:
            RuntimeError: this Tensor does not require a gradient, the graph was freed by an earlier pass, or ``grad``
                requires a gradient without ``create_graph=True``.
            ValueError: ``grad`` has another shape or lives on another device.
            TypeError: ``grad`` is no array, or complex for a real Tensor.

        >>> x = ag.Tensor(3.0, requires_grad=True)
        >>> (x * x * x).backward(create_graph=True)
        >>> first = x.grad
        >>> x.zero_grad()
        >>> first.backward()
        >>> x.grad.item()
        18.0
        """
        root = edge_of(self)
        if root is None:
            raise RuntimeError(
                "backward() on a Tensor that does not require a gradient: make an input with requires_grad=True, "
                "and compute outside no_grad()"
            )
        wanted = None if inputs is None else inputs_of(inputs, Tensor)
        tensor_type = self.array_type
        if grad is None and not create_graph:
            held = self._array
            cotangent = type(held)(1) if type(held) in scalar_results else ones_like(held)
        else:
            given = cotangent_of(self, grad, create_graph)
            cotangent = given if create_graph else given.data
        with backend_of(bottom(self)).quiet(), enable_grad() if create_graph else _unchanged:
            found = backward(
                root,
                cotangent,
                tensor_type,
                wanted=None if wanted is None else list(wanted),
                retain_graph=retain_graph,
                create_graph=create_graph,
            )
            with shared.lock:  # threads may share leaves
                for edge, g in found.items():
                    target = edge if wanted is None else wanted[edge]
                    target._accumulate(g if create_graph else tensor_of(g, tensor_type))  # type: ignore[union-attr]

    def _accumulate(self, grad: Tensor) -> None:
        before = getattr(self, "_grad", None)
        self._grad = grad if before is None else add(before, grad)

    def zero_grad(self) -> None:
        """Forget the accumulated gradient: ``grad`` is None again."""
        self._grad = None

    def detach(self) -> Tensor:
        """A constant Tensor that shares the array."""
        return self.rewrap(self.data, None)  # type: ignore[no-any-return]

    def register_hook(self, hook: Hook) -> HookHandle:
        """Call ``hook(grad)`` with this Tensor's gradient during each backward pass; what it returns replaces it.

        Returns:
            A handle whose ``remove()`` takes the hook away.

        Raises:
            RuntimeError: the Tensor does not require a gradient.
            TypeError: the hook cannot be called.
        """
        if not callable(hook):
            raise TypeError(f"register_hook: hook must be callable, given {hook!r}")
        edge = edge_of(self)
        if edge is None:
            raise RuntimeError("register_hook: the Tensor does not require a gradient")
        return hooked(edge, hook)

    def retain_grad(self) -> None:
        """Keep the gradient of this intermediate Tensor in its ``grad``, as a leaf's is.

        It is that in the value which the Tensor has at the end, also where this is changed in place, and as the hooks
        have left it.
        """
        if self.is_leaf:
            if not self.requires_grad:
                raise RuntimeError("retain_grad: the Tensor does not require a gradient")
            return
        reference = weakref.ref(self)

        def keep(grad: Tensor) -> None:
            tensor = reference()
            if tensor is not None:
                with shared.lock:
                    tensor._accumulate(owned(grad, False))

        hooked(self._edge, keep, key_of_last(self))

    def _move_retained(self, before: Node, edge: Edge | None) -> None:
        """Let the gradient be kept of another place in the graph, where the Tensor is from now on."""
        key = key_of_last(self)
        keep = before.hooks.pop(key, None) if before.hooks else None
        if keep is not None and type(edge) is Node:
            hooked(edge, keep, key)

    # --- elsewhere and otherwise ---

    def numpy(self) -> Any:
        """The values as a NumPy array, which shares memory where the Tensor is NumPy's.

        Raises:
            RuntimeError: the Tensor requires a gradient, which NumPy would lose.
        """
        if self._carries:
            raise RuntimeError("numpy: the Tensor requires a gradient, which NumPy would lose; use .detach().numpy()")
        raw = bottom(self)
        return backend_of(raw).to_numpy(raw)

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        if self._carries:
            raise RuntimeError("__dlpack__: the Tensor requires a gradient, which would be lost; use .detach()")
        asked = {"stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy}
        return bottom(self).__dlpack__(**{name: value for name, value in asked.items() if value is not None})

    def __dlpack_device__(self) -> Any:
        return bottom(self).__dlpack_device__()

    _described = "a Tensor that requires a gradient"
    _remedy = "; for the values alone, x.detach().numpy()"

    @property
    def _carries(self) -> bool:
        return self._edge is not None or super()._carries

    @property
    def __cuda_array_interface__(self) -> Any:
        # An AttributeError, so that a library which looks for this falls back on what keeps the gradient.
        if self._carries:
            raise AttributeError(
                "__cuda_array_interface__: the Tensor requires a gradient, which would be lost; use .detach()"
            )
        return bottom(self).__cuda_array_interface__

    def _check_can_leave(self, what: str) -> None:
        if self._edge is not None and threshold() <= self.level:
            number = "anygrad.stop_gradient(x).item()" if self.level else "x.item()"
            raise RuntimeError(
                f"{what} of a Tensor that requires a gradient gives plain numbers, which would lose the gradient; to "
                f"assign x into an array make that with np.zeros(shape, like=x), for math.sin(x) write np.sin(x), and "
                f"for the number alone {number}"
            )
        super()._check_can_leave(what)

    def _holding(self, data: Any) -> Tensor:
        return self.rewrap(data, None)  # type: ignore[no-any-return]

    def __reduce__(self) -> Any:
        """Pickles and copies of leaves: the array, whether it requires a gradient, and the gradient it has."""
        is_users = self.level == 0 and not isinstance(self.data, Wrapper)
        if not self.is_leaf or (self._carries and not is_users):
            what = "belongs to a transform" if self.is_leaf else f"is the result of {self.creation_op!r}"
            raise RuntimeError(
                f"pickle takes leaves alone; this Tensor {what} and would lose its gradient: pickle.dumps(x.detach())"
            )
        tensor_type = self.array_type if self.is_scalar else type(self)  # by which pickle finds it
        state = (self.data, self.requires_grad, self.grad, getattr(self, "__dict__", {}), self.is_scalar)
        return _restored, (tensor_type, *state)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if not self.is_leaf or self.level or isinstance(self.data, Wrapper):  # it stays in its graph
            return copy(self)
        make, state = self.__reduce__()
        return make(*copying.deepcopy(state, memo))

    # --- parts: the short ways, see :mod:`anygrad.reverse.indexing` ---

    def __getitem__(self, key: Any) -> Any:
        if not is_plain(key):
            return getitem(self, key)
        view = getattr(self, "_view", None)
        is_filled = view is not None and view.is_filled
        out = read_again(self, view, key) if is_filled else None
        if out is not None:
            return out if isinstance(out, Scalar) else link_part(getitem, self, out, (), {"key": key}, is_little=True)
        try:
            out = read(self, key)
        except Exception:
            return getitem(self, key)  # which explains the error
        if type(key) is not int and type(key) is not slice:
            link(getitem, self, out, (), {"key": key})
        elif not out.is_scalar:
            link_part(getitem, self, out, (), {"key": key})
        if is_filled:
            remember(self, view, key, out)
        return out

    def __setitem__(self, key: Any, value: Any) -> None:
        if not write(self, key, value):
            super().__setitem__(key, value)

    # --- changes in place: the Tensor's array is replaced, the graph keeps the old one ---

    def _check_can_change(self, what: str) -> None:
        if self._edge is True and threshold() <= self.level:
            raise RuntimeError(
                f"{what} on a leaf that requires a gradient: the gradient would not be its own; "
                f"change it under no_grad(), or assign the result to a new name"
            )

    def _become(self, out: Tensor) -> None:
        # Also one of the level of a transform that runs. What is changed under no_grad stays where it is in the graph.
        edge, new = self._edge, out._edge
        if edge is not new and edge is not True and (new is not None or threshold() <= self.level):
            if type(edge) is Node and edge.hooks:
                self._move_retained(edge, new)
            self._edge = new
        meta, data = self._meta, out._array
        is_alike = meta is not None and data.dtype is meta[1] and data.shape == meta[0]
        self._array = data
        self._meta = meta if is_alike else out._meta
        if type(self) is not type(out) and self.level != out.level:
            deepened(self)
            self.__class__ = out.array_type

    def _surface(self, out: Tensor) -> None:
        self._edge = out._edge
        self._become(out)

    _held = ("_array",)

    def _twin(self) -> Tensor:
        return tensor_of(self._array, type(self), edge_of(self))


def tensor_of(data: Any, tensor_type: type[Tensor], edge: Any = None) -> Tensor:
    """An array as a Tensor of a type, at an edge of the graph."""
    tensor = object.__new__(tensor_type)
    tensor._array = data
    tensor._edge = edge
    tensor._meta = None
    return tensor


def _restored(
    tensor_type: type[Tensor],
    data: Any,
    requires_grad: bool,
    grad: Any,
    attributes: dict[str, Any],
    is_number: bool = False,
) -> Any:
    """A Tensor from what :meth:`Tensor.__reduce__` gives."""
    tensor = tensor_of(data, tensor_type.scalar_type if is_number else tensor_type, True if requires_grad else None)
    tensor.grad = grad
    for name, value in attributes.items():
        setattr(tensor, name, value)
    return tensor


_unchanged = contextlib.nullcontext()

above.tensor_type = Tensor
sys.modules["anygrad.tensor"] = sys.modules[__name__]  # where pickles made before look for Tensor
register_type(Tensor, handler, lambda tensor: tensor.device)
set_operators(Tensor)
