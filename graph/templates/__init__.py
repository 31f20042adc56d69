"""Ready designs by id: starters to build on, and the examples. Drawn through commands, as a person would.

Each module has a table of its own, `TEMPLATES`; ids are unique over all of them. The gallery shows families in the
order in which they first appear here.
"""

from __future__ import annotations

from collections.abc import Mapping

from graph.templates import (
    adversarial,
    alignment,
    applied,
    attention,
    convolutional,
    dynamics,
    examples,
    feedforward,
    generative,
    imagenet_nets,
    language,
    pictures,
    residual,
    sequence,
    special,
    starters,
    unet,
    unet_published,
    vision,
)
from graph.templates.template import Expected, Template

__all__ = ["TEMPLATES", "Expected", "Template"]

TEMPLATES: Mapping[str, Template] = {
    **starters.TEMPLATES,
    **feedforward.TEMPLATES,
    **convolutional.TEMPLATES,
    **unet.TEMPLATES,
    **unet_published.TEMPLATES,
    **pictures.TEMPLATES,
    **residual.TEMPLATES,
    **imagenet_nets.TEMPLATES,
    **examples.TEMPLATES,
    **sequence.TEMPLATES,
    **alignment.TEMPLATES,
    **attention.TEMPLATES,
    **language.TEMPLATES,
    **vision.TEMPLATES,
    **generative.TEMPLATES,
    **adversarial.TEMPLATES,
    **special.TEMPLATES,
    **applied.TEMPLATES,
    **dynamics.TEMPLATES,
}
