"""Everything around a mapping while it is edited: its draft, a real person of its source, the portal's properties."""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Mapping as Dict
from typing import TypeVar

import msgspec

from console.hubspot.model import PropertyDefinition
from console.journal.model import Problem
from console.provisioning.errors import MappingError
from console.provisioning.mapping import Mapping, MappingRow
from console.provisioning.mapping_draft import Draft
from console.provisioning.mapping_preview import PersonPreview, ValuePreview, preview_person, preview_value
from console.provisioning.source_people import SourcePeople
from console.provisioning.suggest_rows import RowSuggestion, suggest_rows
from console.sources.errors import SourceError
from console.sources.model import SourceRow
from console.sources.opening import open_source

T = TypeVar("T")

PREVIEW_ROWS = 200


class MappingBench:
    """Reads the source and evaluates: its methods are for worker threads, through `ask`."""

    def __init__(
        self, draft: Draft, schema: Dict[str, PropertyDefinition] | None = None, secret: str | None = None
    ) -> None:
        """`schema` is None where HubSpot could not be asked; `secret` is what the vault holds for the source."""
        self.draft = draft
        self.schema = schema
        self.mapping: Mapping | None = None
        self.problems: tuple[Problem, ...] = ()
        self.source_problem: Problem | None = None
        self.fields: tuple[str, ...] = ()
        self.index = 0
        self._secret = secret
        self._people: SourcePeople | None = None
        self._source: tuple[str, dict[str, str]] | None = None

        self._lock = threading.Lock()

    def ask(self, job: Callable[[], T]) -> T:
        """Do something with the bench while nobody else does; whoever gave up waiting may still be at it."""
        with self._lock:
            return job()

    def read(self) -> None:
        """Take over what the draft says now; the source is opened anew only where the mapping names another one."""
        try:
            self.mapping = self.draft.mapping()
        except MappingError as error:
            self.problems = error.problems
            return
        self.problems = ()
        if self._source != (self.mapping.source, self.mapping.types):
            self._open(self.mapping)

    def check(self) -> tuple[Problem, ...]:
        """Everything that is wrong: the file, its expressions, its source's columns, the schema."""
        from console.provisioning.checks import against_schema
        from console.provisioning.expressions import Expressions, missing_columns

        if self.mapping is None or self.problems:
            return self.problems
        found = list(Expressions(self.mapping).problems)
        if self.source_problem is not None:
            found.append(self.source_problem)
        elif self._people is not None and (columns := self._people.columns()) is not None:
            found += missing_columns(self.mapping, columns, self._people.name)
        if self.schema is not None:
            found += against_schema(self.mapping, self.schema)
        return tuple(found)

    @property
    def source_name(self) -> str:
        """How the operator knows the source."""
        return self._people.name if self._people is not None else self.mapping.source if self.mapping else ""

    @property
    def known(self) -> tuple[int, bool]:
        """How many people were read so far, and whether these are all."""
        return (self._people.known, self._people.complete) if self._people is not None else (0, False)

    def go(self, index: int) -> bool:
        """Stand on another person; says whether there is one."""
        if self._people is None or index < 0 or self._at(index) is None:
            return False
        self.index = index
        return True

    def find(self, words: str) -> bool:
        """Stand on the next person of whom all words are told; says whether there is one."""
        if self._people is None:
            return False
        try:
            found = self._people.find(words, self.index)
        except SourceError as error:
            self.source_problem = error.problem
            return False
        if found is None:
            return False
        self.index = found
        return True

    def preview(self) -> PersonPreview | None:
        """What the mapping makes of the person; None where there is nobody, or no mapping."""
        row = self._at(self.index)
        if row is None or self.mapping is None:
            return None
        return preview_person(self.mapping, row, self.schema, self.source_name)

    def try_row(self, name: str, value: str, when: str = "") -> ValuePreview | None:
        """What an expression that is not accepted yet makes of the person."""
        row = self._at(self.index)
        if row is None or self.mapping is None:
            return None
        old = next((one for one in self.mapping.rows if one.name == name), MappingRow(name=name, value=value))
        tried = msgspec.structs.replace(old, value=value, when=when or old.when)
        return preview_value(tried, row, self.schema, self.source_name, self.mapping.target)

    def suggestions(self) -> list[RowSuggestion]:
        """Rows that could be added. Raises SourceError."""
        if self.mapping is None or self.schema is None:
            return []
        source = open_source(self.mapping.source, base=self.mapping.base, types=self.mapping.types, secret=self._secret)
        return suggest_rows(self.mapping, source.preview(limit=PREVIEW_ROWS), self.schema)

    def close(self) -> None:
        """Let go of the source."""
        if self._people is not None:
            self._people.close()

    def _at(self, index: int) -> SourceRow | None:
        if self._people is None:
            return None
        try:
            return self._people.at(index)
        except SourceError as error:
            self.source_problem = error.problem
            return None

    def _open(self, mapping: Mapping) -> None:
        self.close()
        self._people, self.source_problem, self.index, self.fields = None, None, 0, ()
        self._source = (mapping.source, mapping.types)
        try:
            self._people = SourcePeople(
                open_source(mapping.source, base=mapping.base, types=mapping.types, secret=self._secret)
            )
            self.fields = self._people.fields()
        except SourceError as error:
            self.source_problem = error.problem
