"""The backend registry: which array libraries there are, and how each supplies the operations.

A backend is a name, an array-API namespace, its array types and its devices. It registers its types in the primitives'
tables; an operation resolves to the backend's override, else anygrad's default, else the namespace's own function.
Nothing here imports a library before one of its arrays shows up or one of its devices is asked for.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from anygrad.backends.generic import supply_defaults
from anygrad.primitive import Array, Implementation, Primitive, primitives, register_finder, register_type

__all__ = ["Backend", "backend_of", "backends", "numpy_dtype", "register_backend"]

F = TypeVar("F", bound=Callable[..., Any])
Dtype = np.dtype[Any]

backends: dict[str, Backend] = {}
"""Every registered backend by its name."""

_by_type: dict[type, Backend] = {}


class Backend:
    """One array library. Made by :func:`register_backend`, which documents the arguments."""

    def __init__(
        self,
        name: str,
        *,
        namespace: ModuleType | Callable[[], Any],
        array_types: Iterable[type] | Callable[[], Iterable[type]],
        devices: Callable[[], Mapping[str, Any]],
        default_device: str,
        packages: tuple[str, ...],
        mutable: bool,
        asarray: Callable[..., Array] | None,
        to_numpy: Callable[[Array], Any] | None,
        synchronize: Callable[[], None] | None,
        quiet: Callable[[], contextlib.AbstractContextManager[Any]],
        install: str,
    ) -> None:
        self.name = name
        self.packages = packages
        self.mutable = mutable
        self.default_device = default_device
        self.quiet = quiet
        self.install = install
        self.overrides: dict[str, Implementation] = {}
        self.array_types: tuple[type, ...] = ()
        self._namespace = namespace
        self._array_types = array_types
        self._devices = devices
        self._asarray = asarray
        self._to_numpy = to_numpy
        self._synchronize = synchronize

    def __repr__(self) -> str:
        return f"<backend {self.name}>"

    # --- loading ---

    @functools.cached_property
    def namespace(self) -> Any:
        """The library's array-API namespace; importing it registers the array types.

        Raises:
            ImportError: the library is not installed; the message has the pip command.
        """
        try:
            namespace = self._namespace if isinstance(self._namespace, ModuleType) else self._namespace()
        except ImportError as error:
            raise ImportError(f"the {self.name!r} backend needs {self.packages[0]}: {self.install}") from error
        types = self._array_types
        self.array_types = tuple(types() if callable(types) else types)
        for array_type in self.array_types:
            _by_type[array_type] = self
            register_type(array_type, self.implementation, self.device_of)
        self.__dict__["namespace"] = namespace
        supply_defaults(self)
        return namespace

    @functools.cached_property
    def devices(self) -> dict[str, Any]:
        """The library's own device objects by short name, the default one first."""
        assert self.namespace is not None
        return dict(self._devices())

    # --- operations ---

    def implement(self, name: str) -> Callable[[F], F]:
        """Override one operation for this library: ``@backend.implement("index_add")``.

        The function gets raw arrays and the operation's own keywords.

        Raises:
            ValueError: there is no operation of that name.
        """

        def decorate(function: F) -> F:
            if name not in primitives:
                raise ValueError(f"implement: there is no operation named {name!r}; see anygrad.primitive.primitives")
            self.overrides[name] = function
            primitives[name].table.clear()
            return function

        return decorate

    def implementation(self, op: Primitive, array_type: type) -> Implementation:
        """How this library runs an operation: its override, else anygrad's default, else its own function."""
        function = self.overrides.get(op.name) or op.default or getattr(self.namespace, op.name, None)
        if function is None:
            raise TypeError(f"{op.name}: the {self.name!r} backend has no such operation")
        takes_dtype = "dtype" in op.defaults or "dtype" in op.operands
        return self._translating(function) if takes_dtype and function is not op.default else function

    def _translating(self, function: Implementation) -> Implementation:
        if self.native_dtype(np.dtype("float32")) is np.dtype("float32"):
            return function

        def translate(value: Any) -> Any:
            return self.native_dtype(value) if isinstance(value, np.dtype) else value

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return function(*map(translate, args), **{k: translate(v) for k, v in kwargs.items()})

        return wrapper

    # --- arrays ---

    def native_dtype(self, dtype: Dtype) -> Any:
        """The library's own dtype object for a NumPy dtype."""
        return getattr(self.namespace, dtype.name)

    def device_of(self, array: Array) -> str:
        """The full name of an array's device, such as ``"cuda:1"`` or ``"strict:device1"``."""
        native = array.device
        for name, device in self.devices.items():
            if device == native:
                return self.device_name(name)
        return self.device_name(str(native))

    def device_name(self, short: str) -> str:
        """The full name of a device from its short one."""
        return f"{self.name}:{short}"

    def asarray(self, value: Any, dtype: Dtype | None, device: str, copy: bool | None = None) -> Array:
        """An array of this library on a device (short name) from a NumPy array or one of the library's own."""
        native = None if dtype is None else self.native_dtype(dtype)
        function = self._asarray or self.namespace.asarray
        return function(value, dtype=native, device=self.devices[device], copy=copy)

    def to_numpy(self, array: Array) -> Any:
        """The array on the host, as a NumPy array (which may share memory with it)."""
        return np.asarray(array) if self._to_numpy is None else self._to_numpy(array)

    def synchronize(self) -> None:
        """Wait for all work queued on the library's devices."""
        if self._synchronize is not None:
            self._synchronize()


def register_backend(
    name: str,
    *,
    namespace: ModuleType | Callable[[], Any],
    array_types: Iterable[type] | Callable[[], Iterable[type]],
    devices: Callable[[], Mapping[str, Any]] | None = None,
    packages: tuple[str, ...] | None = None,
    default_device: str = "cpu",
    mutable: bool = False,
    asarray: Callable[..., Array] | None = None,
    to_numpy: Callable[[Array], Any] | None = None,
    synchronize: Callable[[], None] | None = None,
    quiet: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext,
    install: str = "",
    backend_class: type[Backend] = Backend,
) -> Backend:
    """Teach anygrad an array library.

    Args:
        name: the backend's name; its devices are called ``"name:device"``.
        namespace: its array-API namespace, or a function that imports it when it is first needed.
        array_types: the types of its arrays, or a function that gives them once the namespace is imported.
        devices: a function that gives the library's device objects by short name; by default one, ``"cpu"``, which
            is passed to the library as ``device=None``.
        packages: top-level packages whose arrays announce the library; by default ``(name,)``.
        default_device: the short name meant by ``"name"`` alone.
        mutable: whether ``array += other`` changes the array, so that gradients may be summed in place.
        asarray: ``asarray(value, *, dtype, device, copy)`` if the namespace's own does not take NumPy arrays.
        to_numpy: how to copy an array to the host; by default ``numpy.asarray``.
        synchronize: waits for queued work, where the library works asynchronously.
        quiet: a context in which floating-point warnings of the library are silent (used during backward).
        install: the command that installs the library, for error messages.
        backend_class: a subclass of :class:`Backend`, where a library needs more than these arguments say.

    Returns:
        The backend; ``backend.implement("op")`` overrides single operations.

    Raises:
        ValueError: the name is taken or not an identifier.
    """
    if not name.isidentifier():
        raise ValueError(f"register_backend: name must be an identifier, given {name!r}")
    if name in backends:
        raise ValueError(f"register_backend: there is a backend named {name!r} already")
    backend = backend_class(
        name,
        namespace=namespace,
        array_types=array_types,
        devices=devices or (lambda: {default_device: None}),
        default_device=default_device,
        packages=packages or (name,),
        mutable=mutable,
        asarray=asarray,
        to_numpy=to_numpy,
        synchronize=synchronize,
        quiet=quiet,
        install=install or f"pip install {name}",
    )
    backends[name] = backend
    if isinstance(namespace, ModuleType):
        assert backend.namespace is namespace
    return backend


def backend_of(array: Array) -> Backend:
    """The backend of a raw array.

    Raises:
        TypeError: no registered library has arrays of that type.
    """
    for base in type(array).__mro__:
        if base in _by_type:
            return _by_type[base]
    if _load_library_of(type(array)):
        return backend_of(array)
    raise TypeError(f"{type(array).__module__}.{type(array).__qualname__} is not an array of a registered library")


def _load_library_of(array_type: type) -> bool:
    package = array_type.__module__.partition(".")[0]
    for backend in backends.values():
        if package in backend.packages and not backend.array_types and package in sys.modules:
            assert backend.namespace is not None
            return any(base in _by_type for base in array_type.__mro__)
    return False


register_finder(_load_library_of)


class _NumpyDtypes(dict[Any, Dtype]):
    def __missing__(self, native: Any) -> Dtype:
        name = getattr(native, "name", None) or str(native).rpartition(".")[2]
        self[native] = dtype = np.dtype(name)
        return dtype


_numpy_dtypes = _NumpyDtypes()


def numpy_dtype(native: Any) -> Dtype:
    """The NumPy dtype that stands for a library's own dtype object."""
    return _numpy_dtypes[native]
