"""Ready designs by id: starters to build on, and the examples. Drawn through commands, as a person would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.catalog import Catalog
from graph.document import Document
from graph.templates import examples, starters


@dataclass(frozen=True, slots=True)
class Template:
    """A design that `build` draws anew each time. An `example` also lies ready as a file."""

    label: str
    doc: str
    build: Callable[[Catalog], Document]
    example: bool = False


def _starter(label: str, build: Callable[[Catalog], Document]) -> Template:
    return Template(label, build.__doc__ or "", build)


def _example(label: str, build: Callable[[Catalog], Document]) -> Template:
    return Template(label, build.__doc__ or "", build, example=True)


TEMPLATES: Mapping[str, Template] = {
    "blank": _starter("Blank", starters.blank),
    "mlp": _starter("Multi-layer perceptron", starters.mlp),
    "cnn": _starter("Convolutional network", starters.cnn),
    "residual_cnn": _starter("Residual network", starters.residual_cnn),
    "attention_classifier": _starter("Transformer encoder", starters.attention_classifier),
    "lstm_sequence": _starter("LSTM over a sequence", starters.lstm_sequence),
    "regression": _starter("Regression", starters.regression),
    "spirals_mlp": _example("Spirals", examples.spirals_mlp),
    "iris_mlp": _example("Iris", examples.iris_mlp),
    "digits_resnet": _example("Digits, residual network", examples.digits_resnet),
    "digits_attention": _example("Digits, attention", examples.digits_attention),
    "diabetes_regression": _example("Diabetes, regression", examples.diabetes_regression),
}
