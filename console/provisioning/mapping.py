"""The mapping file: how a source object becomes HubSpot properties, and what is done about it.

`load` reads a file strictly: an unknown key is an error that names the nearest known one, and every
error has its line. It judges the file alone; expressions and the schema are judged by `Mappings.check`.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from console.connector.filter import Filter, FilterError
from console.connector.filter import parse as parse_filter
from console.journal.model import Action, ApplyRules, Problem, Situation
from console.provisioning.errors import MappingError
from console.provisioning.guard import Guard, Guards, parse_guard
from console.provisioning.situations import VALID, Policy
from console.provisioning.tomltext import Places
from console.sources.values import CONVERTERS

WriteRule = Literal["always", "create", "if_empty"]
EmptyRule = Literal["keep", "clear"]
RowState = Literal["draft", "active", "deprecated"]
TargetPhase = Literal["linked", "all", "off"]
ObjectClass = Literal["contact", "company"]

SIZE_LIMIT = 1_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}\Z")
_TOP = (
    "version", "name", "source", "source_id", "target", "target_phase", "scope", "correlate", "types", "properties",
    "associate", "policy", "guard", "allow_unkeyed_creates",
)  # fmt: skip
_ROW = ("value", "when", "write", "empty", "state")
_ASSOCIATE = ("class", "key")
_GUARD = ("deletes", "clears", "failures")


class MappingRow(msgspec.Struct, frozen=True, kw_only=True):
    """How one HubSpot property gets its value. `line` is where the file says so."""

    name: str
    value: str
    when: str = ""
    write: WriteRule = "always"
    empty: EmptyRule = "keep"
    state: RowState = "active"
    line: int = 0


class Associate(msgspec.Struct, frozen=True, kw_only=True):
    """A record to associate with, found by a key expression."""

    object_class: str
    key: str
    line: int = 0


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping as it was read; `digest` stands for the exact file."""

    name: str
    source: str
    source_id: str = ""
    target: ObjectClass = "contact"
    target_phase: TargetPhase = "linked"
    scope: str = ""
    filter: Filter | None = None
    correlate: tuple[str, ...] = ()
    types: dict[str, str] = {}
    rows: tuple[MappingRow, ...] = ()
    associate: tuple[Associate, ...] = ()
    policy: dict[Situation, Action] = {}
    guards: Guards = Guards()
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
    def rules(self) -> ApplyRules:
        """What a run has to know of it."""
        return ApplyRules(
            allow_unkeyed_creates=self.allow_unkeyed_creates,
            delete_unowned=Policy(self.policy).deletes_unowned,
            failure_percent=self.guards.failures.percent or 10.0,
            failure_after=self.guards.failures.after or 200,
        )

    @property
    def base(self) -> Path:
        """The folder that a relative source is relative to."""
        return Path(self.path).parent


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
    reader = _Reader(data, Places(text), file)
    mapping = reader.mapping(hashlib.sha256(text.encode()).hexdigest())
    if reader.problems or mapping is None:
        raise MappingError(tuple(sorted(reader.problems, key=lambda item: item.line or 0)))
    return mapping


def _read(path: Path) -> str:
    def refused(message: str, remedy: str) -> MappingError:
        return MappingError((Problem(message=message, remedy=remedy, file=str(path)),))

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


class _Reader:
    """Reads the tables one by one and collects what is wrong."""

    def __init__(self, data: dict[str, Any], places: Places, file: str) -> None:
        self.data = data
        self.places = places
        self.file = file
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def problem(self, message: str, remedy: str, *path: str, warn: bool = False) -> None:
        found = Problem(
            message=message, remedy=remedy, file=self.file, line=self.places.line(*path), field=".".join(path)
        )
        (self.warnings if warn else self.problems).append(found)

    def mapping(self, digest: str) -> Mapping | None:
        self.known(self.data, _TOP)
        if self.data.get("version") != 1:
            self.problem("the mapping's version is not 1", "Write version = 1 as the first line.", "version")
        rows = self.rows()
        correlate = self.correlate({row.name for row in rows})
        scope = self.text("scope")
        name = self.text("name")
        if not _NAME.match(name):
            self.problem(
                "the mapping has no usable name: it is the identity of its links",
                'Write name = "people-to-contacts" (letters, digits, dot, dash, underscore).',
                "name",
            )
        source = self.text("source")
        if not source:
            self.problem("the mapping names no source", 'Write source = "people.csv".', "source")
        source_id = self.text("source_id")
        if not source_id and not correlate:
            self.problem(
                "nothing tells one person from another",
                'Write source_id = "employee_id" (a column of the source that never changes).',
                "source_id",
            )
        elif not source_id:
            self.problem(
                f"source_id is not set, so {correlate[0]} is the identity: a rename will look like a leaver plus a joiner",
                'Write source_id = "employee_id" (a column of the source that never changes).',
                "correlate",
                warn=True,
            )
        unkeyed = self.flag("allow_unkeyed_creates")
        target: ObjectClass = self.choice("target", get_args(ObjectClass), "contact")
        if not correlate and not unkeyed:
            self.problem(
                f"no unique key is named, so a {target} could be created twice after a crash",
                'Write correlate = ["email"] (or a property with unique values), or allow_unkeyed_creates = true.',
                "correlate",
            )
        phase: TargetPhase = self.choice("target_phase", get_args(TargetPhase), "linked")
        if phase == "all":
            self.problem(
                'target_phase = "all" (look at every HubSpot record) is not offered by this version',
                'Write target_phase = "linked" or "off".',
                "target_phase",
            )
        made = {
            "types": self.types(),
            "associate": self.associate(),
            "policy": self.policy(),
            "guards": self.guards(),
            "filter": self.filter(scope),
        }
        if self.problems:
            return None
        return Mapping(
            name=name,
            source=source,
            source_id=source_id,
            target=target,
            target_phase=phase,
            scope=scope,
            correlate=correlate,
            rows=rows,
            allow_unkeyed_creates=unkeyed,
            path=self.file,
            digest=digest,
            lines={key: line for key in _TOP if (line := self.places.line(key))},
            warnings=tuple(self.warnings),
            **made,
        )

    def known(self, table: dict[str, Any], keys: tuple[str, ...], *path: str) -> None:
        for key in table:
            if key in keys:
                continue
            near = difflib.get_close_matches(key, keys, 1, 0.4)
            remedy = f"Did you mean {near[0]}?" if near else f"Known keys: {', '.join(keys)}."
            self.problem(f"unknown key {key}", remedy, *path, key)

    def text(self, key: str) -> str:
        value = self.data.get(key, "")
        if isinstance(value, str):
            return value.strip()
        self.problem(f"{key} is not a text", "Put it into quotes.", key)
        return ""

    def flag(self, key: str) -> bool:
        value = self.data.get(key, False)
        if isinstance(value, bool):
            return value
        self.problem(f"{key} is neither true nor false", f"Write {key} = true, without quotes.", key)
        return False

    def choice(self, key: str, choices: tuple[str, ...], default: str) -> Any:
        value = self.data.get(key, default)
        if value in choices:
            return value
        self.problem(f"{key} is none of {', '.join(choices)}", f'Write {key} = "{default}".', key)
        return default

    def table(self, key: str) -> dict[str, Any]:
        value = self.data.get(key, {})
        if isinstance(value, dict):
            return value
        self.problem(f"{key} is not a table", f"Write [{key}] on a line of its own.", key)
        return {}

    def correlate(self, properties: set[str]) -> tuple[str, ...]:
        value = self.data.get("correlate", [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.problem("correlate is not a list of properties", 'Write correlate = ["email"].', "correlate")
            return ()
        keys = tuple(dict.fromkeys(value))
        for key in keys:
            if key not in properties:
                self.problem(
                    f"the correlation key {key} has no active row in [properties]",
                    f"Add {key} to [properties]: its value is what HubSpot is asked for.",
                    "correlate",
                )
        return keys

    def rows(self) -> tuple[MappingRow, ...]:
        table = self.table("properties")
        if not table:
            self.problem("no property is mapped", "Write [properties] with a line such as email = 'source.mail'.", "properties")
        return tuple(row for name, value in table.items() if (row := self.row(name, value)) is not None)

    def row(self, name: str, value: Any) -> MappingRow | None:
        line = self.places.line("properties", name) or 0
        if isinstance(value, str):
            value = {"value": value}
        if not isinstance(value, dict):
            self.problem(
                f"{name} is not an expression",
                f"Write {name} = 'source.column', or a fixed text as {name} = '\"text\"'.",
                "properties",
                name,
            )
            return None
        self.known(value, _ROW, "properties", name)
        fields: dict[str, Any] = {}
        for key, choices in (("write", WriteRule), ("empty", EmptyRule), ("state", RowState)):
            chosen = value.get(key)
            if chosen is not None and chosen not in get_args(choices):
                self.problem(
                    f"{key} of {name} is none of {', '.join(get_args(choices))}",
                    f'Write {key} = "{get_args(choices)[0]}".',
                    "properties",
                    name,
                )
            elif chosen is not None:
                fields[key] = chosen
        for key in ("value", "when"):
            text = value.get(key, "")
            if not isinstance(text, str) or (key == "value" and not text.strip()):
                self.problem(f"{key} of {name} is not an expression", "Write a CEL expression in quotes.", "properties", name)
                return None
            fields[key] = text
        return MappingRow(name=name, line=line, **fields)

    def types(self) -> dict[str, str]:
        table = self.table("types")
        for name, kind in table.items():
            if kind not in CONVERTERS:
                known = ", ".join(CONVERTERS)
                near = difflib.get_close_matches(str(kind), CONVERTERS, 1, 0.4)
                self.problem(
                    f"{name} has the unknown type {kind}",
                    f"Did you mean {near[0]}? Known types: {known}." if near else f"Known types: {known}.",
                    "types",
                    name,
                )
        return {name: str(kind) for name, kind in table.items()}

    def associate(self) -> tuple[Associate, ...]:
        value = self.data.get("associate", [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.problem("associate is not a list of tables", "Write [[associate]] on a line of its own.", "associate")
            return ()
        found = []
        for number, item in enumerate(value):
            path = ("associate", str(number))
            self.known(item, _ASSOCIATE, *path)
            if item.get("class") not in get_args(ObjectClass) or not isinstance(item.get("key"), str):
                self.problem(
                    "an association needs class and key", "Write class = \"company\" and key = 'domain(source.mail)'.", *path
                )
                continue
            self.problem(
                "associations are not made by this version; the rest of the mapping is",
                "Keep [[associate]] for later, or remove it.",
                *path,
                warn=True,
            )
            found.append(
                Associate(object_class=item["class"], key=item["key"], line=self.places.line(*path, "key") or 0)
            )
        return tuple(found)

    def policy(self) -> dict[Situation, Action]:
        chosen: dict[Situation, Action] = {}
        names = tuple(situation.value for situation in VALID)
        for name, value in self.table("policy").items():
            if name not in names:
                near = difflib.get_close_matches(name.upper(), names, 1, 0.4)
                self.problem(
                    f"{name} is no situation that a policy may decide",
                    f"Did you mean {near[0]}?" if near else f"Situations: {', '.join(names)}.",
                    "policy",
                    name,
                )
                continue
            allowed = VALID[Situation(name)]
            if value not in [action.value for action in allowed]:
                self.problem(
                    f"{value} is no action for {name}", f"Choose one of {', '.join(allowed)}.", "policy", name
                )
                continue
            chosen[Situation(name)] = Action(value)
        return chosen

    def guards(self) -> Guards:
        table = self.table("guard")
        self.known(table, _GUARD, "guard")
        found: dict[str, Guard] = {}
        for name in _GUARD:
            value = table.get(name)
            if value is None:
                continue
            try:
                if not isinstance(value, str | int) or isinstance(value, bool):
                    raise ValueError("is not a threshold")
                found[name] = parse_guard(value, failures=name == "failures")
            except ValueError as error:
                example = "10% after 200" if name == "failures" else "5% or 50"
                self.problem(f"the guard {name} {error}", f'Write {name} = "{example}".', "guard", name)
        return Guards(**found)

    def filter(self, scope: str) -> Filter | None:
        if not scope:
            return None
        try:
            return parse_filter(scope)
        except FilterError as error:
            self.problem(
                f"the scope is not a query filter: {error}\n{error.caret()}",
                "Write it like: active eq true and !(department eq \"Robots\").",
                "scope",
            )
            return None
