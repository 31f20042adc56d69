"""The table of edge cases: what each does, when it has failed, and what helps then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.analysis.examining.edges import batches, values, wear
from core.analysis.examining.edges.bench import Bench
from core.analysis.examining.edges.finding import Finding

LEARNED = 0.05  # of the score above chance: with less there is nothing to lose


def _any(bench: Bench) -> str:
    return ""


def _numbers(bench: Bench) -> str:
    return "" if bench.real else "No input holds numbers."


def _pictures(bench: Bench) -> str:
    return "" if wear.pictures(bench) else "No input is a picture."


def _columns(bench: Bench) -> str:
    return "" if wear.rows(bench) else "No input is a row of columns."


def _codes(bench: Bench) -> str:
    return "" if bench.codes else "No input holds indices."


def _open(bench: Bench) -> str:
    return "" if wear.free(bench) else "The inputs have a fixed shape."


def _steady(bench: Bench) -> str:
    return "The network draws its answers at random." if bench.is_random else ""


def _kept_statistics(bench: Bench) -> str:
    return "" if batches.has_statistics(bench) else "No layer keeps running statistics."


def _nothing_learned(bench: Bench) -> str:
    if bench.metric == "agreement" or bench.above_chance > LEARNED:
        return ""
    return f"With {bench.called} {bench.clean_score:.3f} the network is hardly better than chance: nothing can be lost."


def _worn_numbers(bench: Bench) -> str:
    return _numbers(bench) or _nothing_learned(bench)


def _worn_pictures(bench: Bench) -> str:
    return _pictures(bench) or _nothing_learned(bench)


def _worn_columns(bench: Bench) -> str:
    return _columns(bench) or _nothing_learned(bench)


def _steady_numbers(bench: Bench) -> str:
    return _numbers(bench) or _steady(bench)


@dataclass(frozen=True)
class Case:
    """One kind of edge: what is done, when it has failed (or is worth a warning), and what helps then.

    `why_not` tells why a network cannot be asked; empty where it can.
    """

    id: str
    label: str
    doc: str
    fails: str
    remedy: str
    tries: Callable[[Bench], Finding]
    why_not: Callable[[Bench], str] = _any


_CASES = (
    Case(
        "nan",
        "NaN in an input",
        "Puts a NaN into one number after the other of some examples of a batch.",
        "Failed where a spoilt example gets an ordinary answer, or where the others get another one.",
        "Refuse inputs that are not finite before the network, or fill gaps as the training did. Look for a layer that "
        "hides them, or that mixes the rows of a batch.",
        values.nan,
        _steady_numbers,
    ),
    Case(
        "infinite",
        "Infinity in an input",
        "Puts plus and minus infinity there.",
        "Failed where other examples of the batch suffer; a warning where the answer looks ordinary.",
        "Activations such as ReLU and tanh level infinity. Refuse inputs that are not finite before the network.",
        values.infinite,
        _steady_numbers,
    ),
    Case(
        "constant",
        "Constant input",
        "Feeds all zeros, the mean of the training part, its least and its greatest numbers.",
        "Failed where an answer is no finite number; a warning where a class is more than 99 % certain.",
        "A division by the spread of an input needs a small number added below (eps). Teach the network a class of "
        "nothing, or refuse inputs without contrast.",
        values.constant,
        _numbers,
    ),
    Case(
        "huge",
        "Huge numbers",
        "Feeds numbers a thousand standard deviations from the mean, and such of 1e30.",
        "Failed where a thousand deviations give an answer that is no finite number.",
        "Clip inputs to the training range before the network, or normalise inside it.",
        values.huge,
        _numbers,
    ),
    Case(
        "out_of_range",
        "Out of the training range",
        "Moves numbers 1, 3 and 10 standard deviations past the end of what the training part holds.",
        "A warning where the network is as sure there as on the data, or its numbers leave all bounds "
        "(Hein et al., arXiv:1812.05720).",
        "Tell the range beside the answer and refuse what lies beyond; the Monitor shows the share of such inputs.",
        values.out_of_range,
        _numbers,
    ),
    Case(
        "empty",
        "Empty batch",
        "Hands over a batch of no examples.",
        "Failed where rows come back; a warning where it is refused.",
        "Answer a request without examples before the network is called.",
        batches.empty,
    ),
    Case(
        "one",
        "Batch of one",
        "Asks about examples one by one, and together.",
        "Failed where an example alone gets another answer than among others, or none.",
        "Statistics must be taken over examples of the past (running statistics), never over the batch. Keep the first "
        "dimension: a bare squeeze loses it when it is one.",
        batches.one,
        _steady,
    ),
    Case(
        "order",
        "Order of the batch",
        "Hands over the same examples in another order.",
        "Failed where the answers are not permuted alike.",
        "Look for a layer that works along the first dimension, such as a recurrent one that takes the batch for time "
        "(batch_first), a cumulative sum or a softmax over it.",
        batches.order,
        _steady,
    ),
    Case(
        "repeated",
        "Repeated example",
        "Hands over a batch of copies of one example.",
        "Failed where a copy gets another answer than the example among others.",
        "The answer depends on the company that an example has: use running statistics, or a normalisation within each "
        "example.",
        batches.repeated,
        _steady,
    ),
    Case(
        "twice",
        "Asked twice",
        "Asks the same question again, with other random numbers.",
        "A warning where the answer is another one.",
        "Something is drawn at random in use, such as the code of a variational autoencoder. Take the mean instead "
        "where one answer is wanted.",
        batches.twice,
    ),
    Case(
        "untouched",
        "Input left alone",
        "Looks whether what was given is the same afterwards.",
        "Failed where the network has written into it.",
        "Do not let the first layer work in place.",
        batches.untouched,
    ),
    Case(
        "types",
        "Other number types",
        "Feeds float64, float16, bfloat16 and whole numbers.",
        "Failed where one is taken and answered otherwise than as float32. To refuse is in order.",
        "Turn inputs into float32 before the network.",
        batches.types,
        _steady_numbers,
    ),
    Case(
        "layout",
        "Other memory",
        "Feeds slices and transposed views, whose numbers do not lie side by side.",
        "Failed where they are refused or answered otherwise.",
        "Use reshape in place of view, or make the input contiguous before the network.",
        batches.layout,
        _steady,
    ),
    Case(
        "statistics",
        "Running statistics",
        "Compares the score with running statistics to that with the statistics of each batch.",
        "Failed where the statistics of the batch score better by more than 0.05 and than chance.",
        "The running statistics are not those of the data: train longer, with a larger momentum, or on data like this.",
        batches.statistics,
        _kept_statistics,
    ),
    Case(
        "occlusion",
        "Covered pictures",
        "Lays a grey patch over 2 to 50 % of each picture, and one of a sixteenth at every place.",
        "A warning where a tenth costs too much of the score, or one patch turns most right answers.",
        "Train with erased patches (augmentation), and look at the Lens at what the network goes by.",
        wear.occlusion,
        _worn_pictures,
    ),
    Case(
        "noise",
        "Noise",
        "Adds Gaussian noise of 0.05 to 1 standard deviations to every number.",
        "A warning where a tenth of a deviation costs too much of the score.",
        "Train with noise on the inputs, dropout or weight decay.",
        wear.noise,
        _worn_numbers,
    ),
    Case(
        "moved",
        "Moved pictures",
        "Moves each picture by one and two pixels to each side.",
        "A warning where one pixel costs too much of the score.",
        "Train with shifted pictures (augmentation), and pool over places instead of flattening them.",
        wear.moved,
        _worn_pictures,
    ),
    Case(
        "light",
        "Other light",
        "Makes pictures darker, brighter and paler.",
        "A warning where a tenth of the range costs too much of the score.",
        "Train with other light (augmentation), or normalise each picture.",
        wear.light,
        _worn_pictures,
    ),
    Case(
        "missing",
        "Missing column",
        "Sets one column after the other to its mean of the training part.",
        "A warning where a single column carries more than half of what is above chance.",
        "Make sure that this column never fails, watch it, and train with columns left out now and then.",
        wear.missing,
        _worn_columns,
    ),
    Case(
        "vocabulary",
        "Unknown words",
        "Feeds an index far beyond the vocabulary, and a negative one.",
        "Failed where they get an ordinary answer.",
        "Check indices before the network, and keep one for words that are not known.",
        wear.vocabulary,
        _codes,
    ),
    Case(
        "lengths",
        "Other lengths",
        "Feeds inputs half as long, twice as long and of a single step.",
        "Failed where half or double is refused or not finite; a warning for a single step.",
        "Cut or fill sequences to the length of the training, or remove what fixes the length.",
        wear.lengths,
        _open,
    ),
)
CASES: Mapping[str, Case] = {case.id: case for case in _CASES}
