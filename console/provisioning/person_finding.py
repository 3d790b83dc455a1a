"""Finding one person by words: in the source of a mapping first, then in HubSpot."""

from __future__ import annotations

import msgspec

from console.connector.canonical import BadValue, Converter
from console.hubspot.model import Record
from console.provisioning.correlate import label_of
from console.provisioning.expressions import ExpressionError, compile_expression
from console.provisioning.functions import BadArgument
from console.provisioning.mapping import Mapping
from console.provisioning.source_people import SourcePeople
from console.sources.model import SourceRow

MOST = 50
"""Hits that are worth showing: with more of them, say more words."""
_NAMES = ("firstname", "lastname", "name", "email")


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with these words: in the source (`source_id`, `line`), or only in HubSpot (`uid`)."""

    source_id: str = ""
    uid: str = ""
    label: str = ""
    note: str = ""
    line: int = 0


def find_people(mapping: Mapping, people: SourcePeople, words: str) -> list[Hit]:
    """People of the source with this source id, or else with all of these words; at most MOST. Raises SourceError."""
    wanted = words.strip()
    hits: list[Hit] = []
    index = people.find(words)
    seen = -1
    while index is not None and index > seen and len(hits) < MOST:
        row = people.at(index)
        assert row is not None
        hit = hit_of(mapping, row)
        if hit.source_id == wanted:
            return [hit]
        hits.append(hit)
        seen = index
        index = people.find(words, index)
    return hits


def find_row(mapping: Mapping, people: SourcePeople, source_id: str) -> SourceRow | None:
    """The first row with this source id. Raises SourceError."""
    index = 0
    while (row := people.at(index)) is not None:
        if source_id_of(mapping, row) == source_id:
            return row
        index += 1
    return None


def hit_of(mapping: Mapping, row: SourceRow) -> Hit:
    """A row as somebody to choose."""
    names = {name: _value(mapping, name, row) for name in _NAMES}
    label = " ".join(filter(None, (names["firstname"], names["lastname"]))) or names["name"] or names["email"]
    rest = [str(value) for value in row.values.values() if value not in (None, "")][:6]
    return Hit(
        source_id=source_id_of(mapping, row), label=label or " ".join(rest[:2]), note=" · ".join(rest), line=row.line
    )


def source_id_of(mapping: Mapping, row: SourceRow) -> str:
    """What tells this person from another, as the mapping has it; empty where the row does not say."""
    if not mapping.source_id:
        return _value(mapping, mapping.correlate[0], row) if mapping.correlate else ""
    value = row.values.get(mapping.source_id)
    if value is None or isinstance(value, list | dict | bool):
        return ""
    return str(value).strip()


def record_hit(record: Record) -> Hit:
    """A record of HubSpot as somebody to choose."""
    email = record.properties.get("email") or record.properties.get("domain") or ""
    return Hit(uid=record.id, label=label_of(record) or record.id, note=f"record {record.id}  {email}".strip())


def _value(mapping: Mapping, name: str, row: SourceRow) -> str:
    """What a row of the mapping makes of a person, as a text; empty where that fails."""
    found = next((one for one in mapping.active if one.name == name), None)
    if found is None:
        return ""
    try:
        value = compile_expression(found.value).eval(row.values)
        return _canonical(name, "" if value is None else value)
    except (ExpressionError, BadArgument, BadValue):
        return ""


def _canonical(name: str, value: object) -> str:
    """An address as HubSpot keeps it; anything else as it is."""
    from console.hubspot.model import PropertyDefinition

    return Converter(PropertyDefinition(name=name, label=name)).canonical(value).strip()
