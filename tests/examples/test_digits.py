"""The example of the README, run as its reader runs it."""

import math
import re

import numpy as np
import pytest

import anygrad as ag
from tests.examples.running import check_missing, check_refusal, load, output_of

for needed in ("matplotlib", "rich", "sklearn"):
    pytest.importorskip(needed)


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def history_on(digits, device, epochs=1, batch=64):
    rng = np.random.default_rng(3)
    network = digits.new_network(rng, device)
    return list(digits.train(network, digits.load(device), epochs, batch, rng))


def test_digits_learns_to_read_held_out_digits_and_draws_a_picture(tmp_path):
    printed = output_of("digits", "--device", "cpu", folder=tmp_path)
    accuracy, seconds = re.search(r"held-out accuracy (\S+)% after (\S+) s on cpu", printed).groups()
    assert float(accuracy) >= 97
    assert float(seconds) < 60


def test_training_starts_at_chance_and_lowers_every_loss(digits):
    before, first, second = history_on(digits, "cpu", epochs=2)
    assert abs(before.held_out_loss - math.log(10)) < 0.5
    assert before.train_loss > first.train_loss > second.train_loss
    assert before.held_out_loss > first.held_out_loss > second.held_out_loss
    assert second.held_out_accuracy > 0.9 > before.held_out_accuracy


@pytest.mark.parametrize(
    ("library", "device", "batch", "rtol"),
    [
        ("torch", "torch:cpu", 64, 1e-6),
        ("array_api_strict", "strict:cpu", 512, 1e-6),
        (
            "jax",
            "jax:cpu",
            2995,
            1e-4,
        ),  # two batches of one size, compiled once; JAX computes in float32 unless it is told otherwise
        pytest.param("cupy", "cuda", 64, 1e-6, marks=pytest.mark.gpu),
    ],
)
def test_another_library_learns_what_numpy_learns(digits, library, device, batch, rtol):
    pytest.importorskip(library)
    before, after = history_on(digits, device, batch=batch)
    expected_before, expected_after = history_on(digits, "cpu", batch=batch)
    np.testing.assert_allclose(before, expected_before, rtol=rtol)
    np.testing.assert_allclose(after, expected_after, rtol=rtol)
    assert after.held_out_loss < before.held_out_loss


def test_split_is_stratified_the_same_each_time_and_has_no_digit_twice(digits):
    data, again = digits.load("cpu"), digits.load("cpu")
    sizes = [len(part.labels) for part in data]
    assert sizes == [1198, 5 * 1198, 599]
    np.testing.assert_array_equal(data.held_out.images, again.held_out.images)
    shares = [np.bincount(part.labels.numpy()) / len(part.labels) for part in data]
    np.testing.assert_allclose(shares[0], shares[2], atol=0.002)
    together = np.concatenate([data.train.images, data.held_out.images])
    assert len(np.unique(together, axis=0)) == 1797


def test_moved_digits_are_digits_one_pixel_away(digits):
    image = np.arange(1.0, 65.0).reshape(1, 64)
    down, right = (digits.move(image, *by).reshape(8, 8) for by in ((1, 0), (0, 1)))
    np.testing.assert_array_equal(down, np.vstack([np.zeros((1, 8)), image.reshape(8, 8)[:-1]]))
    np.testing.assert_array_equal(right, np.hstack([np.zeros((8, 1)), image.reshape(8, 8)[:, :-1]]))


def test_cross_entropy_is_right_and_does_not_overflow(digits):
    scores = ag.Tensor([[0.0, math.log(3.0)], [1e4, 0.0]], requires_grad=True)
    loss = digits.cross_entropy(scores, ag.Tensor([1, 1]))
    assert loss.item() == pytest.approx((math.log(4 / 3) + 1e4) / 2)
    loss.backward()
    np.testing.assert_allclose(scores.grad, [[0.125, -0.125], [0.5, -0.5]])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--device", "toaster"], "unknown device 'toaster'"),
        (["--device", "cpu:7"], "unknown device 'cpu:7'"),
        (["--epochs", "0"], "must be a whole number from 1 up, given '0'"),
        (["--epochs", "-3"], "must be a whole number from 1 up, given '-3'"),
        (["--batch", "many"], "must be a whole number from 1 up, given 'many'"),
        (["--seed", "1.5"], "must be a whole number from 0 up, given '1.5'"),
        (["--out", "absent/digits.png"], "in a folder that exists, given 'absent/digits.png'"),
        (["--out", "digits.txt"], "must be a .png, .pdf or .svg"),
    ],
)
def test_wrong_options_are_refused_in_one_line(digits, arguments, expected, monkeypatch, capsys):
    check_refusal(digits, arguments, expected, monkeypatch, capsys)


@pytest.mark.parametrize("missing", ["matplotlib", "rich", "sklearn"])
def test_missing_package_is_named_with_the_command_that_installs_it(tmp_path, missing):
    check_missing("digits", missing, tmp_path)
