"""Arrays of a NumPy ``.npz`` file. Nothing is unpickled: object arrays are refused before they are read."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from core.catalog.holes import FILLED
from core.data.dataset import Array, Dataset, Holes, as_classes, check_size, looks_like_classes, numbers, refuse
from core.data.holes import Asked, asked_holes
from core.data.signature import DataSignature, FieldSignature
from core.problem import LayerloomError

FEATURES, TARGET = "features", "target"
FEATURE_NAMES = ("features", "x", "data", "images", "x_train", "arr_0")
TARGET_NAMES = ("target", "y", "labels", "label", "targets", "y_train", "arr_1")


def read_npz(
    *, path: Path, features: str, target: str, target_is: str, others: str = "", holes: str = "refuse", **filling: Any
) -> Dataset:
    """The chosen arrays as ``features`` and ``target``, further ones as real numbers under their own names.

    Bytes of three or more dimensions stay bytes (pictures) among the features. Where `holes` are not refused, features
    in rows may have some (NaN); `filling` are the arguments of `core.catalog.holes`.

    Raises:
        LayerloomError: the file is no .npz, an array is missing, of objects, too large, not finite, or of another
            number of examples than the other one.
    """
    with _opened(path) as archive:
        headers = {name: _header(archive, name, path) for name in _members(archive)}
        given = _pick(path, headers, features, FEATURE_NAMES, "features")
        if given is None:
            raise refuse(
                f"{path.name}: which array holds the features? It has {', '.join(headers)}. Write its name there.",
                "data.npz",
            )
        answer = None if target.strip() == "-" else _pick(path, headers, target, TARGET_NAMES, "target")
        further = _further(path, headers, others)
        wanted = dict.fromkeys(name for name in (given, answer, *further) if name is not None)
        loaded = {name: _read(archive, name, path, headers[name]) for name in wanted}
    if holes == "drop":
        loaded = _without_holes(path, given, loaded)
    rows = loaded[given]
    found = _Fields(path, asked_holes(holes, **filling))
    found.add_features(given, rows)
    for name in (*([answer] if answer is not None else ()), *further):
        _check_lengths(path, given, rows, name, loaded[name])
    if answer is not None:
        found.add("target", _target(path, answer, loaded[answer], target_is))
    for name in further:
        found.add(name, _numbers(path, name, loaded[name]))
    signature = DataSignature(fields=found.signatures, examples=len(rows))
    return Dataset(found.fields, signature, found.columns, found.holes)


class _Fields:
    """Gathers fields and what is known of them."""

    def __init__(self, path: Path, asked: Asked) -> None:
        self._path, self._asked = path, asked
        self.fields: dict[str, Array] = {}
        self.signatures: dict[str, FieldSignature] = {}
        self.columns: dict[str, tuple[str, ...]] = {}
        self.holes: dict[str, Holes] = {}

    def add(self, name: str, field: tuple[Array, FieldSignature]) -> None:
        self.fields[name], self.signatures[name] = field

    def add_features(self, name: str, array: Array) -> None:
        """Rows of numbers may have holes where they are to be filled."""
        fills = self._asked.holes.rule in FILLED and array.ndim == 2 and array.dtype.kind == "f"
        if not fills or not np.isnan(array).any():
            self.add(FEATURES, _features(self._path, name, array))
            return
        _finite(self._path, name, np.nan_to_num(array, nan=0.0, posinf=np.inf, neginf=-np.inf))
        names = [f"{FEATURES} {at}" for at in range(array.shape[1])]
        values, told, holes = self._asked.marked(array.astype(np.float32), names)
        self.add(FEATURES, (values, numbers(values, name)))
        self.columns[FEATURES] = told
        self.holes = {FEATURES: holes} if holes else {}


def _without_holes(path: Path, given: str, loaded: dict[str, Array]) -> dict[str, Array]:
    """The arrays without the examples of which the features have a hole."""
    rows = loaded[given]
    if rows.dtype.kind != "f":
        return loaded
    keep = ~np.isnan(rows).any(axis=tuple(range(1, rows.ndim)))
    if not keep.any():
        raise refuse(
            f"{path.name}: every example of {given} lacks a number, so dropping them leaves nothing.", "data.npz"
        )
    whole = {name: array for name, array in loaded.items() if len(array) == len(rows)}  # others are told about later
    return {**loaded, **{name: array[keep] for name, array in whole.items()}}


def array_names(path: Path) -> list[str]:
    """What the arrays of a file are called. Raises LayerloomError where it is no .npz."""
    with _opened(path) as archive:
        return _members(archive)


def _opened(path: Path) -> zipfile.ZipFile:
    if not path.is_file():
        raise refuse(f"{path} is not a file. Choose an .npz file.", "data.path")
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise refuse(f"{path.name} is not an .npz file. Write one with numpy.savez.", "data.npz") from error
    except OSError as error:
        raise refuse(f"{path} cannot be read: {error.strerror}.", "data.path") from error


def _members(archive: zipfile.ZipFile) -> list[str]:
    return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def _header(archive: zipfile.ZipFile, name: str, path: Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and dtype, from the head of the member alone."""
    try:
        with archive.open(name + ".npy") as stream:
            major, _ = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(stream)
    except (ValueError, zipfile.BadZipFile, EOFError) as error:
        raise _broken(path, name, error) from error
    return shape, dtype


def _pick(path: Path, headers: Mapping[str, Any], chosen: str, usual: Sequence[str], what: str) -> str | None:
    """The array that was named, or the first that bears one of the usual names."""
    chosen = chosen.strip()
    if chosen and chosen not in headers:
        known = ", ".join(headers) or "no array at all"
        raise refuse(f"{path.name} has no array {chosen!r:.60} for the {what}; it has {known}.", "data.npz")
    by_name = {name.lower(): name for name in reversed(list(headers))}
    return chosen or next((by_name[name] for name in usual if name in by_name), None)


def _read(archive: zipfile.ZipFile, name: str, path: Path, header: tuple[tuple[int, ...], np.dtype[Any]]) -> Array:
    shape, dtype = header
    if dtype.hasobject:
        raise refuse(
            f"{path.name}: the array {name} holds Python objects, which are never loaded (they may run code). "
            "Save it with a number or text type, for example array.astype(float).",
            "data.npz",
            expected="numbers or text",
            received=str(dtype),
        )
    if not shape:
        raise refuse(f"{path.name}: the array {name} is a single value, not a row of examples.", "data.npz")
    if dtype.kind not in "fiubU":
        raise refuse(f"{path.name}: the array {name} holds {dtype}; numbers or text were expected.", "data.npz")
    check_size(f"{path.name}: the array {name}", shape, dtype.itemsize)
    try:
        with archive.open(name + ".npy") as stream:
            return _read_stream(stream)  # type: ignore[arg-type]
    except (ValueError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise _broken(path, name, error) from error


def _read_stream(stream: BinaryIO) -> Array:
    array: Array = np.lib.format.read_array(stream, allow_pickle=False)
    return array


def _features(path: Path, name: str, array: Array) -> tuple[Array, FieldSignature]:
    if array.dtype.kind == "U":
        raise refuse(f"{path.name}: the array {name} holds text; features must be numbers.", "data.npz")
    if array.dtype == np.uint8 and array.ndim >= 3:
        pictures = array[:, None] if array.ndim == 3 else array
        return pictures, numbers(pictures, f"{name}: bytes, scaled to 0..1")
    if array.dtype.kind in "iu" and array.ndim > 1 and not _fits_float(array):
        raise refuse(f"{path.name}: the array {name} holds whole numbers beyond 2**24.", "data.npz")
    real = _finite(path, name, array)
    return (real[:, None], numbers(real[:, None], name)) if real.ndim == 1 else (real, numbers(real, name))


def _further(path: Path, headers: Mapping[str, Any], others: str) -> list[str]:
    """The further arrays that are asked for, each once."""
    names = list(dict.fromkeys(name.strip() for name in others.split(",") if name.strip()))
    for name in names:
        _pick(path, headers, name, (), "further field")
        if name in (FEATURES, TARGET):
            raise refuse(f"{path.name}: {name} cannot be a further field: it is the name of one anyway.", "data.npz")
    return names


def _numbers(path: Path, name: str, array: Array) -> tuple[Array, FieldSignature]:
    """A field of real numbers, bytes and yes or no included."""
    if array.dtype.kind == "U":
        raise refuse(f"{path.name}: the array {name} holds text; a further field must hold numbers.", "data.npz")
    real = _finite(path, name, array)
    real = real[:, None] if real.ndim == 1 else real
    return real, numbers(real, name)


def _target(path: Path, name: str, array: Array, target_is: str) -> tuple[Array, FieldSignature]:
    flat = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    few = flat.ndim == 1 and flat.dtype.kind in "iubf" and looks_like_classes(flat)
    if target_is == "classes" or (target_is == "auto" and (flat.dtype.kind == "U" or few)):
        index, classes = as_classes(flat, f"{path.name}, array {name}")
        return index, FieldSignature(shape=flat.shape[1:], dtype="int", classes=classes, doc=name)
    if array.dtype.kind == "U":
        raise refuse(f"{path.name}: the array {name} holds text; let the target hold classes.", "data.npz")
    real = _finite(path, name, array)
    real = real[:, None] if real.ndim == 1 else real
    return real, numbers(real, name)


def _finite(path: Path, name: str, array: Array) -> Array:
    real = array.astype(np.float32)
    wrong = np.argwhere(~np.isfinite(real))
    if len(wrong):
        where = ", ".join(map(str, wrong[0]))
        raise refuse(
            f"{path.name}: the array {name} holds {real[tuple(wrong[0])]:g} at [{where}] "
            f"({len(wrong):,} such values). {_WAY_OUT if np.isnan(real[tuple(wrong[0])]) else 'Replace them first.'}",
            "data.npz",
        )
    return real


_WAY_OUT = "Replace them, or let examples with missing numbers among the features be left out or filled."


def _fits_float(array: Array) -> bool:
    return bool(array.size == 0 or max(abs(int(array.min())), abs(int(array.max()))) <= 2**24)


def _check_lengths(path: Path, first: str, features: Array, second: str, target: Array) -> None:
    if len(features) != len(target):
        raise refuse(
            f"{path.name}: {first} holds {len(features):,} examples, {second} holds {len(target):,}. "
            "Both must have the same number.",
            "data.npz",
        )


def _broken(path: Path, name: str, error: Exception) -> LayerloomError:
    return refuse(f"{path.name}: the array {name} is damaged ({error}). Write the file again.", "data.npz")
