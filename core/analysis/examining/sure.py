"""The examination of how sure a network is, as the tables of tools have it. Imports no torch before it is run."""

from __future__ import annotations

from core.analysis.examining.examined import PART, Examined
from core.spec.params import Int
from core.training.tools.tool import Answer, Settings, Told, Tool

RANKINGS = {"plain": "its own certainty", "total": "entropy", "mutual": "mutual information", "sd": "spread"}


def _uncertainty(examined: Examined, settings: Settings, told: Told) -> Answer:
    from core.analysis.examining.uncertain import uncertainty

    found = uncertainty(examined.subject, told=told, **settings)
    return {**found, "verdict": verdict(found)}


def verdict(answer: Answer) -> str:
    """One sentence on the mean answer, one on whether uncertainty finds the errors."""
    curve = answer["curves"][answer["best"]]
    name = RANKINGS[answer["best"]]
    whole, kept, plain, mean = curve["risk"][-1], curve["kept"], answer["plain"], answer["mean"]
    if answer["kind"] == "classification":
        told = (
            f"The mean of {answer['passes']} passes is right for {mean['accuracy']:.1%}, the plain network for "
            f"{plain['accuracy']:.1%}; the calibration error is {mean['calibration']['error']:.3f} against "
            f"{plain['calibration']['error']:.3f}. "
        )
        risks = f"wrong answers fall from {whole:.1%} to {kept:.1%}"
    else:
        told = (
            f"The mean of {answer['passes']} passes errs by {mean['rmse']:.4g} (rmse), the plain network by "
            f"{plain['rmse']:.4g}. "
        )
        risks = f"the error of the rest goes from {whole:.4g} to {kept:.4g}"
    if not finds(answer):
        return f"{told}How uncertain an answer is says nothing of whether it is right."
    return f"{told}Without the 20 % that {name} calls least sure, {risks}."


def finds(answer: Answer) -> bool:
    """Whether the answers called sure are better than all together."""
    curve = answer["curves"][answer["best"]]
    return bool(curve["risk"][-1] == 0 or curve["kept"] < curve["risk"][-1])


EXAMS: tuple[Tool[Examined], ...] = (
    Tool(
        "uncertainty",
        "Uncertainty (MC dropout)",
        "Asks the network many times with its dropout active: where the answers scatter, it does not know. Shows what "
        "the mean gains, whether uncertainty finds the errors, and the least sure examples.",
        (
            PART,
            Int("passes", 50, min=2, max=10_000, doc="With dropout active, for each example."),
            Int("examples", 1000, min=2, max=10_000, doc="How many are asked about, at most."),
            Int("seed", 0, min=0, advanced=True, doc="Of what is dropped."),
        ),
        formula="p = mean_t p_t;  total H[p] = expected mean_t H[p_t] + mutual information;  numbers: sd_t f_t(x)",
        source="Gal and Ghahramani, Dropout as a Bayesian Approximation, ICML 2016 (arXiv:1506.02142)",
        command="uncertainty",
        when="Where a wrong answer costs more than none: doubtful cases can go to a person, or be labelled next. The "
        "network must have dropout, and have been trained with it.",
        acts=_uncertainty,
        good=finds,
        icon="help",
        words=("mc dropout", "bayesian", "confidence", "entropy", "bald", "calibration", "reject", "risk coverage"),
    ),
)  # fmt: skip
