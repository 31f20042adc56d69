"""What the parts of a training job are made of."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Pick(Part):
    """One declared option by id, with the values of its fields (those left out take their defaults)."""

    kind: str
    params: dict[str, Any] = Field(default_factory=dict)
