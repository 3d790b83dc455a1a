"""Reads the tables of a mapping file one by one and collects everything that is wrong with them."""

from __future__ import annotations

import difflib
from typing import Any, get_args

from console.connector.filter import Filter, FilterError
from console.connector.filter import parse as parse_filter
from console.journal.model import Action, Problem, Situation
from console.provisioning.deletion import read_deletion
from console.provisioning.guard import Guard, Guards, parse_guard
from console.provisioning.mapping import (
    Associate,
    EmptyRule,
    Mapping,
    MappingRow,
    ObjectClass,
    RowState,
    TargetPhase,
    WriteRule,
    is_name,
)
from console.provisioning.situations import VALID
from console.provisioning.tomltext import Places
from console.sources.values import CONVERTERS

_TOP = (
    "version", "name", "source", "source_id", "target", "target_phase", "target_scope", "scope", "correlate", "types",
    "properties", "associate", "policy", "guard", "deletion", "allow_unkeyed_creates",
)  # fmt: skip
_ROW = ("value", "when", "write", "empty", "state")
_ASSOCIATE = ("class", "key", "property", "mapping", "label")
_GUARD = ("deletes", "clears", "shrink", "failures")
_THRESHOLDS = {"failures": "10% after 200", "shrink": "50%"}


class MappingReader:
    """Reads the tables one by one and collects what is wrong."""

    def __init__(self, data: dict[str, Any], places: Places, file: str) -> None:
        self.data = data
        self.places = places
        self.file = file
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def _problem(self, message: str, remedy: str, *path: str, warn: bool = False) -> None:
        found = Problem(
            message=message, remedy=remedy, file=self.file, line=self.places.line(*path), field=".".join(path)
        )
        (self.warnings if warn else self.problems).append(found)

    def mapping(self, digest: str) -> Mapping | None:
        """The mapping, or None when `problems` says what is wrong."""
        self._known(self.data, _TOP)
        if self.data.get("version") != 1:
            self._problem("the mapping's version is not 1", "Write version = 1 as the first line.", "version")
        rows = self._rows()
        correlate = self._correlate({row.name for row in rows if row.state == "active"})
        scope = self._text("scope")
        name, source, source_id = self._text("name"), self._text("source"), self._text("source_id")
        unkeyed = self._flag("allow_unkeyed_creates")
        target: ObjectClass = self._choice("target", get_args(ObjectClass), "contact")
        phase: TargetPhase = self._choice("target_phase", get_args(TargetPhase), "linked")
        self._names(name, source)
        self._identity(source_id, correlate, unkeyed, target)
        types, associate, policy = self._types(), self._associate(target), self._policy()
        target_scope = self._text("target_scope")
        guards, query, theirs = self._guards(), self._filter("scope", scope), self._filter("target_scope", target_scope)
        deletion = read_deletion(self._table("deletion"), target, self._problem)
        if self.problems:
            return None
        return Mapping(
            name=name,
            source=source,
            source_id=source_id,
            target=target,
            target_phase=phase,
            scope=scope,
            target_scope=target_scope,
            target_filter=theirs,
            correlate=correlate,
            rows=rows,
            allow_unkeyed_creates=unkeyed,
            path=self.file,
            digest=digest,
            lines={key: line for key in _TOP if (line := self.places.line(key))},
            warnings=tuple(self.warnings),
            types=types,
            associate=associate,
            policy=policy,
            guards=guards,
            deletion=deletion,
            filter=query,
        )

    def _names(self, name: str, source: str) -> None:
        if not is_name(name):
            self._problem(
                "the mapping has no usable name: it is the identity of its links",
                'Write name = "people-to-contacts" (letters, digits, dot, dash, underscore).',
                "name",
            )
        if not source:
            self._problem("the mapping names no source", 'Write source = "people.csv".', "source")

    def _identity(self, source_id: str, correlate: tuple[str, ...], unkeyed: bool, target: str) -> None:
        """What tells one person from another, in the source and in HubSpot."""
        remedy = 'Write source_id = "employee_id" (a column of the source that never changes).'
        if not source_id and not correlate:
            self._problem("nothing tells one person from another", remedy, "source_id")
        elif not source_id:
            self._problem(
                f"source_id is not set, so {correlate[0]} is the identity: a rename will look like a leaver plus a joiner",
                remedy,
                "correlate",
                warn=True,
            )
        if not correlate and not unkeyed:
            self._problem(
                f"no unique key is named, so a {target} could be created twice after a crash",
                'Write correlate = ["email"] (or a property with unique values), or allow_unkeyed_creates = true.',
                "correlate",
            )

    def _known(self, table: dict[str, Any], keys: tuple[str, ...], *path: str) -> None:
        for key in table:
            if key in keys:
                continue
            near = difflib.get_close_matches(key, keys, 1, 0.4)
            remedy = f"Did you mean {near[0]}?" if near else f"Known keys: {', '.join(keys)}."
            self._problem(f"unknown key {key}", remedy, *path, key)

    def _text(self, key: str) -> str:
        value = self.data.get(key, "")
        if isinstance(value, str):
            return value.strip()
        self._problem(f"{key} is not a text", "Put it into quotes.", key)
        return ""

    def _flag(self, key: str) -> bool:
        value = self.data.get(key, False)
        if isinstance(value, bool):
            return value
        self._problem(f"{key} is neither true nor false", f"Write {key} = true, without quotes.", key)
        return False

    def _choice(self, key: str, choices: tuple[str, ...], default: str) -> Any:
        value = self.data.get(key, default)
        if value in choices:
            return value
        self._problem(f"{key} is none of {', '.join(choices)}", f'Write {key} = "{default}".', key)
        return default

    def _table(self, key: str) -> dict[str, Any]:
        value = self.data.get(key, {})
        if isinstance(value, dict):
            return value
        self._problem(f"{key} is not a table", f"Write [{key}] on a line of its own.", key)
        return {}

    def _correlate(self, properties: set[str]) -> tuple[str, ...]:
        value = self.data.get("correlate", [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self._problem("correlate is not a list of properties", 'Write correlate = ["email"].', "correlate")
            return ()
        keys = tuple(dict.fromkeys(value))
        for key in keys:
            if key not in properties:
                self._problem(
                    f"the correlation key {key} has no active row in [properties]",
                    f"Add {key} to [properties]: its value is what HubSpot is asked for.",
                    "correlate",
                )
        return keys

    def _rows(self) -> tuple[MappingRow, ...]:
        table = self._table("properties")
        if not table:
            self._problem(
                "no property is mapped", "Write [properties] with a line such as email = 'source.mail'.", "properties"
            )
        return tuple(row for name, value in table.items() if (row := self._row(name, value)) is not None)

    def _row(self, name: str, value: Any) -> MappingRow | None:
        line = self.places.line("properties", name) or 0
        if isinstance(value, str):
            value = {"value": value}
        if not isinstance(value, dict):
            self._problem(
                f"{name} is not an expression",
                f"Write {name} = 'source.column', or a fixed text as {name} = '\"text\"'.",
                "properties",
                name,
            )
            return None
        self._known(value, _ROW, "properties", name)
        fields: dict[str, Any] = {}
        for key, choices in (("write", WriteRule), ("empty", EmptyRule), ("state", RowState)):
            chosen = value.get(key)
            if chosen is not None and chosen not in get_args(choices):
                self._problem(
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
                self._problem(
                    f"{key} of {name} is not an expression", "Write a CEL expression in quotes.", "properties", name
                )
                return None
            fields[key] = text
        lines = (self.places.text_line("properties", name, "value"), self.places.text_line("properties", name, "when"))
        return MappingRow(name=name, line=line, value_line=lines[0], when_line=lines[1], **fields)

    def _types(self) -> dict[str, str]:
        table = self._table("types")
        for name, kind in table.items():
            if kind not in CONVERTERS:
                known = ", ".join(CONVERTERS)
                near = difflib.get_close_matches(str(kind), CONVERTERS, 1, 0.4)
                self._problem(
                    f"{name} has the unknown type {kind}",
                    f"Did you mean {near[0]}? Known types: {known}." if near else f"Known types: {known}.",
                    "types",
                    name,
                )
        return {name: str(kind) for name, kind in table.items()}

    def _associate(self, target: ObjectClass) -> tuple[Associate, ...]:
        value = self.data.get("associate", [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._problem("associate is not a list of tables", "Write [[associate]] on a line of its own.", "associate")
            return ()
        found = (self._association(item, target, ("associate", str(number))) for number, item in enumerate(value))
        return tuple(one for one in found if one is not None)

    def _association(self, item: dict[str, Any], target: ObjectClass, path: tuple[str, str]) -> Associate | None:
        self._known(item, _ASSOCIATE, *path)
        texts = {name: item.get(name, "") for name in _ASSOCIATE}
        if texts["class"] not in get_args(ObjectClass) or not all(isinstance(text, str) for text in texts.values()):
            what, remedy = (
                "an association needs class and key",
                "Write class = \"company\" and key = 'domain(source.mail)'.",
            )
        elif not texts["key"].strip():
            what, remedy = "the association has no key", "Write key = 'domain(source.mail)'."
        elif texts["class"] == target:
            what, remedy = f"a {target} cannot be associated with a {target} here", "Name the other class."
        elif texts["label"] not in ("", "primary") or (texts["label"] and target != "contact"):
            what, remedy = (
                "the only label is primary: the contact's primary company",
                'Write label = "primary", or leave it out.',
            )
        elif texts["property"] and texts["mapping"]:
            what, remedy = "property and mapping exclude each other", "Keep what the key is a value of."
        else:
            return Associate(
                object_class=texts["class"],
                key=texts["key"],
                key_property=texts["property"],
                mapping=texts["mapping"],
                label=texts["label"],
                line=self.places.line(*path, "key") or 0,
            )
        self._problem(what, remedy, *path)
        return None

    def _policy(self) -> dict[Situation, Action]:
        chosen: dict[Situation, Action] = {}
        names = tuple(situation.value for situation in VALID)
        for name, value in self._table("policy").items():
            if name not in names:
                near = difflib.get_close_matches(name.upper(), names, 1, 0.4)
                self._problem(
                    f"{name} is no situation that a policy may decide",
                    f"Did you mean {near[0]}?" if near else f"Situations: {', '.join(names)}.",
                    "policy",
                    name,
                )
                continue
            allowed = VALID[Situation(name)]
            if value not in [action.value for action in allowed]:
                self._problem(
                    f"{value} is no action for {name}", f"Choose one of {', '.join(allowed)}.", "policy", name
                )
                continue
            chosen[Situation(name)] = Action(value)
        return chosen

    def _guards(self) -> Guards:
        table = self._table("guard")
        self._known(table, (*_GUARD, "four_eyes"), "guard")
        found: dict[str, Guard] = {}
        eyes = table.get("four_eyes", False)
        if not isinstance(eyes, bool):
            remedy = "Write four_eyes = true, without quotes."
            self._problem("four_eyes is neither true nor false", remedy, "guard", "four_eyes")
        for name in _GUARD:
            value = table.get(name)
            if value is None:
                continue
            try:
                found[name] = parse_guard(value, failures=name == "failures")
            except ValueError as error:
                example = _THRESHOLDS.get(name, "5% or 50")
                self._problem(f"the guard {name} {error}", f'Write {name} = "{example}".', "guard", name)
        return Guards(**found, four_eyes=eyes is True)

    def _filter(self, key: str, text: str) -> Filter | None:
        if not text:
            return None
        try:
            return parse_filter(text)
        except FilterError as error:
            self._problem(
                f"the {key} is not a query filter: {error}\n{error.caret()}",
                'Write it like: active eq true and !(department eq "Robots").',
                key,
            )
            return None
