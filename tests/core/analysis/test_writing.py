"""Text written by a network is what a loop by hand writes, drawn with the chances that temperature and top k give."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.analysis.filling import text_of
from core.analysis.requests import Analyses
from core.analysis.subject import Subject, moment
from core.analysis.writing import Style, Writer
from core.catalog.families import default_catalog
from core.catalog.sequences import ASCII, GAP, LETTERS
from core.problem import LayerloomError
from core.training.runs import RunFolder
from graph.commands import SetJob
from graph.lower import lower
from graph.templates import TEMPLATES
from tests.analysed import fresh

PROMPT = "import sys\n"


@pytest.fixture
def writer(subject: Callable[[str], Subject]) -> Writer:
    return Writer(subject("characters"))


def text(writer: Writer, prompt: str = PROMPT, length: int = 40, so_far: str = "", **style: float) -> str:
    return "".join(writer.write(prompt, length, Style(**style), so_far))  # type: ignore[arg-type]


def by_hand(subject: Subject, prompt: str, length: int) -> str:
    """Greedy, with nothing of the writer: the window of the last sixteen indices goes in, the best index is added."""
    stream = [0 if c == "\n" else ord(c) - 31 for c in prompt]
    for _ in range(length):
        with torch.no_grad():
            scores = subject.net(torch.tensor([stream[-16:]]))
        stream.append(int(scores[0, :, -1].argmax()))
    return "".join("\n" if i == 0 else chr(i + 31) for i in stream[len(prompt) :])


def test_greedy_equals_a_loop_by_hand(writer: Writer, subject: Callable[[str], Subject]) -> None:
    assert text(writer, temperature=0) == by_hand(subject("characters"), PROMPT, 40)


def test_top_k_of_one_is_greedy_at_any_temperature(writer: Writer) -> None:
    assert text(writer, temperature=3.0, top_k=1, seed=5) == text(writer, temperature=0)


def test_a_seed_writes_the_same_text_and_another_seed_another(writer: Writer) -> None:
    first = text(writer, seed=1)
    assert text(writer, seed=1) == first
    assert text(writer, seed=2) != first


def test_a_text_written_in_parts_is_the_text_written_at_once(writer: Writer) -> None:
    whole = text(writer, seed=3)
    begun = text(writer, length=13, seed=3)
    assert begun + text(writer, seed=3, so_far=begun) == whole


def test_chances_are_the_softmax_of_the_scores_over_the_temperature() -> None:
    scores = np.array([0.3, -1.2, 2.0, 0.9], np.float32)
    for temperature in (0.5, 1.0, 2.5):
        expected = torch.softmax(torch.tensor(scores).double() / temperature, 0)
        assert Style(temperature).chances(scores) == pytest.approx(expected.numpy(), rel=1e-12)
    best = torch.softmax(torch.tensor([2.0, 0.9]).double(), 0)
    assert Style(top_k=2).chances(scores) == pytest.approx([0, 0, *best.tolist()], rel=1e-6)
    assert Style(top_k=9).chances(scores).all(), "more than there are is all of them"
    assert Style(1.0, 1).chances(np.zeros(3, np.float32)).tolist() == [1, 0, 0], "of equals the first"


def test_symbols_come_as_often_as_their_chances_say() -> None:
    """Chi square over four symbols, three degrees of freedom: 16.27 is passed once in a thousand."""
    scores, style = np.array([0.3, -1.2, 2.0, 0.9], np.float32), Style(1.7, seed=4)
    counts = np.bincount([style.draw(scores, position) for position in range(10_000)], minlength=4)
    expected = style.chances(scores) * 10_000
    assert ((counts - expected) ** 2 / expected).sum() < 16.27


def test_without_a_prompt_it_begins_with_a_line(writer: Writer) -> None:
    assert text(writer, "", temperature=0) == text(writer, "\n", temperature=0)


def test_what_it_knows_is_told(writer: Writer) -> None:
    facts = writer.facts()
    assert (facts["kind"], facts["window"], facts["length"]) == ("continue", 16, None)
    assert len(facts["symbols"]) == len(ASCII)
    assert 1 <= len(facts["prompts"]) <= 5
    assert list(writer.write(facts["prompts"][0], 3, Style()))


def test_what_it_cannot_read_is_told_in_a_sentence(writer: Writer) -> None:
    with pytest.raises(LayerloomError, match=r"never seen 'é', 'ü'; it knows"):
        text(writer, "café für")
    with pytest.raises(LayerloomError, match="0 to 100,000 symbols, not 200,000"):
        text(writer, length=200_000)
    with pytest.raises(LayerloomError, match="temperature must be 0 or more, not -1"):
        Style(-1.0)
    with pytest.raises(LayerloomError, match="temperature must be 0 or more, not nan"):
        Style(float("nan"))


def test_a_network_that_does_not_write_says_so(subject: Callable[[str], Subject]) -> None:
    with pytest.raises(LayerloomError, match="does not write text: that takes an output"):
        Writer(subject("digits"))


class TestTurning:
    def test_what_is_written_is_what_the_network_answers_to_it(self, subject: Callable[[str], Subject]) -> None:
        """Fed with the whole answer at once, the best symbol of every step is the one that was written there."""
        reader = subject("reverse")
        writer = Writer(reader)
        answer = text(writer, "abcdea", 99, temperature=0)
        assert len(answer) == writer.length == 6
        asked, written = ([LETTERS.index(c) for c in word] for word in ("abcdea", answer))
        with torch.no_grad():
            scores = reader.net(torch.tensor([asked]), torch.tensor([[10, *written[:-1]]]))
        assert scores[0].argmax(0).tolist() == written

    def test_a_word_of_another_length_is_refused(self, subject: Callable[[str], Subject]) -> None:
        with pytest.raises(LayerloomError, match=r"reads exactly 6 symbols; 'abc' has 3"):
            text(Writer(subject("reverse")), "abc")

    def test_its_length_is_told(self, subject: Callable[[str], Subject]) -> None:
        facts = Writer(subject("reverse")).facts()
        assert (facts["kind"], facts["length"], facts["symbols"]) == ("turn", 6, LETTERS[:10])


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """The example of a masked language model, on a little text."""
    document = TEMPLATES["char_bert"].build(default_catalog())
    SetJob("data.source.params.characters", 12_000).apply(document)
    for field, value in {"epochs": 1, "threads": 1}.items():
        SetJob(field, value).apply(document)
    run = fresh(tmp_path_factory.mktemp("masked") / "run", lower(document), document.job)
    return Subject(run, moment(run))


class TestFilling:
    def test_gaps_are_filled_from_left_to_right_by_hand(self, reader: Subject) -> None:
        filled = "".join(text_of(reader).write(f"im{GAP}ort s{GAP}s", 99, Style(0)))
        row = [96 if c == GAP else ord(c) - 31 for c in f"im{GAP}ort s{GAP}s"]
        for gap in (2, 8):
            with torch.no_grad():
                scores = reader.net.eval()(torch.tensor([row]), torch.ones(1, len(row)))
            row[gap] = int(scores[0, :, gap].argmax())
        assert filled == "".join("\n" if i == 0 else chr(i + 31) for i in row)
        assert (filled[:2], filled[3:8], filled[9:]) == ("im", "ort s", "s")

    def test_a_text_filled_in_parts_is_the_text_filled_at_once(self, reader: Subject) -> None:
        prompt, style = f"a{GAP}b{GAP}c{GAP}", Style(1.0, seed=2)
        whole = "".join(text_of(reader).write(prompt, 6, style))
        assert whole[:2] + "".join(text_of(reader).write(prompt, 6, style, whole[:2])) == whole

    def test_it_offers_texts_with_gaps_and_refuses_what_is_too_long(self, reader: Subject) -> None:
        facts = text_of(reader).facts()
        assert (facts["kind"], facts["window"]) == ("fill", 64)
        assert all(GAP in prompt for prompt in facts["prompts"] if len(prompt) > 6)
        assert len("".join(text_of(reader).write(facts["prompts"][0], 0, Style()))) == len(facts["prompts"][0])
        with pytest.raises(LayerloomError, match="at most 64 symbols; the text has 65"):
            list(text_of(reader).write("x" * 65, 65, Style()))


def test_the_assistant_writes_in_parts(trained: Callable[[str], RunFolder], writer: Writer) -> None:
    analyses, run = Analyses(), str(trained("characters").path)
    assert analyses.writer({"run": run})["window"] == 16
    asked = {"run": run, "prompt": PROMPT, "length": 30, "temperature": 0.8, "top_k": 5, "seed": 7}
    so_far = ""
    while not (answer := analyses.write({**asked, "so_far": so_far, "count": 12}))["done"]:
        so_far += answer["text"]
    assert so_far + answer["text"] == text(writer, length=30, temperature=0.8, top_k=5, seed=7)
