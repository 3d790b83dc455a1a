"""The mappings of this operator: files in the configuration folder, or anywhere by path."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from pathlib import Path

from console.hubspot.model import PropertyDefinition
from console.journal.model import Problem
from console.provisioning.errors import MappingError
from console.provisioning.mapping import Mapping, is_name, load, parse
from console.settings.paths import Paths, expanded, write_private
from console.sources.errors import SourceError

SUGGEST_ROWS = 200
"""Rows in which a suggestion looks for what stands within nested values."""


class Mappings:
    """Finds, reads, checks and writes mapping files."""

    def __init__(self, paths: Paths) -> None:
        self._folder = paths.mappings

    def names(self) -> list[str]:
        """The names in the configuration folder, sorted."""
        try:
            return sorted(path.stem for path in self._folder.glob("*.toml") if path.is_file())
        except OSError:
            return []

    def sources(self) -> list[tuple[str, str, Path]]:
        """Of each mapping that can be read: its name, its source, the folder that a relative one is relative to."""
        found = []
        for name in self.names():
            try:
                mapping = self.load(name)
            except MappingError:
                continue
            found.append((name, mapping.source, mapping.base))
        return found

    def path(self, name: str) -> Path:
        """The file behind a name, or behind a path (something with a slash or ending in .toml)."""
        if "/" in name or name.endswith(".toml"):
            return expanded(name).absolute()
        return self._folder / f"{name}.toml"

    def load(self, name: str) -> Mapping:
        """Read a mapping by name or path. Raises MappingError with all of its problems."""
        path = self.path(name)
        if path == self._folder / f"{name}.toml" and not path.exists():
            known = ", ".join(self.names()) or "none yet; begin with: hubspoke mapping suggest SOURCE"
            message = f"there is no mapping {name!r} in {self._folder}"
            raise MappingError((Problem(message=message, remedy=f"Mappings: {known}.", file=str(path)),))
        return load(path)

    def check(self, name: str, *, schema: Dict[str, PropertyDefinition] | None = None) -> list[Problem]:
        """Everything that is wrong with a mapping: the file, its expressions, its source's columns, the schema."""
        try:
            return self._problems(self.load(name), schema)
        except MappingError as error:
            return list(error.problems)

    def check_text(
        self, text: str, path: Path, *, schema: Dict[str, PropertyDefinition] | None = None
    ) -> list[Problem]:
        """The same for a text that is not saved yet."""
        try:
            return self._problems(parse(text, path), schema)
        except MappingError as error:
            return list(error.problems)

    def suggest(
        self,
        source: str,
        object_class: str,
        schema: Dict[str, PropertyDefinition],
        *,
        name: str = "",
        base: Path | None = None,
        secret: str | None = None,
    ) -> str:
        """A commented mapping for a source: a file that `check` accepts. Raises SourceError.

        `secret` is what the vault holds for the source.
        """
        from console.provisioning.suggest import suggest
        from console.sources.opening import open_source

        preview = open_source(source, base=base or Path.cwd(), secret=secret).preview(limit=SUGGEST_ROWS)
        return suggest(preview, object_class, schema, name=name)

    def existing(self, name: str) -> Path:
        """The file of a mapping that is there, right or wrong. Raises MappingError."""
        path = self.path(name)
        if not path.is_file():
            known = ", ".join(self.names()) or "none yet; begin with: hubspoke mapping suggest SOURCE"
            problem = Problem(message=f"there is no mapping {name!r}: {path}", remedy=f"Mappings: {known}.")
            raise MappingError((problem,))
        return path

    def refuse_taken(self, name: str) -> None:
        """Raises MappingError where a mapping has this name already."""
        if (path := self._folder / f"{name}.toml").exists():
            problem = Problem(message=f"there is a mapping {name} already: {path}", remedy="Choose another name.")
            raise MappingError((problem,))

    def write(self, name: str, text: str) -> Path:
        """Keep a mapping under a name. Raises MappingError when the text is no mapping."""
        if not is_name(name):
            problem = Problem(
                message=f"{name!r} is no name for a mapping", remedy="Use letters, digits, dot, dash and underscore."
            )
            raise MappingError((problem,))
        path = self._folder / f"{name}.toml"
        parse(text, path)
        write_private(path, text.encode())
        return path

    @staticmethod
    def _problems(mapping: Mapping, schema: Dict[str, PropertyDefinition] | None) -> list[Problem]:
        from console.provisioning.checks import against_schema
        from console.provisioning.expressions import Expressions, missing_columns
        from console.sources.opening import open_source

        problems = list(Expressions(mapping).problems)
        try:
            source = open_source(mapping.source, base=mapping.base, types=mapping.types)
            columns = source.columns()
        except SourceError as error:
            problems.append(error.problem)
        else:
            problems += missing_columns(mapping, columns, source.name) if columns is not None else []
        return problems + (against_schema(mapping, schema) if schema is not None else [])
