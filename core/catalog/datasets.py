"""Where data comes from: each source, its fields, and what it offers where that is known without reading anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.catalog.flows import FLOW_SIGNATURES, FLOW_SOURCES
from core.catalog.graph_sources import GRAPH_SIGNATURES, GRAPH_SOURCES
from core.catalog.holes import hole_params
from core.catalog.sequences import SEQUENCE_SIGNATURES, SEQUENCE_SOURCES
from core.catalog.shape_sources import SHAPE_SIGNATURES, SHAPE_SOURCES
from core.catalog.sound_sources import SOUND_SIGNATURES, SOUND_SOURCES
from core.catalog.source_groups import BUNDLED, FILES, GENERATED, PATH
from core.data.signature import DataSignature, FieldSignature
from core.problem import LayerloomError
from core.spec.option import OptionSpec
from core.spec.params import Bool, Choice, Float, Int, Pair, Text
from core.training.job import Pick

GATES = {"and": (0, 0, 0, 1), "or": (0, 1, 1, 1), "nand": (1, 1, 1, 0), "xor": (0, 1, 1, 0)}  # for 00, 01, 10, 11


def _generated(id: str, label: str, doc: str, *extra: Any, noise: float = 0.1, **more: str) -> OptionSpec:
    fields = (
        Int("n", 1000, min=10, max=1_000_000, label="examples", doc="How many examples are drawn."),
        Float("noise", noise, min=0.0, max=5.0, doc="Standard deviation of the Gaussian noise on each coordinate."),
        *extra,
        Int("seed", 0, min=0, max=2**31 - 1, doc="The same seed gives the same examples."),
    )
    return OptionSpec(id, label, doc, fields, group=GENERATED, **more)


def _target_is(where: str) -> Choice:
    return Choice(
        "target_is",
        "auto",
        ("auto", "classes", "numbers"),
        label="target holds",
        labels={"auto": "decide for me", "classes": "classes", "numbers": "numbers"},
        doc=f"Decided automatically, text is classes, and so are whole numbers of at most 20 values {where}.",
    )


_CSV = OptionSpec(
    "csv",
    "CSV table",
    "A table in a text file, one example a line.",
    (
        Text("path", "", label="file", empty="choose a file", doc=PATH.format("file")),
        Text(
            "features",
            "",
            empty="all but the target",
            doc="Names of the feature columns, separated by commas; empty: all but the target.",
        ),
        Text(
            "target",
            "",
            empty="the last column",
            doc="Name of the target column (or several, with commas); empty: the last; `-`: none.",
        ),
        _target_is("in the column"),
        Text(
            "group",
            "",
            empty="none: each row for itself",
            label="group by",
            doc="Name of a column, such as a patient's: rows where it is equal stay in one part of the split.",
        ),
        *hole_params("at an empty cell"),
        Choice(
            "text",
            "one_hot",
            ("one_hot", "fields", "leave_out"),
            label="text columns",
            labels={
                "one_hot": "one 0/1 column for each word",
                "fields": "a field of their own, for an Embedding",
                "leave_out": "leave out",
            },
            doc="What becomes of feature columns that hold words.",
        ),
        Choice(
            "delimiter",
            "auto",
            ("auto", "comma", "semicolon", "tab", "space", "bar"),
            doc="What separates the cells.",
            advanced=True,
        ),
        Choice(
            "header", "auto", ("auto", "yes", "no"), doc="Whether the first line holds column names.", advanced=True
        ),
        Choice("encoding", "utf-8", ("utf-8", "utf-16", "latin-1"), doc="How the text is stored.", advanced=True),
    ),
    group=FILES,
)

_NPZ = OptionSpec(
    "npz",
    "NumPy arrays",
    "Arrays in an .npz file, the first dimension counting the examples.",
    (
        Text("path", "", label="file", empty="choose a file", doc=PATH.format("file")),
        Text(
            "features",
            "",
            empty="the one called x, data, …",
            doc="Name of the array of features; empty: the one called features, x, data or images.",
        ),
        Text(
            "target",
            "",
            empty="the one called y, labels, …",
            doc="Name of the array of answers; empty: the one called target, y or labels; `-`: none.",
        ),
        _target_is("in the array"),
        Text(
            "others",
            "",
            max_length=1000,
            empty="none",
            label="further fields",
            doc="Names of further arrays, with commas between, each a field for an Input or Target of its own.",
        ),
        *hole_params("at a missing number"),
    ),
    group=FILES,
)

_IMAGES = OptionSpec(
    "image_folder",
    "Folder of pictures",
    "Pictures in one sub-folder for each class.",
    (
        Text("path", "", label="folder", empty="choose a folder", doc=PATH.format("folder")),
        Pair("size", 32, min=1, max=4096, doc="Height and width that every picture is resized to."),
        Choice("colour", "rgb", ("rgb", "grey"), labels={"rgb": "red, green, blue", "grey": "grey"}, doc="Channels."),
        Choice(
            "broken",
            "refuse",
            ("refuse", "skip"),
            label="at a broken picture",
            labels={"refuse": "say which", "skip": "leave it out"},
            doc="What to do with a file that cannot be read as a picture.",
        ),
    ),
    group=FILES,
)

SOURCES: Mapping[str, OptionSpec] = {
    spec.id: spec
    for spec in (
        OptionSpec("none", "No data", "No data yet: draw with shapes that the Input nodes state."),
        OptionSpec(
            "iris",
            "Iris",
            "150 flowers of three species by four measurements in centimetres.",
            source="Fisher 1936",
            group=BUNDLED,
        ),
        OptionSpec(
            "wine",
            "Wine",
            "178 wines of three growers by 13 chemical measurements.",
            source="Aeberhard, Forina 1991",
            group=BUNDLED,
        ),
        OptionSpec(
            "breast_cancer",
            "Breast cancer",
            "569 tumours, malignant or benign, by 30 measurements of cell nuclei.",
            source="Wolberg, Mangasarian, Street 1993",
            group=BUNDLED,
        ),
        OptionSpec(
            "digits",
            "Digits",
            "1,797 handwritten digits as pictures of 8 x 8 grey levels from 0 to 16.",
            source="Alpaydin, Kaynak 1998",
            group=BUNDLED,
        ),
        OptionSpec(
            "diabetes",
            "Diabetes",
            "442 patients by ten measurements in their own units; the target is the progress of the disease in a year.",
            source="Efron, Hastie, Johnstone, Tibshirani 2004",
            group=BUNDLED,
        ),
        OptionSpec(
            "noisy_digits",
            "Noisy digits",
            "The handwritten digits as `clean`, and buried in noise as `features`: to learn to clean pictures.",
            (
                Float(
                    "noise", 4.0, min=0.0, max=64.0, doc="Standard deviation of the noise on each grey level, 0 to 16."
                ),
                Int("seed", 0, min=0, max=2**31 - 1, doc="The same seed gives the same noise."),
            ),
            source="Alpaydin, Kaynak 1998",
            group=BUNDLED,
        ),
        _generated("moons", "Two moons", "Two half circles that reach into each other.", noise=0.1),
        _generated(
            "circles",
            "Circles",
            "A circle within a circle.",
            Float("factor", 0.5, min=0.01, max=0.99, doc="Radius of the inner circle; the outer one has radius 1."),
            noise=0.05,
        ),
        _generated(
            "spirals",
            "Spirals",
            "Arms that wind round one centre, one class each.",
            Int("classes", 2, min=2, max=10, doc="How many arms."),
            Float("turns", 1.5, min=0.25, max=6.0, doc="How often each arm winds round the centre."),
            noise=0.02,
        ),
        _generated("xor", "XOR", "Points of a square; the class is whether the signs of x0 and x1 differ.", noise=0.05),
        _generated(
            "gate",
            "Logic gate",
            "Points round the four corners 0 0, 0 1, 1 0 and 1 1; the class is what the gate makes of the two bits.",
            Choice("gate", "and", tuple(GATES), labels={g: g.upper() for g in GATES}, doc="The gate to be learned."),
            noise=0.1,
        ),
        _generated(
            "ring",
            "Ring of Gaussians",
            "Points round places on a circle: the usual trial of whether a generator finds every one of them.",
            Int("modes", 8, min=1, max=100, doc="How many places; the class is the place."),
            Float("radius", 2.0, min=0.0, max=100.0, doc="Radius of the circle."),
            noise=0.05,
        ),
        OptionSpec(
            "mnist1d",
            "MNIST-1D",
            "Ten digit-like curves of 40 points, moved, stretched, sheared and buried in noise.",
            (
                Int("n", 5000, min=10, max=200_000, label="examples", doc="Rounded down to a multiple of ten."),
                Float("noise", 0.02, min=0.0, max=5.0, doc="Standard deviation of the white noise on every point."),
                Float("correlated_noise", 0.25, min=0.0, max=5.0, doc="Scale of the smooth noise round the digit."),
                Int("seed", 42, min=0, max=2**31 - 1, doc="42 with 5,000 examples gives the authors' own data."),
                Bool("shuffle_points", False, doc="Permute the 40 points, the same way in every example."),
            ),
            source="Greydanus, Kobak, arXiv 2011.14439",
            group=GENERATED,
        ),
        *SEQUENCE_SOURCES,
        *FLOW_SOURCES,
        *GRAPH_SOURCES,
        *SHAPE_SOURCES,
        *SOUND_SOURCES,
        _CSV,
        _NPZ,
        _IMAGES,
    )
}


def source_values(pick: Pick) -> dict[str, Any]:
    """Every field's value of a picked source, checked.

    Raises:
        LayerloomError: there is no such source, or a field does not hold; code ``data.source``.
    """
    spec = SOURCES.get(pick.kind)
    if spec is None:
        known = ", ".join(SOURCES)
        raise LayerloomError(f"There is no data source {pick.kind!r:.60}. Choose one of {known}.", code="data.source")
    try:
        return spec.values(pick.params)
    except ValueError as error:
        raise LayerloomError(f"Data source {spec.label}: {error}", code="data.source") from error


def signature(pick: Pick) -> DataSignature | None:
    """What the source offers, without reading anything; None where only reading the files can tell.

    Raises:
        LayerloomError: see `source_values`.
    """
    values = source_values(pick)
    rule = _SIGNATURES.get(pick.kind)
    return None if rule is None else rule(values)


def class_target(*classes: str, doc: str = "") -> FieldSignature:
    """A field of class indices."""
    return FieldSignature(shape=(), dtype="int", classes=classes, doc=doc)


def _table(examples: int, columns: int, target: FieldSignature, doc: str) -> Callable[[Any], DataSignature]:
    fields = {"features": FieldSignature(shape=(columns,), doc=doc), "target": target}
    return lambda values: DataSignature(fields=fields, examples=examples)


def _plane(*classes: str) -> Callable[[Any], DataSignature]:
    fields = {
        "features": FieldSignature(shape=(2,), doc="The coordinates x0 and x1."),
        "target": class_target(*classes),
    }
    return lambda values: DataSignature(fields=fields, examples=values["n"])


def _numbered(count: str) -> Callable[[Any], DataSignature]:
    return lambda values: _plane(*map(str, range(values[count])))(values)


def _digits(shape: tuple[int, ...], doc: str) -> dict[str, FieldSignature]:
    return {"features": FieldSignature(shape=shape, doc=doc), "target": class_target(*"0123456789")}


def _mnist1d(values: Mapping[str, Any]) -> DataSignature:
    return DataSignature(fields=_digits((1, 40), "One curve of 40 points."), examples=values["n"] // 10 * 10)


_PROGRESS = FieldSignature(shape=(1,), doc="Progress of the disease after a year, from 25 to 346.")
_SIGNATURES: Mapping[str, Callable[[Any], DataSignature]] = {
    "none": lambda values: DataSignature(),
    "iris": _table(150, 4, class_target("setosa", "versicolor", "virginica"), "Sepal and petal sizes in centimetres."),
    "wine": _table(178, 13, class_target("class_0", "class_1", "class_2"), "13 chemical measurements."),
    "breast_cancer": _table(569, 30, class_target("malignant", "benign"), "30 measurements of cell nuclei."),
    "digits": lambda values: DataSignature(fields=_digits((1, 8, 8), "Grey levels from 0 to 16."), examples=1797),
    "noisy_digits": lambda values: DataSignature(
        fields={
            **_digits((1, 8, 8), "Grey levels from 0 to 16 with Gaussian noise."),
            "clean": FieldSignature(shape=(1, 8, 8), doc="The same picture without noise."),
        },
        examples=1797,
    ),
    "diabetes": _table(442, 10, _PROGRESS, "Age, sex, body mass index, blood pressure and six blood values."),
    "moons": _plane("0", "1"),
    "circles": _plane("outer", "inner"),
    "spirals": _numbered("classes"),
    "xor": _plane("same sign", "different sign"),
    "gate": _plane("false", "true"),
    "ring": _numbered("modes"),
    "mnist1d": _mnist1d,
    **SEQUENCE_SIGNATURES,
    **FLOW_SIGNATURES,
    **GRAPH_SIGNATURES,
    **SHAPE_SIGNATURES,
    **SOUND_SIGNATURES,
}
