"""The properties of an IDM mapping as rows of ours."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from console.connector.filter import FilterError
from console.connector.filter import parse as parse_filter
from console.provisioning.expressions import ExpressionError, compile_condition, compile_expression
from console.provisioning.sync_json import Notes, shown
from console.provisioning.sync_script import NotCarried, Path, parse_assignments, parse_script
from console.provisioning.sync_words import cel_condition, cel_filter, cel_value
from console.provisioning.tomlwords import comment, toml_key, toml_text

WHOLE = {"source": Path("source", ()), "object": Path("source", ())}
NAMING = {"contact": "email", "company": "name"}
_KEYS = ("target", "source", "transform", "condition", "default")
_SCRIPT = ("type", "source")
_JAVASCRIPT = ("text/javascript", "javascript", "")


class Row(msgspec.Struct, kw_only=True):
    """A line of [properties]; `remark` says what is not carried of it."""

    name: str
    value: str
    when: str = ""
    write: str = ""
    remark: str = ""

    @property
    def draft(self) -> bool:
        """Whether it must not count yet."""
        return bool(self.remark)

    def line(self) -> str:
        """The line of the file."""
        note = f"  # {comment(self.remark)}" if self.remark else ""
        given = {"value": self.value, "when": self.when, "write": self.write, "state": "draft" if self.draft else ""}
        if not any(text for name, text in given.items() if name != "value"):
            return f"{toml_key(self.name)} = {toml_text(self.value)}{note}"
        inner = ", ".join(f"{name} = {toml_text(text)}" for name, text in given.items() if text)
        return f"{toml_key(self.name)} = {{ {inner} }}{note}"


def property_rows(values: Any, target: str, notes: Notes) -> list[Row]:
    """A row for each property; what cannot be said is a draft with the plain field, and listed."""
    if not isinstance(values, list):
        notes.add(values, "it is no list of properties", "properties")
        return []
    rows: dict[str, Row] = {}
    for number, item in enumerate(values):
        row = _row(item, target, notes, number)
        if row is None:
            continue
        if row.name in rows:
            notes.add(item, f"{row.name} has a row already: say both in one expression", "properties", number)
            continue
        rows[row.name] = row
    return list(rows.values())


def created_rows(script: Any, notes: Notes, taken: set[str]) -> list[Row]:
    """`onCreate` scripts that only set properties: rows that are written on new records."""
    try:
        found = parse_assignments(script_text(script), WHOLE, "target")
        rows = [Row(name=name, value=_checked(cel_value(node)), write="create") for name, node in found.items()]
    except NotCarried as error:
        notes.add(script, error.why, "onCreate")
        return []
    for row in rows:
        if row.name in taken:
            notes.add(script, f"{row.name} has a row already: say both in one expression", "onCreate")
    return [row for row in rows if row.name not in taken]


def script_text(value: Any) -> str:
    """The JavaScript of a script object. Raises NotCarried."""
    if not isinstance(value, dict):
        raise NotCarried("it is no script object")
    if str(value.get("type", "")) not in _JAVASCRIPT:
        raise NotCarried(f"a script of the type {value.get('type')} is not read")
    if "file" in value:
        raise NotCarried(f"the script is in a file of its own, {shown(value['file'])}")
    more = [key for key in value if key not in _SCRIPT and value[key] not in ({}, None)]
    if more or not isinstance(value.get("source"), str):
        raise NotCarried(f"the script comes with {', '.join(more) or 'no source'}")
    return str(value["source"])


def pointer(text: str) -> tuple[str | int, ...]:
    """The steps of a JSON pointer, with or without the slash at its beginning."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in text.strip("/").split("/") if part]
    return tuple(int(part) if part.isdigit() else part for part in parts)


def _row(item: Any, target: str, notes: Notes, number: int) -> Row | None:
    if not isinstance(item, dict) or not isinstance(item.get("target"), str) or not item["target"].strip("/"):
        notes.add(item, "it names no target property", "properties", number)
        return None
    for key in item:
        if key not in _KEYS:
            notes.add(item[key], "an unknown key of a property", "properties", number, key)
    name = item["target"].strip("/")
    name = NAMING[target] if name == "__NAME__" else name
    if name in ("_id", "__UID__") or "/" in name:
        why = "HubSpot gives its ids itself" if "/" not in name else "HubSpot has no properties within properties"
        notes.add(item, why, "properties", number)
        return None
    row = Row(name=name, value='""')
    path = Path("source", pointer(item["source"]) if isinstance(item.get("source"), str) else ())
    plain = cel_value(path) if path.names else ""
    try:
        row.value = _value(item, path, plain)
    except NotCarried as error:
        notes.add(item.get("transform", item), error.why, "properties", number, *_script_at(item))
        row.value, row.remark = plain or '""', f"not carried: {error.why}"
    try:
        row.when = _checked(_condition(item["condition"]), condition=True) if item.get("condition") is not None else ""
    except NotCarried as error:
        notes.add(item["condition"], error.why, "properties", number, "condition")
        row.remark = row.remark or f"its condition is not carried: {error.why}"
    return row


def _script_at(item: dict[str, Any]) -> tuple[str, ...]:
    return ("transform",) if "transform" in item else ()


def _value(item: dict[str, Any], path: Path, plain: str) -> str:
    default = item.get("default")
    literal = "" if default is None else json.dumps(default, ensure_ascii=False)
    if isinstance(default, dict):
        raise NotCarried("the default is an object")
    if item.get("transform") is not None:
        value = cel_value(parse_script(script_text(item["transform"]), {"source": path, "object": WHOLE["object"]}))
        return _checked(f"coalesce({value}, {literal})" if literal else value)
    if plain:
        return _checked(plain.removesuffix('"")') + literal + ")" if literal else plain)
    if literal:
        return _checked(literal)
    raise NotCarried("it has neither a source, nor a script, nor a default")


def _condition(value: Any) -> str:
    if isinstance(value, str):
        try:
            return cel_filter(parse_filter(value), _field)
        except FilterError as error:
            raise NotCarried(f"it is no query filter: {error}") from None
    return cel_condition(parse_script(script_text(value), WHOLE))


def _field(path: tuple[str, ...]) -> tuple[str, ...]:
    """The source's field that a condition means by /object/mail."""
    if path[0] in ("object", "source") and len(path) > 1:
        return path[1:]
    if path[0] in ("linkQualifier", "oldSource", "target"):
        raise NotCarried(f"a condition on {path[0]}")
    return path


def _checked(text: str, *, condition: bool = False) -> str:
    """An expression that compiles. Raises NotCarried."""
    try:
        (compile_condition if condition else compile_expression)(text)
    except ExpressionError as error:
        raise NotCarried(f"what it says is no expression here: {error.message}") from None
    return text
