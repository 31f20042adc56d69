"""Every layer of the catalogue: what it refuses, it refuses rightly, with a sentence, and its fixes mend."""

from __future__ import annotations

import pytest
import torch

from core.catalog.families import default_catalog
from core.problem import Fix
from core.spec.layer import Given, LayerSpec, Mismatch
from core.spec.shape import TensorType
from tests.contract import direct
from tests.contract.cases import COMPUTED, Case, refused

pytestmark = pytest.mark.filterwarnings("ignore")
every_layer = pytest.mark.parametrize("spec", COMPUTED, ids=lambda spec: spec.id)


@every_layer
def test_a_refusal_is_a_sentence_about_a_port_or_a_field(spec: LayerSpec) -> None:
    for case, mismatch in refused(spec):
        told = str(mismatch)
        words = " ".join(word for word in told.split() if word not in spec.input)
        assert told.endswith("."), told
        assert told[0].islower(), told
        assert "_" not in words, told
        assert mismatch.port in ("", *case.given.types, *(p.id for p in spec.inputs if p.variadic)), told
        assert mismatch.expected or mismatch.received, told


STRICTER = (  # what torch would let pass, and we do not
    *("must be (batch", "does not fit", "more dimensions"),  # no batch, or the batch dimension mixed up
    *("differ in", "of one kind", "must agree", "to be dropped"),  # silent broadcasting, mixed kinds, nothing done
    *("must have one shape", "target must be", "target of real numbers", "nothing to choose from"),  # so in losses
    *("must be indices", "must be real numbers", "pad has", "one mask is enough", "max length"),
    "chance must be",  # broadcasting would ask for the same places in every text
)


@every_layer
def test_a_refusal_is_right(spec: LayerSpec) -> None:
    for case, mismatch in refused(spec):
        if not any(reason in str(mismatch) for reason in STRICTER):
            with torch.no_grad(), pytest.raises((RuntimeError, ValueError, IndexError, AssertionError)):
                direct.run(case, direct.module(case), direct.tensors(case, 2))


@every_layer
def test_fixes_mend_what_was_told(spec: LayerSpec) -> None:
    """A fix makes the layer work, or at least leads on to another complaint."""
    for case, mismatch in refused(spec):
        for fix in mismatch.fixes:
            assert _complaint(spec, _fixed(case, fix)) != str(mismatch), f"{case}: {fix}"


def _complaint(spec: LayerSpec, given: Given) -> str:
    try:
        spec.shape(given)
    except Mismatch as mismatch:
        return str(mismatch)
    return ""


def _fixed(case: Case, fix: Fix) -> Given:
    """What the layer is given once the fix is applied."""
    types, params = dict(case.given.types), dict(case.given.params)
    if fix.action == "set_param":
        params[fix.args["name"]] = fix.args["value"]
        return Given(types, case.spec.values(params))
    assert fix.action == "insert_before"
    port = fix.args["port"]
    new = _after(fix, types[port])
    lent = {p.id for p in case.spec.inputs if p.same_as and types.get(p.id) is types[port]}
    return Given({end: new if end == port or end in lent else type for end, type in types.items()}, params)


def _after(fix: Fix, type: TensorType) -> TensorType:
    """What leaves the layer that the fix inserts."""
    inserted = default_catalog()[fix.args["layer"]]
    given = Given({inserted.inputs[0].id: type}, inserted.values(fix.args["params"]))
    return next(iter(inserted.shape(given).values()))
