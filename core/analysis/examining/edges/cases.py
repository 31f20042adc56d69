"""The table of edge cases: what each does, when it has failed, and what helps then. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One kind of edge: what is done, when it has failed (or is worth a warning), and what helps then.

    `tries` is the function that tries it, in a module of this package; `needs` are the conditions (in `conditions`)
    under which a network can be asked.
    """

    id: str
    label: str
    doc: str
    fails: str
    remedy: str
    tries: str
    needs: tuple[str, ...] = ()


_CASES = (
    Case(
        "nan",
        "NaN in an input",
        "Puts a NaN into one number after the other of some examples of a batch.",
        "Failed where a spoilt example gets an ordinary answer, or where the others get another one.",
        "Refuse inputs that are not finite before the network, or fill gaps as the training did. Look for a layer that "
        "hides them, or that mixes the rows of a batch.",
        "values:nan",
        ("numbers", "steady"),
    ),
    Case(
        "infinite",
        "Infinity in an input",
        "Puts plus and minus infinity there.",
        "Failed where other examples of the batch suffer; a warning where the answer looks ordinary.",
        "Activations such as ReLU and tanh level infinity. Refuse inputs that are not finite before the network.",
        "values:infinite",
        ("numbers", "steady"),
    ),
    Case(
        "constant",
        "Constant input",
        "Feeds all zeros, the mean of the training part, its least and its greatest numbers.",
        "Failed where an answer is no finite number; a warning where a class is more than 99 % certain.",
        "A division by the spread of an input needs a small number added below (eps). Teach the network a class of "
        "nothing, or refuse inputs without contrast.",
        "values:constant",
        ("numbers",),
    ),
    Case(
        "huge",
        "Huge numbers",
        "Feeds numbers a thousand standard deviations from the mean, and such of 1e30.",
        "Failed where a thousand deviations give an answer that is no finite number.",
        "Clip inputs to the training range before the network, or normalise inside it.",
        "values:huge",
        ("numbers",),
    ),
    Case(
        "out_of_range",
        "Out of the training range",
        "Moves numbers 1, 3 and 10 standard deviations past the end of what the training part holds.",
        "A warning where the network is as sure there as on the data, or its numbers leave all bounds "
        "(Hein et al., arXiv:1812.05720).",
        "Tell the range beside the answer and refuse what lies beyond; the Monitor shows the share of such inputs.",
        "values:out_of_range",
        ("numbers",),
    ),
    Case(
        "empty",
        "Empty batch",
        "Hands over a batch of no examples.",
        "Failed where rows come back; a warning where it is refused.",
        "Answer a request without examples before the network is called.",
        "batches:empty",
    ),
    Case(
        "one",
        "Batch of one",
        "Asks about examples one by one, and together.",
        "Failed where an example alone gets another answer than among others, or none.",
        "Statistics must be taken over examples of the past (running statistics), never over the batch. Keep the first "
        "dimension: a bare squeeze loses it when it is one.",
        "batches:one",
        ("steady",),
    ),
    Case(
        "order",
        "Order of the batch",
        "Hands over the same examples in another order.",
        "Failed where the answers are not permuted alike.",
        "Look for a layer that works along the first dimension, such as a recurrent one that takes the batch for time "
        "(batch_first), a cumulative sum or a softmax over it.",
        "batches:order",
        ("steady",),
    ),
    Case(
        "repeated",
        "Repeated example",
        "Hands over a batch of copies of one example.",
        "Failed where a copy gets another answer than the example among others.",
        "The answer depends on the company that an example has: use running statistics, or a normalisation within each "
        "example.",
        "batches:repeated",
        ("steady",),
    ),
    Case(
        "twice",
        "Asked twice",
        "Asks the same question again, with other random numbers.",
        "A warning where the answer is another one.",
        "Something is drawn at random in use, such as the code of a variational autoencoder. Take the mean instead "
        "where one answer is wanted.",
        "batches:twice",
    ),
    Case(
        "untouched",
        "Input left alone",
        "Looks whether what was given is the same afterwards.",
        "Failed where the network has written into it.",
        "Do not let the first layer work in place.",
        "batches:untouched",
    ),
    Case(
        "types",
        "Other number types",
        "Feeds float64, float16, bfloat16 and whole numbers.",
        "Failed where one is taken and answered otherwise than as float32. To refuse is in order.",
        "Turn inputs into float32 before the network.",
        "batches:types",
        ("numbers", "steady"),
    ),
    Case(
        "layout",
        "Other memory",
        "Feeds slices and transposed views, whose numbers do not lie side by side.",
        "Failed where they are refused or answered otherwise.",
        "Use reshape in place of view, or make the input contiguous before the network.",
        "batches:layout",
        ("steady",),
    ),
    Case(
        "statistics",
        "Running statistics",
        "Compares the score with running statistics to that with the statistics of each batch.",
        "Failed where the statistics of the batch score better by more than 0.05 and than chance.",
        "The running statistics are not those of the data: train longer, with a larger momentum, or on data like this.",
        "batches:statistics",
        ("statistics",),
    ),
    Case(
        "occlusion",
        "Covered pictures",
        "Lays a grey patch over 2 to 50 % of each picture, and one of a sixteenth at every place.",
        "A warning where a tenth costs too much of the score, or one patch turns most right answers.",
        "Train with erased patches (augmentation), and look at the Lens at what the network goes by.",
        "wear:occlusion",
        ("pictures", "learned"),
    ),
    Case(
        "noise",
        "Noise",
        "Adds Gaussian noise of 0.05 to 1 standard deviations to every number.",
        "A warning where a tenth of a deviation costs too much of the score.",
        "Train with noise on the inputs, dropout or weight decay.",
        "wear:noise",
        ("numbers", "learned"),
    ),
    Case(
        "moved",
        "Moved pictures",
        "Moves each picture by one and two pixels to each side.",
        "A warning where one pixel costs too much of the score.",
        "Train with shifted pictures (augmentation), and pool over places instead of flattening them.",
        "wear:moved",
        ("pictures", "one answer", "learned"),
    ),
    Case(
        "light",
        "Other light",
        "Makes pictures darker, brighter and paler.",
        "A warning where a tenth of the range costs too much of the score.",
        "Train with other light (augmentation), or normalise each picture.",
        "wear:light",
        ("pictures", "same answer", "learned"),
    ),
    Case(
        "missing",
        "Missing column",
        "Sets one column after the other to its mean of the training part.",
        "A warning where a single column carries more than half of what is above chance.",
        "Make sure that this column never fails, watch it, and train with columns left out now and then.",
        "wear:missing",
        ("columns", "learned"),
    ),
    Case(
        "vocabulary",
        "Unknown words",
        "Feeds an index far beyond the vocabulary, and a negative one.",
        "Failed where they get an ordinary answer.",
        "Check indices before the network, and keep one for words that are not known.",
        "wear:vocabulary",
        ("codes",),
    ),
    Case(
        "lengths",
        "Other lengths",
        "Feeds inputs half as long, twice as long and of a single step.",
        "Failed where half or double is refused or not finite; a warning for a single step.",
        "Cut or fill sequences to the length of the training, or remove what fixes the length.",
        "wear:lengths",
        ("open",),
    ),
)
CASES: Mapping[str, Case] = {case.id: case for case in _CASES}
