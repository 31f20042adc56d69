"""What enters the drawing: the types of Input and Target nodes, from the signature of the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.catalog import datasets
from core.data.signature import DataSignature, FieldSignature
from core.problem import Fix, LayerloomError, Severity
from core.spec.layer import Given, Role
from core.spec.shape import BATCH, TensorType
from core.training.job import DataJob
from graph.document import Document
from graph.trouble import Trouble

Entering = TensorType | Trouble


def data_signature(document: Document) -> DataSignature:
    """What the chosen source offers: as declared, or as the job remembers it from reading the files.

    Empty where there is no data, or where the job or the source does not hold (`graph.check` tells that).
    """
    try:
        data = document.job.data
        return _declared(data) or data.signature
    except LayerloomError:
        return DataSignature()


def _declared(data: DataJob) -> DataSignature | None:
    signature = datasets.signature(data.source)
    return signature if signature is not None and signature.fields else None


def unread_source(document: Document) -> str:
    """What the chosen source is called, where nothing is known of what it offers; empty where there is none."""
    try:
        source = document.job.data.source
        spec = None if data_signature(document).fields else datasets.SOURCES.get(source.kind)
    except LayerloomError:
        return ""
    return spec.label if spec is not None and spec.param else ""


def entering(role: Role, given: Given, signature: DataSignature, unread: str = "") -> Entering:
    """The type of what an Input or Target node brings in, or why there is none; `unread` is that of `unread_source`."""
    return _BY_ROLE[role](given, signature, unread)


def is_class_index(field: FieldSignature) -> bool:
    return bool(field.classes) and field.shape == ()


def _input(given: Given, signature: DataSignature, unread: str) -> Entering:
    """An input that names no field (Noise) has the shape that it states."""
    if "field" not in given.params:
        return TensorType((BATCH, *given["shape"]))
    if not signature.fields:
        if given["shape"] is None:
            text = f"its shape is not known. {_not_read(unread) or 'Choose the data'}, or set the shape of one example."
            return Trouble("no-shape", text, expected="a shape such as 1, 8, 8")
        return TensorType((BATCH, *given["shape"]))
    field = signature.fields.get(given["field"])
    return TensorType((BATCH, *field.shape), field.dtype) if field else _no_field(given, signature)


def _target(given: Given, signature: DataSignature, unread: str) -> Entering:
    if not signature.fields:
        return Trouble(
            "no-data",
            f"there is no data to take the answer from. {_not_read(unread) or 'Choose the data to train on'}.",
            severity=Severity.WARNING,
        )
    field = signature.fields.get(given["field"])
    if field is None:
        return _no_field(given, signature)
    return _ENCODED[given["encoding"]](field, given)


def _as_is(field: FieldSignature, given: Given) -> Entering:
    return TensorType((BATCH, *field.shape), field.dtype)


def _index(field: FieldSignature, given: Given) -> Entering:
    if field.shape == () and field.dtype != "float":
        return TensorType((BATCH,), "int")
    return _no_classes("an index", field, given)


def _one_hot(field: FieldSignature, given: Given) -> Entering:
    if is_class_index(field):
        return TensorType((BATCH, len(field.classes)))
    return _no_classes("one-hot", field, given)


def _binary(field: FieldSignature, given: Given) -> Entering:
    if not is_class_index(field):
        return _no_classes("one number 0 or 1", field, given)
    if len(field.classes) != 2:
        text = f"one number 0 or 1 tells two classes apart, and {given['field']} has {len(field.classes)}."
        return Trouble("encoding", text, expected="2 classes", received=str(len(field.classes)), fixes=_index_instead())
    return TensorType((BATCH, 1))


def _no_classes(encoding: str, field: FieldSignature, given: Given) -> Trouble:
    met = " x ".join(map(str, field.shape)) + (" numbers" if field.shape else f"one {field.dtype}")
    text = f"only classes can be presented as {encoding}, and {given['field']} holds {met} for each example."
    fix = Fix("Present it as it is", "set_param", {"name": "encoding", "value": "as_is"})
    return Trouble("encoding", text, expected="classes", received=met, fixes=(fix,))


def _index_instead() -> tuple[Fix, ...]:
    return (Fix("Present the class as an index", "set_param", {"name": "encoding", "value": "index"}),)


def _no_field(given: Given, signature: DataSignature) -> Trouble:
    there = ", ".join(signature.fields)
    fixes = tuple(
        Fix(f"Use the field {name}", "set_param", {"name": "field", "value": name}) for name in signature.fields
    )
    text = f"the data has no field {given['field']!r}. It has {there}."
    return Trouble("no-field", text, expected=there, received=given["field"], fixes=fixes)


def _not_read(source: str) -> str:
    """Why nothing is known of a source that is chosen; empty where none is."""
    return f"{source} is chosen but not read: see in the Data panel what is wrong with it" if source else ""


_ENCODED: Mapping[str, Callable[[FieldSignature, Given], Entering]] = {
    "as_is": _as_is, "index": _index, "one_hot": _one_hot, "binary": _binary,
}  # fmt: skip
_BY_ROLE: Mapping[Role, Callable[[Given, DataSignature, str], Entering]] = {
    Role.INPUT: _input,
    Role.TARGET: _target,
}
