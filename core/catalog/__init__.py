"""Every declaration, one file per family. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.spec.layer import LayerSpec


class Catalog:
    """Layer declarations by id (former ids included), in palette order."""

    def __init__(self, specs: Iterable[LayerSpec]) -> None:
        self._specs: dict[str, LayerSpec] = {}
        self._former: dict[str, LayerSpec] = {}
        for spec in specs:
            if spec.id in self._specs:
                raise ValueError(f"Two layers are called {spec.id}.")
            self._specs[spec.id] = spec
            self._former.update(dict.fromkeys(spec.replaces, spec))

    def get(self, id: str) -> LayerSpec | None:
        return self._specs.get(id) or self._former.get(id)

    def __getitem__(self, id: str) -> LayerSpec:
        spec = self.get(id)
        if spec is None:
            raise KeyError(id)
        return spec

    def __iter__(self) -> Iterator[LayerSpec]:
        return iter(self._specs.values())

    def __len__(self) -> int:
        return len(self._specs)

    @property
    def categories(self) -> dict[str, list[LayerSpec]]:
        """The layers by category, both in the order of declaration."""
        groups: dict[str, list[LayerSpec]] = {}
        for spec in self:
            groups.setdefault(spec.category, []).append(spec)
        return groups
