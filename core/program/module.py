"""Program -> ``torch.nn.Module``: the generated source, executed. What trains is exactly what is exported."""

from __future__ import annotations

import contextlib
import itertools
import linecache
import random
import traceback
import weakref
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType

import numpy as np
import torch
from torch import nn

from core.catalog import Catalog
from core.problem import LayerloomError
from core.program.program import Program
from core.program.source import Source, source

_sources: dict[str, Source] = {}  # by the file name under which the text was compiled
_numbers = itertools.count(1)


def build(program: Program, catalog: Catalog | None = None) -> nn.Module:
    """The module of the program, freshly initialised, in training mode.

    Raises:
        LayerloomError: the source cannot be written (see `source`), or a constructor refused its arguments; the problem
            names the node.
    """
    return execute(source(program, catalog))


def execute(text: Source) -> nn.Module:
    """Run the text and construct its main class without arguments. Raises LayerloomError like `build`."""
    filename = f"<layerloom {next(_numbers)}: {text.main}>"
    linecache.cache[filename] = (len(text.text), None, text.text.splitlines(keepends=True), filename)
    _sources[filename] = text
    names: dict[str, object] = {"__name__": f"layerloom_{text.main}"}
    exec(compile(text.text, filename, "exec"), names)
    main = names[text.main]
    assert isinstance(main, type)
    weakref.finalize(main, _forget, filename)
    with named_errors():
        module = main()
    assert isinstance(module, nn.Module)
    return module


def source_of(module: nn.Module) -> Source:
    """The text that a built module runs. Raises KeyError for any other module."""
    return _sources[type(module).forward.__code__.co_filename]


@contextlib.contextmanager
def named_errors() -> Iterator[None]:
    """Inside, an exception that passes through generated source comes out as a LayerloomError that names the node.

    Costs nothing while nothing fails, so a whole training loop may stand inside.
    """
    try:
        yield
    except LayerloomError:
        raise
    except Exception as error:
        told = explain(error)
        if told is None:
            raise
        raise told from error


def explain(error: BaseException) -> LayerloomError | None:
    """The exception as a problem of the innermost node that it came from; None where it met no generated line.

    Inside blocks the path follows the calls (``n7/n2``), so it is right for classes that serve several instances.
    """
    met = _nodes(_frames(error.__traceback__))
    if not met:
        return None
    what = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
    names = " / ".join(name for _, name in met)
    detail = "".join(traceback.format_exception(error))
    return LayerloomError(f"{names}: {what}.", code="runtime", node=_joined(met), detail=detail)


def running() -> str:
    """The path of the node whose generated line this call comes from, read off the stack; empty where there is none."""
    lines = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_stack(None)]
    return _joined(_nodes(reversed(lines)))


def seed_everything(seed: int) -> None:
    """Start every source of chance anew: Python, NumPy (the global generator) and torch on all devices."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def _nodes(lines: Iterable[tuple[str, int]]) -> list[tuple[str, str]]:
    """The path and the label of each node whose generated line is among these, from the outermost call inwards."""
    texts = ((_sources.get(filename), line) for filename, line in lines)
    paths = ((text, text.nodes[line]) for text, line in texts if text is not None and line in text.nodes)
    return [(path, text.labels.get(path, path)) for text, path in paths]


def _joined(met: Sequence[tuple[str, str]]) -> str:
    return "/".join(path.rpartition("/")[2] for path, _ in met)


def _frames(trace: TracebackType | None) -> Iterator[tuple[str, int]]:
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next


def _forget(filename: str) -> None:
    linecache.cache.pop(filename, None)
    _sources.pop(filename, None)
