"""The text of a document that is kept up to date: at any moment the same bytes as one that is made anew."""

from __future__ import annotations

import math
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.problem import LayerloomError
from graph.codec import decode, encode
from graph.commands import AddNode, RemoveNodes, SetParam
from graph.encoding import Encoding
from graph.records import MAIN, Change, Node, Setting
from tests.graph.small import CATALOG, chain, with_block
from tests.graph.test_properties import some_command


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_whatever_is_done_the_kept_text_is_that_of_the_document(data: st.DataObject) -> None:
    document, history = with_block()
    kept = Encoding(document)
    document.changed.connect(kept.note)
    for _ in range(data.draw(st.integers(1, 14))):
        act = data.draw(st.sampled_from(["do", "do", "do", "undo", "redo"]))
        try:
            if act == "do":
                history.do(some_command(document, data.draw))
            else:
                getattr(history, act)()
        except LayerloomError:
            continue
        if data.draw(st.booleans()):  # so that several acts come at once, too
            assert kept.text() == encode(document)
    assert kept.text() == encode(document)
    assert encode(decode(kept.text(), CATALOG)[0]) == kept.text()


def test_rows_stay_sorted_whichever_comes_first() -> None:
    document = chain("linear", "relu")
    kept = Encoding(document)
    document.changed.connect(kept.note)
    for id in ("n20", "n3", "n100", "a", "n19"):
        AddNode(Node(id, "relu")).apply(document)
        assert kept.text() == encode(document)
    RemoveNodes(("n100", "n20")).apply(document)
    AddNode(Node("n99", "relu")).apply(document)
    assert kept.text() == encode(document)
    assert [line.split('"')[1] for line in kept.text().splitlines() if '"relu"' in line][-2:] == ["n19", "n99"]


def test_what_cannot_be_written_says_so_until_it_is_mended() -> None:
    document = chain("linear")
    kept = Encoding(document)
    document.changed.connect(kept.note)
    before = kept.text()
    nan, node = Setting("view", {"x": math.nan}), Node("z", "relu", params={"p": {1, 2}})
    document.apply([Change(MAIN, None, nan), Change(MAIN, None, node)])
    for _ in range(2):
        with pytest.raises(LayerloomError, match="cannot be written"):
            kept.text()
    document.apply([Change(MAIN, node, None)])
    with pytest.raises(LayerloomError, match="cannot be written"):
        kept.text()
    document.apply([Change(MAIN, nan, None)])
    assert kept.text() == before


def test_each_text_that_another_thread_takes_is_of_one_state() -> None:
    document = chain("linear")
    kept = Encoding(document)
    document.changed.connect(kept.note)
    states, texts = {encode(document)}, list[str]()
    reader = Thread(target=lambda: texts.extend(kept.text() for _ in range(200)))
    reader.start()
    for number in range(2, 150):
        SetParam("n1", "out_features", number).apply(document)
        states.add(encode(document))
    reader.join()
    assert len(texts) == 200
    assert set(texts) <= states
    assert kept.text() == encode(document)
