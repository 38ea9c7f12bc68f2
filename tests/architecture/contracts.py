"""Import contracts that import-linter's own kinds cannot say while rooms are still being added.

Both look at direct imports only. That is enough, because every module of the house is looked at: a chain has a first
link.
"""

from __future__ import annotations

from pathlib import Path

import grimp
from importlinter import Contract, ContractCheck, fields, output

ROOT = Path(__file__).parents[2]


class _DirectImportsContract(Contract):
    """Collects forbidden direct imports and prints each with its line."""

    def find(self, graph: grimp.ImportGraph) -> list[tuple[str, str]]:
        raise NotImplementedError

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        found = sorted(self.find(graph))
        lines = [
            f"{importer} -> {imported} (line {detail['line_number']})"
            for importer, imported in found
            for detail in graph.get_import_details(importer=importer, imported=imported)
        ]
        return ContractCheck(kept=not found, metadata={"lines": lines})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["lines"]:
            output.print_error(line, bold=False)
        output.new_line()


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def _links(graph: grimp.ImportGraph, package: str) -> list[tuple[str, str]]:
    return [
        (importer, imported)
        for importer in graph.modules
        if _is_in(importer, package)
        for imported in graph.find_modules_directly_imported_by(importer)
    ]


class CoreContract(_DirectImportsContract):
    """The core imports neither the edges nor its own outermost modules, which may not exist yet."""

    core = fields.ListField(subfield=fields.StringField())
    outermost = fields.ListField(subfield=fields.StringField())
    edges = fields.ListField(subfield=fields.StringField())

    def find(self, graph: grimp.ImportGraph) -> list[tuple[str, str]]:
        outermost: list[str] = self.outermost  # type: ignore[assignment]
        closed = [*outermost, *self.edges]  # type: ignore[misc]
        return [
            (importer, imported)
            for package in self.core  # type: ignore[attr-defined]
            for importer, imported in _links(graph, package)
            if not any(_is_in(importer, module) for module in outermost)
            and any(_is_in(imported, module) for module in closed)
        ]


class AdaptersContract(_DirectImportsContract):
    """No adapter imports another. An adapter is a package one level below its kind: `adapters.KIND.NAME`.

    A plain module beside them (`adapters.KIND.module`) is what adapters of a kind share; it imports no adapter.
    """

    package = fields.StringField()

    def find(self, graph: grimp.ImportGraph) -> list[tuple[str, str]]:
        return [
            (importer, imported)
            for importer, imported in _links(graph, str(self.package))
            if _is_in(imported, str(self.package))
            and _adapter_of(imported) is not None
            and _adapter_of(imported) != _adapter_of(importer)
        ]


class AloneContract(_DirectImportsContract):
    """A package imports nothing of ours but itself: it can be copied out and read, and run, by itself."""

    package = fields.StringField()
    ours = fields.ListField(subfield=fields.StringField())

    def find(self, graph: grimp.ImportGraph) -> list[tuple[str, str]]:
        return [
            (importer, imported)
            for importer, imported in _links(graph, str(self.package))
            if not _is_in(imported, str(self.package)) and any(_is_in(imported, package) for package in self.ours)  # type: ignore[attr-defined]
        ]


def _adapter_of(module: str) -> str | None:
    parts = module.split(".")[:3]
    is_adapter = len(parts) == 3 and (ROOT.joinpath(*parts) / "__init__.py").is_file()
    return ".".join(parts) if is_adapter else None
