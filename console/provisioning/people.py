"""One source object made into a person that can be looked up: in or out of scope, its values, its problems."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as Dict
from typing import Any

import msgspec

from console.connector.canonical import BadValue, Converter
from console.connector.filter import matches
from console.hubspot.model import PropertyDefinition
from console.journal.model import Problem
from console.journal.seal import Digester
from console.provisioning.expressions import Expressions, compile_expression
from console.provisioning.functions import BadArgument
from console.provisioning.mapping import Mapping
from console.sources.model import SourceRow

_pack = msgspec.msgpack.Encoder(order="deterministic").encode


class Person(msgspec.Struct, kw_only=True):
    """A person on the way into a plan. `wanted` holds canonical texts; a blank one is empty.

    `ties` are the keys of what they are associated with, by the number of the mapping's [[associate]].
    """

    number: int
    line: int
    source_id: str = ""
    digest: bytes = b""
    in_scope: bool = True
    wanted: dict[str, str] = {}
    keys: tuple[tuple[str, str], ...] = ()
    key_digest: bytes = b""
    problems: tuple[Problem, ...] = ()
    ties: tuple[tuple[int, str], ...] = ()
    fingerprint: bytes = b""
    excluded: bool = False

    @property
    def identified(self) -> bool:
        """Whether it is known who this is, so that nobody takes them for gone."""
        return bool(self.digest)

    @property
    def label(self) -> str:
        """How a person would call them."""
        name = " ".join(part for part in (self.wanted.get("firstname"), self.wanted.get("lastname")) if part)
        return name or self.wanted.get("name") or self.wanted.get("email") or self.source_id


class Preparer:
    """Everything about a person that can be known without asking anybody."""

    def __init__(
        self,
        mapping: Mapping,
        schema: Dict[str, PropertyDefinition],
        expressions: Expressions,
        digester: Digester,
        source: str,
    ) -> None:
        self._mapping = mapping
        self._expressions = expressions
        self._digester = digester
        self._source = source
        self._ties = [compile_expression(associate.key) for associate in mapping.associate]
        self.converters = {row.name: Converter(schema[row.name]) for row in mapping.active}

    def broken(self, problem: Problem, number: int) -> Person:
        """A row that could not be read: nobody knows who it was."""
        return Person(number=number, line=problem.line or 0, problems=(problem,))

    def person(self, row: SourceRow, number: int) -> Person:
        """The person of a row."""
        mapping = self._mapping
        if row.problem is not None:
            return self._misread(row, number, row.problem)
        if mapping.filter is not None and not matches(mapping.filter, row.values):
            return self._out_of_scope(row, number)
        result = self._expressions.evaluate(row.values, file=self._source, line=row.line)
        problems = list(result.problems)
        wanted = self._converted(result.values, row.line, problems)
        source_id = self._source_id(row.values, wanted)
        if not source_id:
            problems.append(self._nameless(row.line))
        keys = tuple((key, value) for key in mapping.correlate if (value := wanted.get(key, "").strip()))
        ties = self._tied(row, problems) if self._ties else ()
        return Person(
            number=number,
            line=row.line,
            source_id=source_id,
            digest=self._digester.source(source_id) if source_id else b"",
            wanted=wanted,
            keys=keys,
            key_digest=self._digester.correlation(keys[0][1]) if keys else b"",
            problems=tuple(problems),
            ties=ties,
            fingerprint=b"" if problems else self._digester.source(self._told(wanted, ties)),
        )

    def _told(self, wanted: dict[str, str], ties: tuple[tuple[int, str], ...]) -> str:
        """A text that is another one as soon as anything of the person or of the mapping is."""
        state = hashlib.sha256(self._mapping.digest.encode())
        state.update(_pack((wanted, ties)))
        return f"fingerprint {state.hexdigest()}"

    def _tied(self, row: SourceRow, problems: list[Problem]) -> tuple[tuple[int, str], ...]:
        """The keys of what the person is associated with; a blank one says nothing."""
        found = []
        for number, program in enumerate(self._ties):
            associate = self._mapping.associate[number]
            try:
                key = program.eval(row.values)
            except BadArgument as error:
                problems.append(
                    Problem(
                        message=f"the key of the associated {associate.object_class} cannot be told: {error}",
                        remedy="Mend the value in the source, or the key of [[associate]] in the mapping.",
                        file=self._source,
                        line=row.line,
                        field="associate",
                    )
                )
                continue
            if key is not None and str(key).strip():
                found.append((number, str(key).strip()))
        return tuple(found)

    def _misread(self, row: SourceRow, number: int, problem: Problem) -> Person:
        """A value is not of its type, so nobody knows whether the person is in scope."""
        source_id = self._source_id(row.values, self._first_key(row))
        digest = self._digester.source(source_id) if source_id else b""
        return Person(number=number, line=row.line, source_id=source_id, digest=digest, problems=(problem,))

    def _first_key(self, row: SourceRow) -> dict[str, str]:
        """The value that stands for the source id where the mapping names none."""
        if self._mapping.source_id:
            return {}
        key = self._mapping.correlate[0]
        try:
            return {key: self.converters[key].canonical(self._expressions.evaluate_one(key, row.values))}
        except (BadArgument, BadValue):
            return {}

    def _out_of_scope(self, row: SourceRow, number: int) -> Person:
        """Only who it is matters; values that cannot be mapped do not."""
        source_id = self._source_id(row.values, self._first_key(row))
        problems = () if source_id else (self._nameless(row.line),)
        digest = self._digester.source(source_id) if source_id else b""
        return Person(
            number=number,
            line=row.line,
            source_id=source_id,
            digest=digest,
            in_scope=False,
            problems=problems,
            keys=self._keys_of_ignored(row) if self._mapping.target_phase == "all" else (),
        )

    def _keys_of_ignored(self, row: SourceRow) -> tuple[tuple[str, str], ...]:
        """What somebody out of scope would be found by: their record is not one that nobody speaks for."""
        keys = []
        for key in self._mapping.correlate:
            try:
                value = self.converters[key].canonical(self._expressions.evaluate_one(key, row.values)).strip()
            except (BadArgument, BadValue):
                continue
            if value:
                keys.append((key, value))
        return tuple(keys)

    def _converted(self, values: dict[str, Any], line: int, problems: list[Problem]) -> dict[str, str]:
        wanted: dict[str, str] = {}
        for name, value in values.items():
            try:
                wanted[name] = self.converters[name].canonical(value)
            except BadValue as error:
                problems.append(
                    Problem(
                        message=error.message,
                        remedy=_REMEDIES.get(error.kind, error.remedy),
                        file=self._source,
                        line=line,
                        field=name,
                    )
                )
        return wanted

    def _source_id(self, values: dict[str, Any], wanted: dict[str, str]) -> str:
        if not self._mapping.source_id:
            return wanted.get(self._mapping.correlate[0], "")
        value = values.get(self._mapping.source_id)
        if isinstance(value, str):
            return value.strip()
        return "" if value is None or isinstance(value, list | dict | bool) else str(value)

    def _nameless(self, line: int) -> Problem:
        field = self._mapping.source_id or self._mapping.correlate[0]
        return Problem(
            message=f"{field} is empty, so nobody can tell who this is",
            remedy=f"Fill {field} in the source.",
            file=self._source,
            line=line,
            field=field,
        )


_REMEDIES = {
    "several": 'Choose one, source.x[0], or join them: source.x.join(", ").',
    "bool": 'Write true or false, or say in [types] that the source\'s field is a "bool".',
    "email": "Correct it in the source.",
}
"""What helps in a mapping, where it is more than what helps anywhere."""
