"""Which values a field takes, in the language in use."""

from __future__ import annotations

from core.spec.params import Param
from designer.language import tr


def expected(param: Param) -> str:
    """``a whole number from 1 to 8``, ``one of mean, sum``."""
    return tr(expectation(param), words=_words(param)) if _words(param) else tr(param.expects)


def hint(param: Param) -> str:
    """What an empty field shows: what it means to leave it so, else which values it takes."""
    meant = getattr(param, "empty", "")
    return tr("none") if param.optional else tr(meant) if meant else expected(param)


def expectation(param: Param) -> str:
    """The text that a catalogue has for it: words to choose from are names, and stand in their place."""
    words = _words(param)
    return param.expects.replace(words, "{words}") if words else param.expects


def _words(param: Param) -> str:
    return ", ".join(getattr(param, "choices", ()))
