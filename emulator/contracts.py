"""A contract type for import-linter: which modules from outside the package a part of it may import, as an allow-list."""

from __future__ import annotations

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OnlyFromOutside(Contract):
    """`modules`, with all that is below them, import nothing from outside the package but `allowed`.

    `except_modules` are left out, because another contract has them.
    """

    type_name = "only_from_outside"
    modules: Any = fields.ListField(subfield=fields.StringField())
    except_modules: Any = fields.ListField(subfield=fields.StringField(), required=False)
    allowed: Any = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Every import of an outside module that is not allowed."""
        left_out = set(self.except_modules or ())
        parts = {each for name in self.modules for each in ({name} | graph.find_descendants(name))} - left_out
        package = {name.split(".")[0] for name in self.modules}
        found = sorted(
            (part, imported)
            for part in parts
            for imported in graph.find_modules_directly_imported_by(part)
            if imported.split(".")[0] not in package | set(self.allowed)
        )
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line for each import."""
        for part, imported in check.metadata["found"]:
            output.print(f"{part} is not allowed to import {imported}")
