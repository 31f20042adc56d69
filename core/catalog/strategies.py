"""Who proposes the values that a search tries, and who stops its trials early: fields, formulas, when to take which.

`core.search.proposing` and `core.search.pruning` carry them out. Optuna is asked for `tpe` and `gp` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.spec.option import OptionSpec
from core.spec.params import Bool, Int


@dataclass(frozen=True, kw_only=True)
class StrategySpec(OptionSpec):
    """A strategy or a pruner. `when` tells when to use it, `pros` and `cons` what speaks for and against it.

    `enumerates`: it visits a finite list, so every variable must have one, and the number of trials follows from it.
    """

    when: str
    pros: str
    cons: str
    enumerates: bool = False


def _startup(default: int) -> Int:
    return Int("startup", default, min=1, max=10_000, label="random trials first",
               doc="How many are drawn at random before results are used.")  # fmt: skip


_STRATEGIES = (
    StrategySpec(
        "tpe",
        "Tree of Parzen estimators",
        "Models where good trials lie and where the rest do, and proposes values that look like the good ones.",
        (
            _startup(10),
            Int("candidates", 24, min=1, max=10_000, advanced=True, doc="How many are compared for each proposal."),
            Bool("joint", True, label="variables together", doc="Model the variables jointly rather than one by one."),
        ),
        formula="propose argmax l(x) / g(x);  l: density of the best trials, g: of all others",
        source="Bergstra, Bardenet, Bengio, Kégl: Algorithms for Hyper-Parameter Optimization, NeurIPS 2011; Optuna's "
        "TPESampler",
        when="Without a reason for another: 20 to a few hundred trials, numbers and choices mixed.",
        pros="Takes choices of any kind; costs little; goes well with several runs at once.",
        cons="Needs some ten trials before it is better than chance; comes close to an optimum, seldom on it.",
    ),
    StrategySpec(
        "gp",
        "Gaussian process",
        "Bayesian optimization: fits a smooth surface with its uncertainty to all results, and tries where the "
        "improvement to be expected is largest.",
        (_startup(10),),
        formula="propose argmax E[max(0, best - f(x))];  f ~ GP(0, Matérn 5/2 with a length for each variable)",
        source="Snoek, Larochelle, Adams: Practical Bayesian Optimization, NeurIPS 2012 (arXiv:1206.2944); Optuna's "
        "GPSampler",
        when="When a trial is dear and few can be afforded: 10 to 100 trials of up to about 10 numbers.",
        pros="Makes the most of each trial; finds an optimum precisely.",
        cons="Fitting takes longer with every trial (it grows with their cube); weak with many choices.",
    ),
    StrategySpec(
        "random",
        "Random",
        "Draws every value by itself, evenly over its range.",
        formula="x = low + u (high - low), u ~ U(0, 1);  logarithmic: log x so",
        source="Bergstra, Bengio: Random Search for Hyper-Parameter Optimization, JMLR 2012",
        when="As a first look, as the yardstick for other strategies, or with very many runs at once.",
        pros="Never misled; trials need nothing of each other; with the same number of trials it tries more values of "
        "each variable than a grid.",
        cons="Learns nothing from results.",
    ),
    StrategySpec(
        "sobol",
        "Quasi-random (Sobol)",
        "Spreads trials over all ranges more evenly than chance does.",
        formula="x_k = low + s_k (high - low);  s: a scrambled Sobol sequence",
        source="Bousquet, Gelly, Kurach, Teytaud, Vincent: Critical Hyper-Parameters, 2017 (arXiv:1706.03200)",
        when="In place of random search; best with 16, 32, 64, … trials.",
        pros="No holes and no clusters, so fewer trials tell the same.",
        cons="Learns nothing from results.",
    ),
    StrategySpec(
        "grid",
        "Grid",
        "Visits every combination of the listed values exactly once.",
        (
            Bool("shuffled", False, doc="In a random order: a study that is ended early has still looked everywhere."),
        ),
        formula="all of V1 x V2 x … x Vn",
        when="For one or two variables with few values, and where a table of all combinations is wanted.",
        pros="Complete and easy to read; the same trials every time.",
        cons="Grows by a factor with each variable; spends most trials on variables that do not matter.",
        enumerates=True,
    ),
)  # fmt: skip

_PRUNERS = (
    StrategySpec(
        "none",
        "None",
        "Every trial trains to its end.",
        when="For short trainings, and where late risers are to be given their chance.",
        pros="Results compare fairly.",
        cons="Hopeless trials cost as much as good ones.",
    ),
    StrategySpec(
        "median",
        "Median",
        "Stops a trial whose best value so far is worse than the median of the former trials at the same epoch.",
        (
            Int("startup", 5, min=1, max=10_000, label="whole trials first", doc="How many are never stopped."),
            Int("warmup", 3, min=0, max=1_000_000, label="epochs first", doc="No trial is stopped before."),
        ),
        formula="stop at epoch e: best(1..e) worse than the median of the others' values at e",
        source="Golovin et al.: Google Vizier, KDD 2017",
        when="For most studies of trainings with more than about ten epochs.",
        pros="Easy to understand; hopeless trials end early, average ones seldom.",
        cons="Misjudges settings that start slowly, such as small learning rates.",
    ),
    StrategySpec(
        "halving",
        "Successive halving",
        "At certain epochs a trial goes on only if it is among the best share of all that came so far.",
        (
            Int("first", 1, min=1, max=1_000_000, label="first look", doc="The epoch of the first decision."),
            Int("factor", 3, min=2, max=100, doc="One of so many goes on; the next look comes so many times later."),
        ),
        formula="rungs at first * factor^k epochs; at each the best 1 / factor go on",
        source="Li et al.: A System for Massively Parallel Hyperparameter Tuning (ASHA), 2018 (arXiv:1810.05934)",
        when="For many cheap trials, most of which are bad.",
        pros="Most trials train for a few epochs only; good with several runs at once.",
        cons="Harsh at the start: what learns slowly is lost.",
    ),
    StrategySpec(
        "hyperband",
        "Hyperband",
        "Successive halving with several first looks at once, so that some trials are given more time.",
        (
            Int("first", 1, min=1, max=1_000_000, label="first look", doc="The epoch of the earliest decision."),
            Int("factor", 3, min=2, max=100, doc="One of so many goes on; the next look comes so many times later."),
        ),
        formula="trial n halves from the rung first * factor^(n mod s), s = 1 + log_factor(epochs / first)",
        source="Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar: Hyperband, JMLR 2018 (arXiv:1603.06560)",
        when="As successive halving, where it is not known how early a good trial shows.",
        pros="Not so harsh to slow starters.",
        cons="Saves less; a bracket needs several trials before its rungs mean anything.",
    ),
)

STRATEGIES: Mapping[str, StrategySpec] = {spec.id: spec for spec in _STRATEGIES}
PRUNERS: Mapping[str, StrategySpec] = {spec.id: spec for spec in _PRUNERS}
