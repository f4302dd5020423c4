"""The examples fluid, text_rnn and phase_retrieval, run as their reader runs them, at reduced sizes."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor

EXAMPLES = Path(__file__).parents[2] / "examples"
OTHER_DEVICES = [("array_api_strict", "strict:device1"), ("torch", "torch:cpu")]

for needed in ("matplotlib", "rich", "sklearn"):
    pytest.importorskip(needed)


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def fluid():
    return loaded("fluid")


@pytest.fixture(scope="module")
def text_rnn():
    return loaded("text_rnn")


@pytest.fixture(scope="module")
def phase_retrieval():
    return loaded("phase_retrieval")


def run(name, *arguments, folder):
    """Run an example on the CPU; give the numbers that it prints in its last line."""
    command = [sys.executable, "-W", "error", EXAMPLES / f"{name}.py", "--device", "cpu", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=os.environ, capture_output=True, text=True, timeout=300, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    line = done.stdout.splitlines()[-1]
    assert line.endswith(f"s on cpu; picture: {name}.png")
    written = (folder / f"{name}.png").read_bytes()
    assert written.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(written[at : at + 4], "big") for at in (16, 20))
    assert 1000 < width < 2000
    assert 400 < height < 1000
    assert 20_000 < len(written) < 300_000
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?(?:e-?\d+)?", line)]


# --- fluid ------------------------------------------------------------------------------------------------------------


def test_a_push_is_found_after_which_a_drop_becomes_a_letter(tmp_path):
    before, after, rounds, *_ = run("fluid", "--size", "32", "--rounds", "20", folder=tmp_path)
    assert rounds == 20
    assert before > 50
    assert after < before / 5


def still_fluid(fluid, size, device="cpu"):
    letter = fluid.draw_text("L", size)
    drop = fluid.round_drop(size, letter.mean())
    return fluid.new_fluid(size, device), Tensor(drop, device=device), Tensor(letter, device=device)


def test_the_letter_and_the_drop_have_one_area(fluid):
    letter = fluid.draw_text("L", 32)
    assert letter.min() == 0
    assert letter.max() == 1
    assert letter[:, :16].sum() > 1.5 * letter[:, 16:].sum()
    assert letter[16:].sum() > letter[:16].sum()
    np.testing.assert_allclose(fluid.round_drop(32, letter.mean()).mean(), letter.mean(), rtol=0.01)


def test_a_fluid_without_a_push_stays(fluid):
    constants, drop, _ = still_fluid(fluid, 16)
    end, frames = fluid.simulate(constants, ag.zeros_like(drop), drop)
    np.testing.assert_allclose(end, drop, atol=1e-12)
    assert frames.shape == (fluid.STEPS, 16, 16)


def test_the_flow_has_no_divergence_and_the_vorticity_it_comes_from(fluid):
    row, column = 2 * np.pi * np.indices((32, 32)) / 32
    spin = np.cos(row + 2 * column)
    down, right = fluid.velocity(fluid.new_fluid(32, "cpu"), Tensor(spin)).numpy() * fluid.STEPS
    slope = np.sin(row + 2 * column) / 5 * 32 / (2 * np.pi)
    np.testing.assert_allclose(down, -2 * slope, atol=1e-12)
    np.testing.assert_allclose(right, slope, atol=1e-12)


@pytest.mark.parametrize(("library", "device"), OTHER_DEVICES)
def test_the_gradient_through_the_fluid_is_right_on_other_devices(fluid, library, device):
    pytest.importorskip(library)
    push = np.random.default_rng(0).normal(scale=0.05, size=(16, 16))
    slopes = []
    for place in (device, "cpu"):
        constants, drop, letter = still_fluid(fluid, 16, place)
        gradient = ag.grad(fluid.mismatch, argnums=1)
        slopes.append(gradient(constants, Tensor(push, device=place), drop, letter).numpy())
    np.testing.assert_allclose(slopes[0], slopes[1], rtol=1e-8, atol=1e-12)
    direction = 1e-6 * np.random.default_rng(1).normal(size=(16, 16))
    above, below = (fluid.mismatch(constants, Tensor(push + s * direction), drop, letter).item() for s in (1, -1))
    assert np.sum(slopes[1] * direction) == pytest.approx((above - below) / 2, rel=1e-4)


# --- text_rnn ---------------------------------------------------------------------------------------------------------


def test_the_network_predicts_text_better_than_counting_characters(tmp_path):
    bits, characters, pairs, triples, *_ = run("text_rnn", "--hidden", "48", "--steps", "100", folder=tmp_path)
    assert characters > pairs > triples > 2
    assert 1 < bits < characters - 0.5


def test_the_text_has_each_paragraph_once_and_its_end_is_held_out(text_rnn):
    text = text_rnn.load()
    places = np.concatenate([text.train, text.held_out])
    assert len(places) > 200_000
    assert len(text.held_out) == pytest.approx(len(places) / 10, abs=1)
    paragraphs = "".join(text.alphabet[place] for place in places).split("\n")
    assert len(set(paragraphs)) >= 0.99 * len(paragraphs)  # some differ in what is not ASCII
    assert any("yield" in paragraph for paragraph in paragraphs)


def test_counting_gives_the_entropy_of_a_text_it_knows(text_rnn):
    places = np.random.default_rng(0).permutation(np.repeat([0, 1, 2, 3], 5000))
    text = text_rnn.Text("abcd", places, places)
    assert text_rnn.counting_bits(text, 1) == pytest.approx(2, abs=1e-3)
    assert text_rnn.counting_bits(text_rnn.Text("abcd", np.tile(range(4), 900), np.tile(range(4), 90)), 2) < 0.01


@pytest.mark.parametrize(("library", "device"), OTHER_DEVICES)
def test_the_gradient_through_time_is_the_same_on_other_devices(text_rnn, library, device):
    pytest.importorskip(library)
    places = np.random.default_rng(0).integers(7, size=(9, 4))
    found = []
    for place in ("cpu", device):
        network = text_rnn.new_network(7, 5, np.random.default_rng(1), place)
        piece = Tensor(places, device=place)
        (loss, _), gradient = ag.value_and_grad(text_rnn.bits, has_aux=True)(
            network, text_rnn.silence(network, 4), piece
        )
        found.append([loss.item(), *(part.numpy() for part in gradient)])
    assert found[0][0] == pytest.approx(np.log2(7), abs=1)
    for here, there in zip(*found, strict=True):
        assert np.all(here != 0)
        np.testing.assert_allclose(there, here, rtol=1e-4, atol=1e-6)


# --- phase_retrieval --------------------------------------------------------------------------------------------------


def test_the_picture_is_recovered_from_magnitudes_alone(tmp_path):
    percent, error, steps, *_ = run("phase_retrieval", "--size", "48", "--steps", "60", folder=tmp_path)
    assert steps == 60
    assert percent > 20
    assert error < 1e-4


def test_one_common_phase_is_no_error(phase_retrieval):
    truth = Tensor(phase_retrieval.new_object(16))
    assert phase_retrieval.distance(truth * 1j, truth) < 1e-14
    assert phase_retrieval.distance(truth * 1.1, truth) == pytest.approx(0.1)


@pytest.mark.parametrize(("library", "device"), OTHER_DEVICES)
def test_the_complex_gradient_is_the_known_one_on_other_devices(phase_retrieval, library, device):
    pytest.importorskip(library)
    rng = np.random.default_rng(0)
    truth, masks = phase_retrieval.new_object(16), phase_retrieval.new_masks(3, 16, rng)
    magnitudes = np.abs(np.fft.fft2(masks * truth, norm="ortho"))
    image = truth + 0.1 * (rng.normal(size=(16, 16)) + 1j * rng.normal(size=(16, 16)))
    measured = phase_retrieval.Measured(*(Tensor(x, device=device) for x in (masks, magnitudes)))
    slope = ag.grad(phase_retrieval.mismatch)(Tensor(image, device=device), measured)
    light = np.fft.fft2(masks * image, norm="ortho")
    excess = (np.abs(light) - magnitudes) * light / np.abs(light)
    expected = 2 / 3 * np.sum(np.conj(masks) * np.fft.ifft2(excess, norm="ortho"), axis=0)
    np.testing.assert_allclose(slope.numpy(), expected, rtol=1e-10, atol=1e-12)


# --- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("fluid", ["--device", "toaster"], "unknown device 'toaster'"),
        ("fluid", ["--text", " "], "must be one to four letters, given ' '"),
        ("fluid", ["--text", "whole book"], "must be one to four letters, given 'whole book'"),
        ("fluid", ["--size", "8"], "must be a whole number from 16 up, given '8'"),
        ("fluid", ["--rounds", "0"], "must be a whole number from 1 up, given '0'"),
        ("fluid", ["--out", "absent/fluid.png"], "in a folder that exists, given 'absent/fluid.png'"),
        ("text_rnn", ["--device", "cpu:7"], "unknown device 'cpu:7'"),
        ("text_rnn", ["--hidden", "many"], "must be a whole number from 1 up, given 'many'"),
        ("text_rnn", ["--steps", "-3"], "must be a whole number from 1 up, given '-3'"),
        ("text_rnn", ["--seed", "1.5"], "must be a whole number from 0 up, given '1.5'"),
        ("text_rnn", ["--out", "rnn.txt"], "must be a .png, .pdf or .svg"),
        ("phase_retrieval", ["--device", "toaster"], "unknown device 'toaster'"),
        ("phase_retrieval", ["--size", "428"], "must be a whole number from 16 to 427, given '428'"),
        ("phase_retrieval", ["--masks", "1"], "must be a whole number from 2 to 100, given '1'"),
        ("phase_retrieval", ["--steps", "0"], "must be a whole number from 1 to 10000, given '0'"),
        ("phase_retrieval", ["--seed", "x"], "must be a whole number from 0 to"),
        ("phase_retrieval", ["--out", "p.gif"], "must be a .png, .pdf or .svg"),
    ],
)
def test_wrong_options_are_refused_in_one_line(name, arguments, expected, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [f"{name}.py", *arguments])
    with pytest.raises(SystemExit) as stopped:
        loaded(name).main()
    assert stopped.value.code == 2
    usage, error = capsys.readouterr().err.splitlines()
    assert usage == f"usage: {name}.py [options]"
    assert error.startswith(f"{name}.py: error: argument {arguments[0]}: ")
    assert expected in error
