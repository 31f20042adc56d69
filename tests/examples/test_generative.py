"""What the figures of the generative examples leave out: closed forms, and that nothing is missed."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.svm import SVC

from core.catalog.families import default_catalog
from core.program.module import build
from core.training.job import Split
from core.training.loop import train
from core.training.protocol import Finished
from core.training.run import Run
from graph.commands import SetJob, SetParam
from graph.document import Document
from graph.lower import lower
from graph.templates import TEMPLATES
from graph.templates.generative import IRIS_NOISE
from tests import drawn
from tests.trainings import job, run

IRIS = np.asarray(load_iris().data, np.float64)
STANDARD = (IRIS - IRIS.mean(0)) / IRIS.std(0)
KEPT = 2  # latent numbers


def example(id: str) -> Document:
    document = TEMPLATES[id].build(default_catalog())
    SetJob("threads", 1).apply(document)
    return document


def trained(document: Document) -> Run:
    made = run(lower(document), document.job)
    for _ in train(made):
        pass
    return made


class TestLinearAutoencoders:
    """Baldi, Hornik, 1989; Lucas et al., Don't Blame the ELBO, 2019."""

    def test_a_linear_autoencoder_learns_principal_components(self) -> None:
        """Its error on iris is that of scikit-learn's PCA."""
        d = drawn.Drawing("Linear", "Linear")
        x = d.input("features", 4)
        squeezed = d.layer("linear", "squeeze", x, params={"out_features": KEPT})
        back = d.layer("linear", "back", squeezed, params={"out_features": 4})
        d.output(back)
        d.loss(d.layer("mse_loss", "error", back, x))
        objective = {"optimizer": {"kind": "adam", "params": {"lr": 0.02}}, "schedule": {"kind": "cosine"}}
        standard = [{"kind": "standardise", "field": "features"}]
        given = job("iris", epochs=1000, batch_size="full", objectives=[objective], transforms=standard)
        whole = given.data.model_copy(update={"split": Split(validation=0, test=0)})
        given = given.model_copy(update={"data": whole})
        *_, last = (event for event in train(run(d.program(), given)) if isinstance(event, Finished))
        pca = PCA(KEPT).fit(STANDARD)
        error = np.square(STANDARD - pca.inverse_transform(pca.transform(STANDARD))).mean()
        assert last.metrics["train"]["loss"] == pytest.approx(error, rel=5e-4)

    def test_the_best_linear_vae_has_the_likelihood_of_probabilistic_components(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Tipping, Bishop, 1999: with the closed form's weights the bound is -2.6997518677074 on iris, and flat there.

        The loss is quadratic in z, so four points of the draw, which have its mean and covariance, give it exactly.
        """
        document, noise = example("linear_vae"), principal(IRIS)[1]
        [node] = [node.id for node in document.graph().nodes if node.name == "reconstruction"]
        SetParam(node, "weight", 0.5 / noise).apply(document)
        program = lower(document)
        net = build(program).double()
        net.load_state_dict(closed_form(IRIS))
        draws = np.sqrt(KEPT) * np.repeat([[1, 0], [-1, 0], [0, 1], [0, -1]], len(IRIS), axis=0)
        monkeypatch.setattr(torch, "randn_like", lambda like: torch.from_numpy(draws).to(like))
        _, losses = cast(Any, net.train()).step({program.inputs[0].name: torch.from_numpy(np.tile(IRIS, (4, 1)))})
        loss = 0.5 / noise * losses["reconstruction"] + losses["divergence"]
        bound = -loss.item() - 2 * np.log(2 * np.pi * noise)
        assert bound == pytest.approx(-2.6997518677074, abs=1e-12)
        assert bound == pytest.approx(likelihood(IRIS), abs=1e-12)
        loss.backward()
        assert max(p.grad.abs().max().item() for p in net.parameters() if p.grad is not None) < 1e-10

    @pytest.mark.slow
    def test_training_comes_within_two_thousandths_of_it(self) -> None:
        document = example("linear_vae")
        weights = {name: w.double().numpy() for name, w in trained(document).net.state_dict().items()}
        assert pytest.approx(principal(STANDARD)[1], rel=1e-8) == IRIS_NOISE
        assert likelihood(STANDARD) - 0.002 < bound_of(weights, STANDARD, IRIS_NOISE) <= likelihood(STANDARD)


def principal(x: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], float]:
    """Eigenvalues of the covariance, largest first, and the noise that the kept components leave."""
    values = np.linalg.eigvalsh(np.cov(x.T, bias=True))[::-1]
    return values, float(values[KEPT:].mean())


def likelihood(x: np.ndarray[Any, Any]) -> float:
    """Of probabilistic principal components at their maximum, in nats an example (Tipping, Bishop, 1999, eq. 8)."""
    values, noise = principal(x)
    d = x.shape[1]
    spread = np.log(values[:KEPT]).sum() + (d - KEPT) * np.log(noise)
    return float(-0.5 * (d * np.log(2 * np.pi) + spread + d))


def closed_form(x: np.ndarray[Any, Any]) -> dict[str, torch.Tensor]:
    """The maximum's decoder, and the posterior as an encoder (the same, equations 9 and 6)."""
    values, noise = principal(x)
    kept = np.linalg.eigh(np.cov(x.T, bias=True))[1][:, ::-1][:, :KEPT]
    decoder = kept * np.sqrt(values[:KEPT] - noise)
    encoder = decoder.T / values[:KEPT, None]
    middle = x.mean(0)
    weights = {
        "decoder.weight": decoder,
        "decoder.bias": middle,
        "mean.weight": encoder,
        "mean.bias": -encoder @ middle,
        "log_variance.weight": np.zeros((KEPT, x.shape[1])),
        "log_variance.bias": np.log(noise / values[:KEPT]),
    }
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in weights.items()}


def bound_of(w: dict[str, np.ndarray[Any, Any]], x: np.ndarray[Any, Any], noise: float) -> float:
    """The evidence lower bound in closed form: the expectation over z is that of a quadratic."""

    def layer(name: str, given: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        made: np.ndarray[Any, Any] = given @ w[f"{name}.weight"].T + w[f"{name}.bias"]
        return made

    mu, logvar = layer("mean", x), layer("log_variance", x)
    error = np.square(x - layer("decoder", mu)).sum(1) + np.exp(logvar) @ np.square(w["decoder.weight"]).sum(0)
    divergence = 0.5 * (np.exp(logvar) + mu**2 - 1 - logvar).sum(1)
    return float((-0.5 * (error / noise + x.shape[1] * np.log(2 * np.pi * noise)) - divergence).mean())


@pytest.mark.slow
def test_an_independent_reader_recognises_what_was_asked_for() -> None:
    """A support vector machine that was fitted to real digits reads 100 drawn ones of each kind."""
    net = trained(example("conditional_gan")).net.eval()
    wanted = torch.arange(10).repeat(100)
    torch.manual_seed(0)
    with torch.no_grad():
        pictures, _ = net(torch.randn(1000, 16), wanted)
    real = load_digits()
    read = SVC().fit(real.data / 16, real.target).predict(pictures.flatten(1).numpy())
    hits = (read == wanted.numpy()).reshape(100, 10)
    assert hits.mean() >= 0.9
    assert hits.mean(0).min() >= 0.6
    assert pictures.view(100, 10, -1).std(0).mean() > 0.1, "the digits of one kind are not all the same"


@pytest.mark.slow
@pytest.mark.parametrize("id", ["ring_gan", "ring_wgan"])
def test_a_gan_finds_all_eight_places(id: str) -> None:
    """At least 2 % of the samples lie within four deviations of each, and a third of them within those of some."""
    made = trained(example(id))
    torch.manual_seed(1)
    with torch.no_grad():
        points = made.net.eval()(torch.randn(5000, 8)).numpy()
    angle = 2 * np.pi * np.arange(8) / 8
    places = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    apart = np.linalg.norm(points[:, None] - places, axis=2)
    near = apart.min(axis=1) < 0.2
    counts = np.bincount(apart.argmin(axis=1)[near], minlength=8)
    assert (counts >= 100).all(), counts
    assert near.mean() > 1 / 3
