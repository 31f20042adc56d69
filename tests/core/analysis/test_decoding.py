"""Codes are decoded as the network itself decodes them; new ones follow the law that they should."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from core.analysis.codes import Code, Spread, code_of, known_codes, linear, spherical, worth_decoding
from core.analysis.decoder import Decoder
from core.analysis.decoding import between, plane, sampled
from core.analysis.layers import layers
from core.analysis.requests import Analyses
from core.analysis.subject import Subject
from core.problem import LayerloomError
from tests import decoded, drawn, trainings

Subjects = Callable[[str], Subject]


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return decoded.trained(tmp_path_factory.mktemp("straight") / "run", decoded.straight(), "iris")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return decoded.trained(tmp_path_factory.mktemp("told") / "run", decoded.told(), "digits")


@pytest.fixture(scope="module")
def skipping(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return decoded.trained(tmp_path_factory.mktemp("skipping") / "run", decoded.skipping(), "digits")


def test_the_codes_of_examples_become_what_the_network_makes_of_them(subject: Subjects, straight: Subject) -> None:
    for net, node in ((subject("autoencoder"), "squeeze"), (straight, ""), (straight, "mean"), (straight, "spread")):
        part = net.part("test", 200)
        decoder = Decoder(net, node)
        made = decoder.decode(decoder.codes(part), decoder.given(part))
        answers = net.answers(part)
        for name, values in made.items():
            assert np.array_equal(values, answers[name])


def test_what_an_output_needs_beside_the_code_is_given_by_the_example(skipping: Subject) -> None:
    decoder = Decoder(skipping, "squeeze")
    assert [value.name for value in decoder.needs] == ["features"]
    part = skipping.part("test", 50)
    made = decoder.decode(decoder.codes(part), decoder.given(part))["picture"]
    np.testing.assert_allclose(made, skipping.answers(part)["picture"], rtol=1e-6, atol=1e-6)
    found = sampled(skipping, "squeeze", 4)
    assert (found["given"], found["asked"]) == (["features"], [])


def test_samples_of_a_linear_decoder_have_its_covariance(straight: Subject) -> None:
    decoder = Decoder(straight)
    for temperature in (1.0, 0.5):
        count = 20_000
        made = decoder.decode(decoder.spread.draw(count, 3, temperature))["back"]
        weight = straight.weights["back.weight"].double().numpy()
        exact = temperature**2 * weight @ weight.T
        error = np.sqrt((np.outer(exact.diagonal(), exact.diagonal()) + exact**2) / count)
        assert (np.abs(np.cov(made.T) - exact) < 5 * error).all()
        bias = straight.weights["back.bias"].numpy()
        assert (np.abs(made.mean(0) - bias) < 5 * np.sqrt(exact.diagonal() / count)).all()
    assert np.allclose(decoder.decode(decoder.spread.draw(2, 3, 0.0))["back"], bias)


def test_a_plain_code_is_drawn_as_training_examples_lie(subject: Subjects) -> None:
    net = subject("autoencoder")
    decoder = Decoder(net, "squeeze")
    assert decoder.code.law == "fitted"
    codes = decoder.codes(net.part("train", 2_000)).astype(np.float64)
    drawn = decoder.spread.draw(20_000, 0).astype(np.float64)
    exact = np.cov(codes.T, bias=True)
    error = np.sqrt((np.outer(exact.diagonal(), exact.diagonal()) + exact**2) / len(drawn))
    assert (np.abs(np.cov(drawn.T) - exact) < 5 * error).all()
    assert (np.abs(drawn.mean(0) - codes.mean(0)) < 5 * codes.std(0) / np.sqrt(len(drawn))).all()


def test_a_seed_is_a_draw(straight: Subject) -> None:
    first = sampled(straight, "", 5, seed=7)
    assert sampled(straight, "z", 5, seed=7) == first
    assert sampled(straight, "z", 9, seed=7)["outputs"][0]["made"][:5] == first["outputs"][0]["made"]
    assert sampled(straight, "z", 5, seed=8)["outputs"] != first["outputs"]
    assert (first["law"], first["width"], first["code"]) == ("normal", 2, "z")
    assert [output["name"] for output in first["outputs"]] == ["back"], "the mean itself is not decoded"
    assert json.loads(json.dumps(first)) == first


def test_the_way_between_two_examples_begins_and_ends_at_them(straight: Subject, subject: Subjects) -> None:
    for net, node, path in ((straight, "z", "spherical"), (subject("autoencoder"), "squeeze", "linear")):
        found = between(net, node, 2, 11, steps=5)
        assert (found["path"], found["positions"], found["shares"]) == (path, [2, 11], [0.0, 0.25, 0.5, 0.75, 1.0])
        decoder = Decoder(net, node)
        part = net.chosen("test", np.array([2, 11]))
        made = decoder.decode(decoder.codes(part))
        name = found["outputs"][0]["name"]
        shown = found["outputs"][0]["made"]
        assert len(shown) == 5
        if "values" in shown[0]:
            np.testing.assert_allclose([shown[0]["values"], shown[-1]["values"]], made[name], rtol=1e-5)
    assert (
        between(straight, "z", 3, 3)["outputs"][0]["made"][0] == between(straight, "z", 3, 3)["outputs"][0]["made"][4]
    )


def test_the_arc_keeps_the_distance_and_turns_evenly() -> None:
    a, b = np.array([2.0, 0.0, 0.0]), np.array([0.0, 2.0, 0.0])
    for share in (0.0, 0.25, 0.5, 1.0):
        point = spherical(a, b, share)
        assert np.allclose(point, [2 * np.cos(share * np.pi / 2), 2 * np.sin(share * np.pi / 2), 0.0])
    assert np.allclose(spherical(a, 3 * a, 0.5), linear(a, 3 * a, 0.5)), "one direction"
    assert np.allclose(spherical(a, -a, 0.25), a / 2), "opposite ones"
    assert np.allclose(spherical(a, np.zeros(3), 0.5), a / 2)


def test_the_plane_runs_over_two_numbers_and_leaves_the_others_at_the_mean(subject: Subjects) -> None:
    net = subject("autoencoder")
    found = plane(net, "squeeze", 3, 2.0, across=4, down=1)
    codes = Decoder(net, "squeeze").codes(net.part("train", 2_000))
    mean, std = codes.mean(0), codes.std(0)
    np.testing.assert_allclose(found["x"], mean[4] + np.array([-2, 0, 2]) * std[4], rtol=1e-3)
    np.testing.assert_allclose(found["y"], mean[1] + np.array([-2, 0, 2]) * std[1], rtol=1e-3)
    assert (found["columns"], len(found["outputs"][0]["made"])) == (3, 9)
    weight, bias = net.weights["back.weight"].numpy(), net.weights["back.bias"].numpy()
    code = mean.copy()
    code[4] += 2 * std[4]
    code[1] -= 2 * std[1]
    exact = Decoder(net, "squeeze").decode(code[None])["picture"]
    np.testing.assert_allclose(exact.reshape(-1), weight @ code + bias, rtol=1e-4, atol=1e-5)
    [low, high] = [f(net.prepared.splits["train"]["features"][:512]) for f in (np.min, np.max)]
    shown = ((exact[0, 0] - low) / (high - low) * 255).clip(0, 255)
    assert np.abs(np.array(found["outputs"][0]["made"][2]["pixels"]) - shown).max() <= 1.0


def test_noise_is_drawn_anew_and_each_class_is_asked_for_in_turn(told: Subject) -> None:
    found = sampled(told, "", 12, seed=1)
    assert (found["code"], found["law"], found["given"]) == ("noise", "normal", [])
    assert found["asked"] == [str(k % 10) for k in range(12)]
    decoder = Decoder(told)
    assert [output.name for output in decoder.outputs] == ["picture"], "the other needs no noise"
    codes = decoder.spread.draw(2, 1)
    made = decoder.decode(codes, {"target": decoder.chosen("target", ["0", "1"])})["picture"].reshape(2, -1)
    weight, bias = told.weights["pixels.weight"].numpy(), told.weights["pixels.bias"].numpy()
    given = np.concatenate([codes, np.eye(10, dtype=np.float32)[:2]], axis=1)
    np.testing.assert_allclose(made, given @ weight.T + bias, rtol=1e-4, atol=1e-5)
    assert between(told, "noise", 0, 4)["given"] == ["target"]
    assert sampled(told, "picture", 4)["code"] == "noise", "from a picture made of noise, the noise"
    uniform = Spread(Code("noise", "noise", "noise", 3, "uniform"))
    assert np.abs(uniform.draw(500, 0)).max() <= 1.0
    assert np.isclose(uniform.std[0], 3**-0.5)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ("nowhere", "has no node 'nowhere'; it has mean, spread, z"),
        ("mse", "A code is one row of numbers for each example.* mse gives one number an example"),
        ("back", "no output is computed from back"),
        ("kl", "kl gives one number"),
    ],
)
def test_what_cannot_be_decoded_is_told(straight: Subject, node: str, message: str) -> None:
    with pytest.raises(LayerloomError, match=message) as caught:
        Decoder(straight, node)
    assert caught.value.problem.code == "node"


def test_a_design_without_a_known_code_asks_for_one(subject: Subjects) -> None:
    with pytest.raises(LayerloomError, match="it has neither Noise nor Reparameterise"):
        Decoder(subject("autoencoder"))
    assert known_codes(subject("autoencoder").program) == []


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda s: sampled(s, "z", 0), "The count must lie from 1 to 1024, not at 0"),
        (lambda s: sampled(s, "z", 1, temperature=-1.0), "The temperature must lie from 0 to 100, not at -1"),
        (lambda s: between(s, "z", 0, 1, steps=1), "The steps must lie from 2"),
        (lambda s: plane(s, "z", 99), "The size must lie from 1 to 21"),
        (lambda s: plane(s, "z", across=2), "The dimension must lie from 0 to 1, not at 2"),
        (lambda s: plane(s, "z", across=1, down=1), "two dimensions, not 1 twice"),
    ],
)
def test_numbers_out_of_bounds_are_told(straight: Subject, ask: Callable[[Subject], object], message: str) -> None:
    with pytest.raises(LayerloomError, match=message):
        ask(straight)


@pytest.mark.parametrize(
    ("name", "word", "message"),
    [("target", "11", "target has no class '11'; it has 0, 1"), ("size", "1", "need target, and no 'size'")],
)
def test_a_class_that_is_not_there_is_told(told: Subject, name: str, word: str, message: str) -> None:
    with pytest.raises(LayerloomError, match=message):
        Decoder(told).chosen(name, [word])


def test_pictures_of_a_large_answer_stay_small(subject: Subjects) -> None:
    found = sampled(subject("autoencoder"), "squeeze", 1_024)
    assert len(json.dumps(found)) < 1_000_000


def test_nodes_tell_whether_they_can_be_decoded(straight: Subject, subject: Subjects, told: Subject) -> None:
    worth = {step.name for step in straight.program.steps if worth_decoding(straight.program, step)}
    assert worth == {"mean", "spread", "z"}
    assert {s.name for s in told.program.steps if worth_decoding(told.program, s)} == {"both", "pixels", "picture"}
    assert layers(subject("autoencoder"), node="squeeze")["node"]["further"] == ["wished", "decoding"]
    assert layers(subject("autoencoder"), node="picture")["node"]["further"] == ["reach", "wished"]
    moons = trainings.moons()
    assert not any(worth_decoding(moons, step) for step in moons.steps if step.name == "logits")


def test_they_are_questions_of_the_assistant(straight: Subject) -> None:
    asked = {"run": str(straight.run.path), "split": "test", "node": "z", "sample": 1}
    analyses = Analyses()
    assert analyses.sampled({**asked, "count": 3, "seed": 2, "temperature": 0.5}) == sampled(
        straight, "z", 3, 2, 0.5, "test", 1
    )
    assert analyses.between({**asked, "other": 4}) == between(straight, "z", 1, 4)
    assert analyses.plane({**asked, "size": 4, "across": 1, "down": 0}) == plane(straight, "z", 4, 2.0, 1, 0, "test", 1)


def test_a_generator_is_looked_at_like_any_network(told: Subject) -> None:
    found = layers(told, node="picture", sample=3)
    assert found["node"]["further"] == ["decoding"]
    label = told.prepared.splits["test"]["target"][3].argmax()
    assert found["sample"]["of"] == 10
    assert found["sample"]["values"][label] == 1.0
    noise = told.prepared.splits["test"]["noise"][:2]
    assert np.array_equal(told.prepared.inverse("noise", noise), noise)


def test_a_node_inside_a_block_names_the_block() -> None:
    inner = drawn.Drawing("Squeeze", path="n9")
    code = inner.layer("linear", "press", inner.input("x", 8), params={"out_features": 2})
    inner.output(code)
    d = drawn.Drawing("Net")
    x = d.input("features", 8)
    squeezed = d.block("Squeeze", inner.program(), "encoder", x, label="encoder")
    d.output(d.layer("linear", "back", squeezed, params={"out_features": 8}))
    with pytest.raises(LayerloomError, match=r"lies inside encoder; .* Choose encoder itself"):
        code_of(d.program(), "encoder/press")
    found = code_of(d.program(), "encoder")
    assert (found.width, found.law, found.label) == (2, "fitted", "encoder")


def test_names_that_stand_for_several_nodes_are_refused_with_their_paths() -> None:
    d = drawn.Drawing("Net")
    x = d.layer("linear", "one", d.input("features", 8), params={"out_features": 2}, label="code")
    d.output(d.layer("linear", "two", x, params={"out_features": 8}, label="code"))
    with pytest.raises(LayerloomError, match="Several nodes are called 'code'; say which: one, two"):
        code_of(d.program(), "code")
    whole = drawn.Drawing("Words")
    whole.output(whole.layer("embedding", "embed", whole.input("features", 8, dtype="int")))
    with pytest.raises(LayerloomError, match=r"features gives 8 \(whole numbers\) an example"):
        code_of(whole.program(), "features")
