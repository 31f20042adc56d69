"""Layers that act in training alone: they disturb it so that the network does not learn by heart, or steer it."""

from __future__ import annotations

from core.spec import rules, rules_pairs
from core.spec.layer import Call, LayerSpec, Port, ShapeRule
from core.spec.params import Float
from core.spec.rules_norm import by_channel

CATEGORY = "Regularisation"


def _dropout(id: str, torch: str, label: str, doc: str, when: str, source: str, shape: ShapeRule) -> LayerSpec:
    return LayerSpec(
        id=id,
        label=label,
        icon="dropout",
        doc=doc,
        formula="y = m x / (1 - p), m = 0 with chance p, else 1; in evaluation y = x",
        when=when,
        source=source,
        params=(Float("p", 0.5, min=0.0, max=1.0, label="p", doc="The chance to be dropped."),),
        shape=shape,
        torch=Call(f"torch.nn.{torch}", positional=("p",)),
        keywords=("regularisation", "regularization", "overfitting", "noise", "drop"),
        trains_differently=True,
    )


LAYERS = (
    _dropout(
        "dropout",
        "Dropout",
        "Dropout",
        "In training, sets values to 0 at random and scales up the rest.",
        "Where the network does better on training data than on validation data; 0.1 to 0.5.",
        "Srivastava et al., Dropout, 2014",
        rules.same_float,
    ),
    _dropout(
        "dropout2d",
        "Dropout2d",
        "Dropout 2D",
        "In training, drops whole channels at random.",
        "After convolutions, where neighbouring cells say the same and dropping single ones does nothing.",
        "Tompson et al., Efficient Object Localization, 2014",
        by_channel("(batch, channels, height, width)", 4),
    ),
    _dropout(
        "alpha_dropout",
        "AlphaDropout",
        "Alpha dropout",
        "Dropout that keeps mean 0 and variance 1.",
        "Together with SELU.",
        "Klambauer et al., Self-Normalizing Neural Networks, 2017",
        rules.same_float,
    ),
    LayerSpec(
        id="gaussian_noise",
        label="Gaussian noise",
        icon="dropout",
        doc="In training, adds normal noise to every value.",
        formula="y = x + s e, e from N(0, 1); in evaluation y = x",
        when="On the input of a denoising autoencoder; on inputs or hidden values against overfitting.",
        source="Vincent et al., Stacked Denoising Autoencoders, 2010",
        params=(Float("std", 0.1, min=0.0, doc="How strong: the standard deviation, s of the formula."),),
        shape=rules.same_float,
        torch=Call("core.modules.noise.GaussianNoise"),
        keywords=("denoising", "autoencoder", "augmentation", "jitter", "corruption", "regularisation"),
        trains_differently=True,
    ),
    LayerSpec(
        id="masking_noise",
        label="Masking noise",
        icon="dropout",
        doc="In training, sets values to 0 at random and leaves the rest as they are.",
        formula="y = m x, m = 0 with chance p, else 1; in evaluation y = x",
        when="On the input of a denoising autoencoder, which learns to fill in what is missing.",
        source="Vincent et al., Extracting and Composing Robust Features with Denoising Autoencoders, 2008",
        params=(Float("p", 0.3, min=0.0, max=1.0, label="p", doc="The chance to be set to 0."),),
        shape=rules.same_float,
        torch=Call("core.modules.noise.MaskingNoise"),
        keywords=("denoising", "autoencoder", "corruption", "mask", "missing", "regularisation"),
        trains_differently=True,
    ),
    LayerSpec(
        id="reparameterise",
        label="Reparameterise",
        icon="dropout",
        doc="Draws a latent vector from the Gaussian that an encoder describes.",
        formula="z = m + exp(v / 2) e, e from N(0, 1), v the log of the variance; in evaluation z = m",
        when="Between encoder and decoder of a variational autoencoder, with Gaussian KL as a second loss.",
        source="Kingma and Welling, Auto-Encoding Variational Bayes, 2013",
        inputs=(
            Port("mu", doc="The mean, (batch, latent)."),
            Port("logvar", doc="The log of the variance, in the shape of mu."),
        ),
        outputs=(Port("z"),),
        shape=rules_pairs.sampled,
        torch=Call("core.modules.noise.Reparameterise", forward="{self}({mu}, {logvar})"),
        keywords=("vae", "variational", "autoencoder", "latent", "sampling", "gaussian", "trick", "reparameterize"),
        trains_differently=True,
    ),
    LayerSpec(
        id="gradient_reversal",
        label="Gradient reversal",
        icon="dropout",
        doc="Lets values through and turns gradients round.",
        formula="y = x, dL/dx = -s dL/dy",
        when="Between features and a classifier that must not succeed: features then hide what it looks for.",
        source="Ganin and Lempitsky, Unsupervised Domain Adaptation by Backpropagation, 2015",
        params=(Float("strength", 1.0, min=0.0, doc="How strongly, s of the formula."),),
        shape=rules.same_float,
        torch=Call("core.modules.noise.GradientReversal"),
        bends=True,
        keywords=("domain adaptation", "dann", "adversarial", "fairness", "invariant", "grl"),
    ),
)
