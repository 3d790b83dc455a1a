"""The mapping file: how a source object becomes HubSpot properties, and what is done about it.

`load` reads a file strictly: an unknown key is an error that names the nearest known one, and every
error has its line. It judges the file alone; expressions and the schema are judged by `Mappings.check`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from console.connector.filter import Filter
from console.journal.model import Action, ApplyRules, Problem, Situation
from console.provisioning.deletion import Deletion
from console.provisioning.errors import MappingError
from console.provisioning.guard import Guards
from console.provisioning.situations import Policy
from console.provisioning.tomltext import Places
from console.sources.opening import path_name

WriteRule = Literal["always", "create", "if_empty"]
EmptyRule = Literal["keep", "clear"]
RowState = Literal["draft", "active", "deprecated"]
TargetPhase = Literal["linked", "all", "off"]
ObjectClass = Literal["contact", "company"]

RECORD_ID = "hs_object_id"
"""HubSpot's id of a record: a correlation key that cannot be written."""
SIZE_LIMIT = 1_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}\Z")


class MappingRow(msgspec.Struct, frozen=True, kw_only=True):
    """How one HubSpot property gets its value. `line` is where the file says so; the texts may begin below it."""

    name: str
    value: str
    when: str = ""
    write: WriteRule = "always"
    empty: EmptyRule = "keep"
    state: RowState = "active"
    line: int = 0
    value_line: int = 0
    when_line: int = 0


class Associate(msgspec.Struct, frozen=True, kw_only=True):
    """A record to associate with, found by a key expression.

    The key is a value of `key_property`, or, where `mapping` is named, a source id of that mapping, whose links then tell.
    """

    object_class: ObjectClass
    key: str
    key_property: str = ""
    mapping: str = ""
    label: Literal["", "primary"] = ""
    line: int = 0

    @property
    def by(self) -> str:
        """The property that the key is a value of."""
        return self.key_property or ("domain" if self.object_class == "company" else "email")


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping as it was read; `digest` stands for the exact file."""

    name: str
    source: str
    source_id: str = ""
    target: ObjectClass = "contact"
    target_phase: TargetPhase = "linked"
    scope: str = ""
    filter: Filter | None = None
    target_scope: str = ""
    target_filter: Filter | None = None
    correlate: tuple[str, ...] = ()
    types: dict[str, str] = {}
    rows: tuple[MappingRow, ...] = ()
    associate: tuple[Associate, ...] = ()
    policy: dict[Situation, Action] = {}
    guards: Guards = Guards()
    deletion: Deletion = Deletion()
    allow_unkeyed_creates: bool = False
    path: str = ""
    digest: str = ""
    lines: dict[str, int] = {}
    warnings: tuple[Problem, ...] = ()

    @property
    def active(self) -> tuple[MappingRow, ...]:
        """The rows that count; drafts and deprecated ones are only kept."""
        return tuple(row for row in self.rows if row.state == "active")

    @property
    def written(self) -> tuple[MappingRow, ...]:
        """The active rows whose values are sent; a record's id only tells which one is meant."""
        return tuple(row for row in self.active if row.name != RECORD_ID)

    @property
    def rules(self) -> ApplyRules:
        """What a run has to know of it."""
        return ApplyRules(
            allow_unkeyed_creates=self.allow_unkeyed_creates,
            delete_unowned=Policy(self.policy).deletes_unowned,
            deletion=self.deletion.how,
            failure_percent=float(self.guards.failures.percent or 10),
            failure_after=self.guards.failures.after or 200,
            four_eyes=self.guards.four_eyes,
        )

    @property
    def base(self) -> Path:
        """The folder that a relative source is relative to."""
        return Path(self.path).parent


def is_name(text: str) -> bool:
    """Whether a text can name a mapping."""
    return _NAME.match(text) is not None


def load(path: Path) -> Mapping:
    """Read a mapping file. Raises MappingError with every problem of the file."""
    return parse(_read(path), path)


def parse(text: str, path: Path) -> Mapping:
    """The mapping in a text. Raises MappingError."""
    file = str(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        line = int(found[1]) if found else len(text.splitlines()) or 1
        problem = Problem(
            message=f"this is not TOML: {error}",
            remedy="Texts need quotes, expressions single quotes: email = 'source.mail'.",
            file=file,
            line=line,
        )
        raise MappingError((problem,)) from None
    from console.provisioning.mapping_reader import MappingReader  # which needs the shapes above

    reader = MappingReader(data, Places(text), file)
    mapping = reader.mapping(hashlib.sha256(text.encode()).hexdigest())
    if reader.problems or mapping is None:
        raise MappingError(tuple(sorted(reader.problems, key=lambda item: item.line or 0)))
    return mapping


def _read(path: Path) -> str:
    def refused(message: str, remedy: str) -> MappingError:
        return MappingError((Problem(message=message, remedy=remedy, file=path_name(path)),))

    if path_name(path) != str(path):  # the plan must name its mapping, to read it again before it is applied
        raise refused("the mapping's path holds bytes that are no text", "Rename the file or its folder.")
    try:
        if path.is_dir():
            raise refused("the mapping is a folder, not a file", "Name the mapping's .toml file.")
        with path.open("rb") as stream:
            raw = stream.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        raise refused(
            "there is no such mapping file", "See the names with: hubspoke mapping check; or make one: mapping suggest."
        ) from None
    except (OSError, ValueError) as error:
        raise refused(f"the mapping file cannot be read: {error}", "Check the path and its permissions.") from None
    if len(raw) > SIZE_LIMIT:
        raise refused("the file is far too large for a mapping", "Did you name the source instead?")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problem = Problem(
            message="the mapping file is not UTF-8", remedy="Save it as UTF-8.", file=str(path), line=line
        )
        raise MappingError((problem,)) from None
