"""Which mappings read the managed repository, and by which source id they know one of its people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from console.provisioning.errors import MappingError

if TYPE_CHECKING:
    from console.provisioning.mappings import Mappings
    from console.repository.person import Person

SOURCE = "people:"


class Reader(NamedTuple):
    """A mapping whose source is the managed repository."""

    name: str
    target: str
    source_id: str


def readers(mappings: Mappings) -> list[Reader]:
    """The mappings that read people; a broken one is not among them (Mappings tells what is wrong with it)."""
    found = []
    for name in mappings.names():
        try:
            mapping = mappings.load(name)
        except MappingError:
            continue
        if mapping.source.strip().lower() == SOURCE:
            found.append(Reader(name, mapping.target, mapping.source_id))
    return found


def source_id_of(person: Person, reader: Reader) -> str:
    """What a mapping calls this person; the user name where it has no source_id of its own, by which they can be found."""
    values: dict[str, Any] = {**person.attributes, "id": person.uid, "userName": person.user_name}
    value = values.get(reader.source_id) if reader.source_id else None
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else person.user_name
