"""A run folder on its way to another machine and back, as a tar stream."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import IO

from core.problem import LayerloomError
from core.training.runs import RunFolder

LEFT = (
    "checkpoints", "result.json", "environment.json", "preparation.json", "pictures", "tensorboard", "wandb",
)  # fmt: skip  # what a run leaves beside its events
_SENT = ("program.json", "design.loom", "masks.safetensors", "checkpoints")


def pack(run: RunFolder, stream: IO[bytes]) -> None:
    """Write the run as it is to be trained elsewhere, with the files that its data come from."""
    job = run.job.model_dump(mode="json")
    params = job["data"]["source"]["params"]
    source = data_of(run)
    with tarfile.open(fileobj=stream, mode="w|") as tar:
        if source is not None:
            params["path"] = f"data/{source.name}"
            tar.add(source, params["path"])
        head = {**json.loads((run.path / "run.json").read_text()), "base": "."}
        for name, content in (("job.json", job), ("run.json", head)):
            _add(tar, name, json.dumps(content, indent=1).encode())
        for name in _SENT:
            if (run.path / name).exists():
                tar.add(run.path / name, name)


def data_of(run: RunFolder) -> Path | None:
    """The file or folder that the data come from; None where they come with Layerloom.

    Raises:
        LayerloomError: it is not there (code ``missing``).
    """
    path = run.job.data.source.params.get("path")
    if not path:
        return None
    source = (run.base or Path()) / str(path)
    if not source.exists():
        raise LayerloomError(f"There is no file {source}, from which the data come.", code="missing")
    return source


def unpack(stream: IO[bytes], folder: Path) -> None:
    """Put what the stream holds into the folder: plain files within it, and nothing else. Raises LayerloomError where
    the stream is no such, or is cut short."""
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            tar.extractall(folder, filter="data")
    except tarfile.TarError as error:
        raise LayerloomError(f"What came back of the run is damaged ({error}).", code="damaged") from error


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))
