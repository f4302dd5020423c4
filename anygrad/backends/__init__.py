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
from types import FunctionType
from typing import Any, TypeVar

import numpy as np

from anygrad.backends.generic import supply_defaults
from anygrad.backends.special import special_function
from anygrad.core.keys import device_object
from anygrad.core.primitive import Array, Implementation, Primitive, forget_implementations, primitives
from anygrad.core.types import register_finder, register_type

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
        namespace: Any,
        array_types: type | Iterable[type] | Callable[[], Iterable[type]],
        devices: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
        default_device: str | None,
        packages: tuple[str, ...],
        mutable: bool,
        asarray: Callable[..., Array] | None,
        to_numpy: Callable[[Array], Any] | None,
        synchronize: Callable[[Any], None] | None,
        quiet: Callable[[], contextlib.AbstractContextManager[Any]],
        special: Callable[[], Any] | None,
        install: str,
    ) -> None:
        self.name = name
        self.packages = packages
        self.mutable = mutable
        self.quiet = quiet
        self.install = install
        self.overrides: dict[str, Implementation] = {}
        self.array_types: tuple[type, ...] = ()
        self._namespace = namespace
        self._array_types = array_types
        self._devices = devices
        self._default_device = default_device
        self._asarray = asarray
        self._to_numpy = to_numpy
        self._synchronize = synchronize
        self._special = special

    def __repr__(self) -> str:
        return f"<backend {self.name}>"

    # --- loading ---

    @property
    def is_lazy(self) -> bool:
        """Whether the namespace is given as a function that imports it."""
        return isinstance(self._namespace, FunctionType)

    @functools.cached_property
    def namespace(self) -> Any:
        """The library's array-API namespace; importing it registers the array types.

        Raises:
            ImportError: the library is not installed; the message has the pip command.
        """
        try:
            namespace = self._namespace() if self.is_lazy else self._namespace
        except ImportError as error:
            missing = isinstance(error, ModuleNotFoundError) and error.name in self.packages
            reason = "is not installed" if missing else f"cannot be imported ({' '.join(str(error).split())})"
            raise ImportError(f"{self.packages[0]} {reason}; install it with: {self.install}") from error
        types = self._array_types
        self.array_types = (types,) if isinstance(types, type) else tuple(types() if callable(types) else types)
        for array_type in self.array_types:
            if array_type in _by_type:
                raise ValueError(f"{array_type.__qualname__} belongs to {_by_type[array_type]!r} already")
        for array_type in self.array_types:
            _by_type[array_type] = self
            register_type(array_type, self.implementation, self.device_of)
        self.__dict__["namespace"] = namespace
        supply_defaults(self)
        return namespace

    @functools.cached_property
    def special(self) -> Any:
        """The library's module of special functions, None if it has none.

        Raises:
            ImportError: the module is not installed.
        """
        return None if self._special is None else self._special()

    @functools.cached_property
    def devices(self) -> dict[str, Any]:
        """The library's own device objects by short name, the default one first."""
        assert self.namespace is not None
        return dict(self._devices() if callable(self._devices) else self._devices)

    @property
    def default_device(self) -> str:
        """The short name of the device meant by the backend's name alone."""
        return self._default_device or next(iter(self.devices))

    # --- operations ---

    def implement(self, operation: str | Primitive) -> Callable[[F], F]:
        """Override one operation for this library: ``@backend.implement("index_add")``, or the operation itself.

        The function gets raw arrays and the operation's own keywords.

        Raises:
            ValueError: there is no operation of that name.
        """
        name = operation if isinstance(operation, str) else operation.key

        def decorate(function: F) -> F:
            if name not in primitives:
                raise ValueError(f"implement: there is no operation named {name!r}; see anygrad.primitive.primitives")
            self.overrides[name] = function
            forget_implementations(primitives[name])
            return function

        return decorate

    def implementation(self, op: Primitive, array_type: type) -> Implementation:
        """How this library runs an operation: its override, else anygrad's default, else its own function."""
        function = self.overrides.get(op.key)
        if function is None and op.chapter == "special":
            function = special_function(self, op)
        function = function or op.default or self._own(op)
        if function is None:
            raise TypeError(f"{op.name}: the {self.name!r} backend has no such operation")
        takes_dtype = "dtype" in op.defaults or "dtype" in op.operands
        return self._translating(function, op) if takes_dtype and function is not op.default else function

    def _own(self, op: Primitive) -> Implementation | None:
        """The library's function for an operation, in the namespace or the extension it belongs to."""
        found: Implementation | None = None
        if op.chapter:
            found = getattr(getattr(self.namespace, op.chapter, None), op.name, None)
        return found or getattr(self.namespace, op.name, None)

    def _translating(self, function: Implementation, op: Primitive) -> Implementation:
        """A function whose dtype argument may be a NumPy dtype, or anything that names one."""
        place = op.operands.index("dtype") if "dtype" in op.operands else None

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if place is not None:
                args = (*args[:place], self._translated(args[place]), *args[place + 1 :])
            if kwargs.get("dtype") is not None:
                kwargs["dtype"] = self._translated(kwargs["dtype"])
            return function(*args, **kwargs)

        return wrapper

    def _translated(self, dtype: Any) -> Any:
        try:
            return self.native_dtype(np.dtype(dtype))
        except TypeError:  # it is the library's own already
            return dtype

    # --- arrays ---

    def native_dtype(self, dtype: Dtype) -> Any:
        """The library's own dtype object for a NumPy dtype."""
        native = getattr(self.namespace, dtype.name, None)
        if native is None:
            raise TypeError(f"the {self.name!r} backend has no dtype {dtype.name}")
        return native

    def device_of(self, array: Array) -> str:
        """The full name of an array's device, such as ``"cuda:1"`` or ``"strict:device1"``."""
        if len(self.devices) == 1:
            return self.device_name(next(iter(self.devices)))
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
        return self._from_host(value, dtype=native, device=self.devices[device], copy=copy)

    def _from_host(self, value: Any, **options: Any) -> Array:
        if isinstance(value, np.ndarray) and not value.dtype.isnative:  # a byte order that other libraries do not know
            value = value.astype(value.dtype.newbyteorder("="))
        return (self._asarray or self.namespace.asarray)(value, **options)

    def index_beside(self, x: Array, index: Any) -> Array:
        """An index array as one of this library, on the device of x, where that costs nothing.

        Raises:
            TypeError: it lives elsewhere, and not on the host, or is of another library than x, which does not.
        """
        is_own = isinstance(index, self.array_types)
        if is_own and (len(self.devices) == 1 or device_object(index) == device_object(x)):
            return index
        if not isinstance(index, np.ndarray):
            home = backend_of(index)
            source, target = home.device_of(index), self.device_of(x)
            if not (_is_host(source) and (is_own or _is_host(target))):
                raise TypeError(
                    f"an index array on {source!r} does not index an array on {target!r}; move it with "
                    f"anygrad.asarray(index).to({target!r})"
                )
            index = home.to_numpy(index)
        return self._from_host(index, dtype=None, device=device_object(x), copy=None)

    def make(self, function: str, *args: Any, short: str, **options: Any) -> Array:
        """What a creation function of the namespace makes on a device (short name)."""
        return getattr(self.namespace, function)(*args, device=self.devices[short], **options)

    def generator(self, seed: Any, short: str) -> Callable[..., Array]:
        """A source of random arrays on a device: called with a distribution of ``numpy.random.Generator``.

        By default NumPy draws on the host, and what it draws is moved.
        """
        generator = np.random.default_rng(seed)
        return lambda name, *args, **options: self.asarray(
            np.asarray(getattr(generator, name)(*args, **options)), None, short
        )

    writes_in_place = False
    """Whether ``index_iset`` writes into the array that it is given."""

    def owns_memory(self, array: Array) -> bool:
        """Whether an array's memory is its own, and seen by those alone that refer to the array."""
        return False

    def kept(self, array: Array) -> tuple[Array, Any]:
        """An array of the caller's to keep for later: a copy, or itself with what :meth:`mark` says of it now."""
        return array, self.mark(array)

    def mark(self, array: Array) -> Any:
        """What tells whether an array has been changed meanwhile; None where nothing does, or where none can be."""
        return None

    def copied(self, array: Array) -> Array:
        """A copy that lies in memory as the array does."""
        copied: Array = self.overrides["copy"](array)
        return copied

    def to_numpy(self, array: Array) -> Any:
        """The array on the host, as a NumPy array (which may share memory with it)."""
        return np.asarray(array) if self._to_numpy is None else self._to_numpy(array)

    def synchronize(self, device: str) -> None:
        """Wait for all work queued on a device (short name)."""
        if self._synchronize is not None:
            self._synchronize(self.devices[device])


def register_backend(
    name: str,
    *,
    namespace: Any,
    array_types: type | Iterable[type] | Callable[[], Iterable[type]],
    devices: Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None = None,
    packages: tuple[str, ...] | None = None,
    default_device: str | None = None,
    mutable: bool = False,
    asarray: Callable[..., Array] | None = None,
    to_numpy: Callable[[Array], Any] | None = None,
    synchronize: Callable[[Any], None] | None = None,
    quiet: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext,
    special: Callable[[], Any] | None = None,
    install: str = "",
    backend_class: type[Backend] = Backend,
) -> Backend:
    """Teach anygrad an array library.

    Args:
        name: the backend's name; its devices are called ``"name:device"``.
        namespace: its array-API namespace (any object with the standard's functions and dtypes), or a function without
            arguments that imports it when it is first needed.
        array_types: the types of its arrays, or a function that gives them once the namespace is imported.
        devices: the library's own device objects by short name, or a function that gives them; by default one,
            ``"cpu"``, which is passed to the library as ``device=None``. An array's ``device`` is compared with these.
        packages: top-level packages whose arrays announce the library; by default ``(name,)``.
        default_device: the short name meant by ``"name"`` alone; by default the first of the devices.
        mutable: whether ``x[key] = y`` changes an array, so that copies may be written into.
        asarray: ``asarray(value, *, dtype, device, copy)`` where the namespace's own does not take NumPy arrays. It
            gets one of these or an array of the library, and the library's own dtype (or None) and device.
        to_numpy: how to copy an array to the host; by default ``numpy.asarray``.
        synchronize: waits for the work queued on one of the devices, where the library works asynchronously.
        quiet: a context in which floating-point warnings of the library are silent (used during backward).
        special: a function that imports the module of its special functions, in SciPy's names; what that lacks, and all
            of them by default, SciPy computes on the host.
        install: the command that installs the library, for error messages.
        backend_class: a subclass of :class:`Backend`, where a library needs more than these arguments say.

    Returns:
        The backend; ``backend.implement("op")`` overrides single operations.

    Raises:
        ValueError: the name is taken or not an identifier, or one of the types is another backend's.
    """
    if not name.isidentifier():
        raise ValueError(f"register_backend: name must be an identifier, given {name!r}")
    if name in backends or name in ("auto", "cpu", "cuda"):
        raise ValueError(f"register_backend: the name {name!r} is taken")
    backend = backend_class(
        name,
        namespace=namespace,
        array_types=array_types,
        devices=devices or {default_device or "cpu": None},
        default_device=default_device,
        packages=packages or (name,),
        mutable=mutable,
        asarray=asarray,
        to_numpy=to_numpy,
        synchronize=synchronize,
        quiet=quiet,
        special=special,
        install=install or f"pip install {name}",
    )
    backends[name] = backend
    if not backend.is_lazy:
        try:
            assert backend.namespace is namespace
        except Exception:
            del backends[name]
            raise
    return backend


def backend_of(array: Array) -> Backend:
    """The backend of a raw array.

    Raises:
        TypeError: no registered library has arrays of that type.
    """
    known = _by_type.get(type(array))
    if known is not None:
        return known
    for base in type(array).__mro__:
        if base in _by_type:
            return _by_type[base]
    if _load_library_of(type(array)):
        return backend_of(array)
    raise TypeError(f"{type(array).__module__}.{type(array).__qualname__} is not an array of a registered library")


def _is_host(device: str) -> bool:
    return device.rpartition(":")[2] == "cpu"


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
