"""The examination of edge cases, as the tables of tools have it. Imports no torch before it is run."""

from __future__ import annotations

from core.analysis.examining.examined import PART, Examined
from core.spec.params import Float, Int, Text
from core.training.tools.tool import Answer, Settings, Told, Tool


def _edges(examined: Examined, settings: Settings, told: Told) -> Answer:
    from core.analysis.examining.edges.suite import edges

    return edges(examined.subject, told=told, **settings)


EXAMS: tuple[Tool[Examined], ...] = (
    Tool(
        "edges",
        "Edge cases",
        "Tries what the data seldom has: NaN, constants, huge numbers, no example, one example, another order, other "
        "types, covered, noisy and moved pictures, missing columns, unknown words.",
        (
            PART,
            Int("examples", 256, min=2, max=10_000, doc="How many are tried, at most."),
            Float("fall", 0.2, min=0.0, max=1.0,
                  doc="A warning where more than this share of the score above chance is lost by a small fault."),
            Text("onnx", "", max_length=1000, label="ONNX file", empty="none: the network itself",
                 doc="An exported file that is tried in place of the network, as others will run it; one without the "
                 "preparation of the data inside."),
            Int("seed", 0, min=0, advanced=True, doc="Of places, noise and order."),
        ),
        formula="failed: a wrong answer that looks right; warning: a weakness; passed: an honest answer or none",
        source="Ribeiro et al., Beyond Accuracy: Behavioral Testing of NLP Models with CheckList, ACL 2020 "
        "(arXiv:2005.04118); Hendrycks, Dietterich, Benchmarking Neural Network Robustness, ICLR 2019",
        command="edge-cases",
        when="Before a network goes to others: each case that fails is one that they would find.",
        acts=_edges,
        good=lambda answer: not answer["counts"]["failed"],
        icon="warning",
        words=("robust", "stress", "nan", "occlusion", "noise", "empty batch", "out of range", "behavioural test"),
    ),
)  # fmt: skip
