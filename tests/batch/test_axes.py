"""An axis that a member does not have is refused under vmap as it is of a member, and is never the batch's."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad.numpy_api.registry import FUNCTIONS
from tests.batch.test_vmap import OPERATIONS_TO_MAP
from tests.table import Operation, Sample, linalg_pieces, outputs_of

INTERNAL = {"conv_kernel", *(operation.name for operation in linalg_pieces.OPERATIONS)}
"""Are only given arrays whose shapes were checked."""
MEANT = {"cumulative_sum", "cumulative_prod", "fftshift", "ifftshift"}
"""Take under vmap what NumPy's do not take of a member: several axes for the flattened array, or none."""


def with_other_axes(operation: Operation, sample: Sample) -> Iterator[Sample]:
    """The call with axes out of bounds, by name or by place."""
    ndim = max((x.ndim for x in sample.arrays), default=0)
    for wrong in (-ndim - 2, -ndim - 1, ndim, ndim + 1):
        for name in {"axis", "axes"} & {*sample.kwargs, *inspect.signature(operation.call).parameters}:
            axes = sample.kwargs.get(name)
            for value in (wrong, (wrong,), (wrong, *axes[1:]) if isinstance(axes, tuple) else (wrong, 0)):
                yield Sample(*sample.args, **{**sample.kwargs, name: value})
        for i, value in enumerate(sample.args):
            if type(value) is int:
                yield Sample(*sample.args[:i], wrong, *sample.args[i + 1 :], **sample.kwargs)
            elif type(value) is tuple:
                yield Sample(*sample.args[:i], (wrong, *value[1:]), *sample.args[i + 1 :], **sample.kwargs)


def with_fewer_axes(sample: Sample) -> Iterator[Sample]:
    """The call with an operand that has lost axes."""
    for i, x in enumerate(sample.arrays):
        if x.ndim and x.size:
            for fewer in (x[0], x.reshape(-1), x.reshape(-1)[0]):
                arrays = [*sample.arrays[:i], np.asarray(fewer), *sample.arrays[i + 1 :]]
                args, kwargs = sample.replaced(arrays)
                yield Sample(*args, **kwargs)


def result_of(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a call gives, None where it raises."""
    try:
        return function(*args, **kwargs)
    except Exception:
        return None


@pytest.mark.parametrize("operation", [op for op in OPERATIONS_TO_MAP if op.name not in INTERNAL], ids=repr)
def test_what_no_member_takes_no_batch_takes(operation):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for drawn in operation.drawn():
            for sample in (*with_other_axes(operation, drawn), *with_fewer_axes(drawn)):
                check_batches(operation, sample)


def check_batches(operation: Operation, sample: Sample) -> None:
    """A batch is refused where a member is; where it is taken it has the member's values."""

    def run(*xs):
        args, kwargs = sample.replaced(list(xs))
        return tuple(outputs_of(operation.call(*args, **kwargs)))

    arrays = sample.arrays
    expected = result_of(run, *arrays)
    every = set(range(len(arrays)))
    for which in (every, *({i} for i in every if len(every) > 1)):
        batches = [np.stack([x] * 3) if i in which else x for i, x in enumerate(arrays)]
        axes = tuple(0 if i in which else None for i in every)
        found = result_of(lambda: ag.vmap(run, axes)(*batches)) if which else None  # noqa: B023
        what = f"{operation}{sample}, mapped over {which}"
        if found is None:  # it may be stricter: NumPy lets a scalar have an axis in reductions
            continue
        # Values written with axes of length 1 in front are refused by NumPy here and there, and taken by anygrad.
        assert expected is not None or operation.name in MEANT or "key" in sample.kwargs, what
        for out, wanted in zip(found, expected or ()):
            np.testing.assert_allclose(np.asarray(out)[0], np.asarray(wanted), rtol=1e-10, err_msg=what)


# --- NumPy's functions ------------------------------------------------------------------------------------------------

X = np.random.default_rng(0).random((2, 3))
OTHER = [(X,), ([X, X],), (X, np.array([[0, 1, 1]])), (X, [0, 1]), (X, 2), (X, 0.3), ([1, 0], X), (X, [0], 1.0)]
ARGUMENTS = [*OTHER, (X, X), (X, 1, X), (X[0], X)]
AXES = [{"axis": 0}, {"axis": (0, 1)}, {"axes": (0, 1)}, {"axis1": 0, "axis2": 1}, {"source": 0, "destination": 1}]
AXES += [{"axis": 1, "start": 0}]


def taken(function: Callable[..., Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Arguments that one of NumPy's functions takes, with axes of a matrix."""
    for axes in AXES:
        found = (args for args in ARGUMENTS if result_of(function, *args, **axes) is not None)
        for args in list(found)[:1]:
            yield args, axes


def replaced(value: Any, x: Any) -> Any:
    return x if value is X else [replaced(part, x) for part in value] if isinstance(value, list) else value


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")
def test_axes_that_numpys_functions_refuse_are_refused_of_tensors_and_of_batches():
    tried = set()
    for function, entry in FUNCTIONS.items():
        for args, axes in taken(function):
            for name in axes:
                for wrong in (-4, -3, 2, 3, (-3,), (0, 2)):
                    other = {**axes, name: wrong}
                    if result_of(function, *args, **other) is not None:
                        continue
                    tried.add(entry.name)

                    def call(x, function=function, args=args, other=other):
                        return function(*(replaced(value, x) for value in args), **other)

                    assert result_of(call, ag.Tensor(X)) is None, (entry.name, other)
                    assert result_of(ag.vmap(call), np.stack([X] * 4)) is None, (entry.name, other)
    assert len(tried) > 80


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(x, axis=-3),
        lambda x: np.take(x, [0], axis=-3),
        lambda x: np.rollaxis(x, 2),
        lambda x: ag.special.softmax(x, axis=-3),
        lambda x: ag.concat([x, x], axis=-3),
        lambda x: ag.expand_dims(x, axis=-4),
        lambda x: ag.moveaxis(x, -3, 0),
        lambda x: ag.permute_dims(x, (0, -3)),
    ],
)
def test_the_error_is_numpys_of_an_axis(f):
    with pytest.raises(np.exceptions.AxisError, match="out of bounds for array of dimension"):
        ag.vmap(f)(np.stack([X] * 4))


def test_a_triangle_of_a_vector_is_that_of_the_matrix_numpy_makes_of_it():
    vectors = np.arange(6.0).reshape(2, 3)
    for function in (np.tril, np.triu):
        np.testing.assert_array_equal(ag.vmap(function)(vectors), [function(v) for v in vectors])
        gradient = ag.grad(lambda v, f=function: np.sum(f(v) * np.ones((3, 3))))(vectors[0])
        np.testing.assert_array_equal(gradient, function(np.ones((3, 3))).sum(axis=0))
    with pytest.raises(ValueError, match="2 axes or more"):
        ag.vmap(ag.triu)(vectors)


def test_values_that_members_share_are_not_written_across_them():
    x = np.zeros((3, 2))
    with pytest.raises(ValueError, match="do not fit"):
        ag.vmap(lambda row: ag.index_set(row, np.arange(3.0), (..., 0)))(x)
    with pytest.raises(ValueError, match="lengths"):
        ag.vmap(lambda a: ag.tensordot(a, ag.matrix_transpose(a), axes=2))(np.ones((4, 2, 3)))


def test_tolerances_of_matrices_are_not_those_of_members():
    with pytest.raises(ValueError, match="rtol has more axes"):
        ag.vmap(lambda x: ag.linalg.pinv(x, rtol=np.array([0.1, 0.2, 0.3])))(np.ones((3, 2, 2)))
    x = np.random.default_rng(1).random((4, 3, 2, 2))
    found = ag.vmap(lambda x: ag.linalg.pinv(x, rtol=np.array([0.1, 0.5, 0.9])))(x)
    np.testing.assert_allclose(found, np.linalg.pinv(x, rcond=np.array([0.1, 0.5, 0.9])))


def test_take_without_an_axis_reads_the_flattened_member():
    x = np.arange(12.0).reshape(2, 2, 3)
    np.testing.assert_array_equal(ag.vmap(lambda m: ag.take(m, np.array([4, 0])))(x), [[4, 0], [10, 6]])
    at = np.array([[4, 0], [1, 5]])
    np.testing.assert_array_equal(ag.vmap(lambda m, i: ag.take(m, i))(x, at), [[4, 0], [7, 11]])


def test_an_index_of_each_member_into_a_plain_array_names_take():
    rows = np.arange(4.0)
    with pytest.raises(RuntimeError, match=r"anygrad.take\(x, i\)"):
        ag.vmap(lambda i: rows[i])(np.array([0, 2]))
    np.testing.assert_array_equal(ag.vmap(lambda i: ag.take(rows, i))(np.array([0, 2])), [0, 2])
