"""The examination of networks that rebuild their input, as the tables of tools have it. Imports no torch."""

from __future__ import annotations

from core.analysis.examining.examined import PART, Examined
from core.spec.params import Float, Int, Text
from core.training.tools.tool import Answer, Settings, Told, Tool

FAIR = 0.75  # of the area under the curve


def _anomalies(examined: Examined, settings: Settings, told: Told) -> Answer:
    from core.analysis.examining.anomalies import anomalies

    found = anomalies(examined.subject, told=told, **settings)
    return {**found, "verdict": verdict(found), "reasons": _reasons(found)}


def verdict(answer: Answer) -> str:
    """How many of the others are caught, and at what price."""
    return (
        f"{answer['caught']:.1%} of the others ({answer['others']}) lie above the threshold of "
        f"{answer['threshold']:.4g}, and {answer['alarms']:.1%} of ordinary examples; area under the curve "
        f"{answer['area']:.3f}."
    )


def _reasons(answer: Answer) -> list[str]:
    beside = answer["beside"]
    if beside is None:
        return ["No place of the network is narrower than its input: it may learn to copy whatever comes."]
    better = "better" if answer["area"] > beside["area"] else "no better"
    return [
        f"{beside['components']} principal components, as many as the narrowest place has numbers, catch "
        f"{beside['caught']:.1%} (area {beside['area']:.3f}): the network is {better} than a linear method."
    ]


EXAMS: tuple[Tool[Examined], ...] = (
    Tool(
        "anomalies",
        "Anomalies",
        "Calls an example unusual where the network rebuilds it badly. Says how many unusual ones that catches, at how "
        "many false alarms, beside principal components, and shows the strangest examples.",
        (
            PART,
            Float("false_alarms", 0.05, min=0.0, max=0.5, above=True, label="false alarms",
                  doc="Share of ordinary examples (for validation, where there are any) above the threshold."),
            Text("abnormal", "", label="unusual classes", empty="none: numbers that do not belong together",
                 doc="Names of classes that count as unusual, with commas between. Without any, every number of an "
                     "example is drawn from some other one."),
            Int("seed", 0, min=0, advanced=True, doc="Of the examples that are put together."),
        ),
        formula="error(x) = mean (x - f(x))^2;  unusual where error > the (1 - false alarms) quantile over validation",
        source="Japkowicz, Myers and Gluck, A Novelty Detection Approach to Classification, IJCAI 1995",
        command="anomalies",
        when="Where faults, frauds or intruders are rare and unlike each other, so that none can be learned: an "
        "autoencoder learns what is ordinary instead. A code that is too wide rebuilds strange things too.",
        acts=_anomalies,
        good=lambda answer: bool(answer["area"] >= FAIR),
        icon="warning",
        words=("novelty", "outlier", "fraud", "fault", "reconstruction error", "autoencoder", "roc"),
    ),
)  # fmt: skip
