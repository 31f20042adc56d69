"""Networks at work: sounds by their spectrogram, and a tumour by its cells."""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog import Catalog
from graph.document import Document
from graph.lessons.lesson import Task
from graph.lessons.shorthand import SOURCE, reaches, trained
from graph.templates.drawing import Drawing
from graph.templates.parts import adamw, classifier, data, yes_or_no
from graph.templates.template import Expected, Template, example

FAMILY = "Applications"


def sounds_cnn(catalog: Catalog) -> Document:
    """Tells tones by how their pitch moves: a spectrogram is a picture of a sound, and convolutions see its shapes."""
    d = Drawing(catalog, "Sounds CNN")
    last = _stages(d)
    seen = d.node("global_avg_pool", last, at=(10.2, 0), name="anywhere")
    scores = d.node("linear", seen, at=(11.2, 0), name="scores", out_features=6)
    classifier(d, scores, "course")
    d.lesson(
        "A spectrogram has time across and pitch upwards: a rising tone is a line that rises. Convolutions learn such "
        "strokes and find them at any pitch and moment; speech recognisers begin in the same way (Abdel-Hamid et al., "
        "2014).",
        "The first filters in the Lens: edges that rise, fall or lie flat. Pooling over the whole picture at the end "
        "forgets where a stroke was, which is what makes pitch and moment not matter.",
        (
            Task(
                "Set the noise to 1 in the Data panel: the tone is hardly to be heard, and still most are told.",
                reaches("accuracy", 0.8, {f"{SOURCE}.noise": {"at_least": 1.0}}),
            ),
            Task(
                "Take the field wave at the Input, with 1D convolutions of stride 4 instead: can it do without the "
                "spectrogram?",
                trained({"layers.conv1d": {"at_least": 1}}),
            ),
            Task(
                "Put Flatten in place of Anywhere: every pitch has weights of its own, and there are many more.",
                trained({"layers.global_avg_pool": 0, "layers.flatten": {"at_least": 1}}),
            ),
        ),
    )
    d.job(
        data=data("sounds", "standardise", per="all"),
        epochs=10,
        batch_size=32,
        objectives=[adamw(0.005, weight_decay=0.01, schedule="one_cycle")],
    )
    return d.document


def _stages(d: Drawing) -> str:
    """The input, and three convolutions that each halve the picture; the last of them."""
    last = d.node("input", at=(0, 0), name="spectrogram")
    stages = []
    for place, channels in enumerate((12, 24, 48)):
        conv = d.node("conv2d", last, at=(1.1 + 3 * place, 0), out_channels=channels, kernel_size=3)
        relu = d.node("relu", conv, at=(2.1 + 3 * place, 0))
        last = d.node("max_pool2d", relu, at=(3.1 + 3 * place, 0))
        stages += [conv, relu, last]
    d.frame("Shapes in time and pitch", *stages)
    return last


def breast_cancer_mlp(catalog: Catalog) -> Document:
    """Malignant or benign, by thirty measurements of cell nuclei: a doctor would ask what a mistake costs."""
    d = Drawing(catalog, "Breast cancer MLP")
    x = d.node("input", at=(0, 0))
    first = d.node("linear", x, at=(1, 0), out_features=16)
    relu = d.node("relu", first, at=(2, 0))
    dropout = d.node("dropout", relu, at=(3, 0), p=0.3)
    score = d.node("linear", dropout, at=(4, 0), name="score", out_features=1)
    yes_or_no(d, score, "benign?")
    d.frame("Hidden layer", first, relu, dropout)
    d.lesson(
        "Two classes and one score: above 0 the cells are called benign. The features are standardised on the training "
        "part, since areas are a thousand times larger than smoothnesses.",
        "The confusion matrix in the Evaluation panel, and who is behind the cell malignant, called benign: that "
        "mistake costs most. Precision and recall show what another threshold would do. Then press Baselines: a "
        "straight line does it as well here, or better. Start simple.",
        (
            Task(
                "Remove the transform in the Data panel. The largest features drown the others.",
                trained({"job.data.transforms": []}),
            ),
            Task("Examine the run: which examples is it least sure of (Uncertainty)? Are they the mistakes?"),
            Task(
                "Set balance to weights: the rarer malignant cells count more.",
                trained({"job.balance": "weights"}),
            ),
        ),
    )
    d.job(
        data=data("breast_cancer", "standardise"),
        epochs=40,
        batch_size=32,
        objectives=[adamw(0.003, weight_decay=0.05)],
    )
    return d.document


TEMPLATES: Mapping[str, Template] = {
    "sounds_cnn": example(FAMILY, "Sounds", sounds_cnn, Expected("accuracy", 0.97, quick=False)),
    "breast_cancer_mlp": example(
        FAMILY,
        "Breast cancer",
        breast_cancer_mlp,
        Expected("accuracy", 0.95, source="logistic regression on the same split: 0.99"),
    ),
}
