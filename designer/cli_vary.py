"""``--vary 'KEY=RANGE'``: what a search varies, as a person types it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from core.problem import LayerloomError
from core.spec.param import Param
from core.spec.params import Int
from core.training.search import Choices, Range, Variable
from designer.cli_settings import full_path, plain
from graph.document import Document
from graph.infer import Inference
from graph.searchable import Searchable, declared, searchable
from graph.values import JOB, NODE, value_at

_EXAMPLE = "for example lr=1e-4..1e-1 log, batch_size=16,32,64, hidden.out_features=8..128 step 8"


def variables(document: Document, wishes: Sequence[str]) -> dict[str, Variable]:
    """By path, what each wish says.

    A wish is ``KEY=low..high`` with ``log``, ``step N``, ``int`` or ``points N`` behind it, ``KEY=a,b,c`` (or a JSON
    list), or ``KEY`` alone for what `graph.searchable` suggests. Keys are those of ``--set``; ``KEY+KEY=`` gives one
    value to several.

    Raises:
        LayerloomError: a wish cannot be read, or its key means nothing.
    """
    found: dict[str, Variable] = {}
    for wish in wishes:
        try:
            path, variable = _read(document, wish)
        except LayerloomError as error:
            raise LayerloomError(f"--vary {wish}: {error}", code="vary") from error
        except ValidationError as error:
            text = error.errors()[0]["msg"].removeprefix("Value error, ").rstrip(".")
            raise LayerloomError(f"--vary {wish}: {text}.", code="vary") from error
        found[path] = variable
    return found


def _read(document: Document, wish: str) -> tuple[str, Variable]:
    key, sign, text = wish.partition("=")
    first, *also = (path_of(document, part.strip()) for part in key.split("+"))
    value_at(document, first)
    variable = _variable(document, first, text.strip()) if sign else _suggested(document, first)
    return first, variable.model_copy(update={"also": tuple(also)}) if also else variable


def path_of(document: Document, key: str) -> str:
    """``node.hidden.out_features``, ``hidden.out_features``, ``lr``, ``job.batch_size`` -> the path of a search."""
    return full_path(document, key.removeprefix(NODE))


def _suggested(document: Document, path: str) -> Variable:
    every = {found.path: found for found in searchable(document, Inference(document))}
    if path not in every:
        raise LayerloomError(f"nothing is suggested for it; say what it may be, {_EXAMPLE}.")
    return every[path].suggestion


def _variable(document: Document, path: str, text: str) -> Variable:
    field = declared(document, path)
    if text.startswith("["):
        return Choices(choices=tuple(_listed(text)))
    if ".." not in text:
        return Choices(choices=tuple(_choice(field, path, part.strip()) for part in text.split(",")))
    ends, *words = text.split()
    low, _, high = ends.partition("..")
    given: dict[str, Any] = {"low": _number(low), "high": _number(high), "integer": isinstance(field, Int)}
    while words:
        word = words.pop(0)
        if word in ("step", "points") and words:
            given[word] = _number(words.pop(0))
        elif word in ("log", "int"):
            given["integer" if word == "int" else "log"] = True
        else:
            raise LayerloomError(f"{word!r:.40} is none of log, int, step N and points N.")
    return Range(**given)


def _listed(text: str) -> list[Any]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise LayerloomError(f"the list is not JSON ({error}).") from error
    return list(values)


def _choice(field: Param | None, path: str, text: str) -> Any:
    if field is None or path.startswith(JOB):
        return plain(text)
    try:
        value = field.parse(text)
    except ValueError as error:
        raise LayerloomError(str(error)) from error
    return list(value) if isinstance(value, tuple) else value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise LayerloomError(f"{text!r:.40} is no number; expected a range, {_EXAMPLE}.") from error


def offers(document: Document) -> list[Searchable]:
    """What can be searched."""
    return searchable(document, Inference(document), once=True)


def worded(variable: Variable) -> str:
    """As `variables` reads it."""
    if isinstance(variable, Choices):
        words = [value if isinstance(value, str) else json.dumps(value) for value in variable.choices]
        return ",".join(words) if not any(set(word) & set(",[{") for word in words) else json.dumps(variable.choices)
    extras = [("log", variable.log), (f"step {variable.step:g}" if variable.step else "", variable.step)]
    extras += [("int", variable.integer), (f"points {variable.points}", variable.points)]
    return " ".join([f"{variable.low:g}..{variable.high:g}", *(word for word, holds in extras if holds)])
