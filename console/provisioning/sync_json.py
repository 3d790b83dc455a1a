"""Mappings of PingIDM, ForgeRock IDM and OpenIDM (`sync.json`, or one file per mapping) as mappings of Hubspoke.

What can be said here is carried. Everything else is listed with its place in the file and why: nothing is dropped
unseen, and nothing of the file is run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from console.provisioning.errors import PlanRefused

SIZE_LIMIT = 20_000_000
CLASSES = ("contact", "company")
_SHOWN = 160


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Something of the file that the mapping does not say; `decide` where somebody has to think about it."""

    path: str
    what: str
    why: str
    decide: bool = True


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping of a file, and where it stands there."""

    name: str
    path: str
    values: dict[str, Any]

    @property
    def target(self) -> str:
        """The object class that it writes to; empty where that is not HubSpot's."""
        return _hubspot(self.values.get("target"))

    @property
    def origin(self) -> str:
        """The object class that it reads from; empty where that is not HubSpot's."""
        return _hubspot(self.values.get("source"))

    def at(self, *steps: str | int) -> str:
        """The JSON path of a part of it."""
        text = self.path
        for step in steps:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
        return text


class Notes:
    """Collects what is not carried."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.items: list[LeftOut] = []

    def add(self, value: Any, why: str, *steps: str | int, decide: bool = True) -> None:
        """List a part of the mapping."""
        self.items.append(LeftOut(path=self.found.at(*steps), what=shown(value), why=why, decide=decide))


def shown(value: Any) -> str:
    """A value of the file on one line, not all of a long one, and of scripts nothing: they may hold secrets."""
    outline = _outline(value)
    text = outline if isinstance(outline, str) else json.dumps(outline, ensure_ascii=False)
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else f"{flat[: _SHOWN - 3]}..."


def _outline(value: Any) -> Any:
    if isinstance(value, list):
        return [_outline(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "type" in value and ("source" in value or "file" in value):
        return f"script {value['file']}" if isinstance(value.get("file"), str) else "script"
    return {key: _outline(item) for key, item in value.items()}


def read_file(path: Path) -> list[Found]:
    """The mappings of a file. Raises PlanRefused."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(SIZE_LIMIT + 1)
        if len(raw) > SIZE_LIMIT:
            raise PlanRefused(f"{path} is far too large for a sync.json", remedy="Name IDM's conf/sync.json.")
        data = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_once)
    except OSError as error:
        raise PlanRefused(f"{path} cannot be read: {error.strerror}", remedy="Check the path.") from None
    except (ValueError, RecursionError) as error:
        remedy = "Name IDM's conf/sync.json, or a file of its conf/mapping folder."
        raise PlanRefused(f"{path} is not JSON: {str(error)[:200]}", remedy=remedy) from None
    items = data.get("mappings") if isinstance(data, dict) and "mappings" in data else data
    if isinstance(items, dict) and {"source", "target"} <= items.keys():
        return [_found(items, "", path.stem)]
    if isinstance(items, list) and items and all(isinstance(item, dict) for item in items):
        prefix = "mappings" if isinstance(data, dict) else ""
        return [_found(item, f"{prefix}[{number}]", f"{path.stem}-{number}") for number, item in enumerate(items)]
    raise PlanRefused(
        f"{path} holds no mappings", remedy='A sync.json is {"mappings": [{"source": ..., "target": ...}]}.'
    )


def choose(found: list[Found], name: str | None) -> Found:
    """The mapping that is meant. Raises PlanRefused, which names those that there are, and what a reverse one is here."""
    if name is not None:
        for one in found:
            if one.name == name:
                return _writing(one)
        known = ", ".join(one.name for one in found)
        raise PlanRefused(f"the file has no mapping {name}", remedy=f"It has: {known}.")
    writing = [one for one in found if one.target]
    if len(writing) == 1:
        return writing[0]
    if writing:
        raise PlanRefused(
            f"{len(writing)} mappings write to HubSpot: {', '.join(one.name for one in writing)}",
            remedy="Say which one: --mapping NAME.",
        )
    return _writing(found[0]) if len(found) == 1 else _none(found)


def pull_of(one: Found) -> str:
    """The command that does what a mapping from HubSpot does."""
    names = []
    for item in _plain(one):
        ours, theirs = item["target"].lstrip("/"), item["source"].lstrip("/")
        names.append(theirs if ours == theirs else f"{ours}={theirs}")
    fields = f" --fields {','.join(dict.fromkeys(names))}" if names else ""
    return f"hubspoke pull {one.origin} --to people:{fields} --incremental"


def _plain(one: Found) -> list[dict[str, Any]]:
    """The properties that are copied as they are: a pull can do that."""
    return [
        item
        for item in one.values.get("properties") or []
        if isinstance(item, dict)
        and not {"transform", "condition", "default"} & item.keys()
        and all(isinstance(item.get(key), str) and re.fullmatch(r"/?\w+", item[key]) for key in ("source", "target"))
    ]


def _writing(one: Found) -> Found:
    if one.target:
        return one
    if one.origin:
        plain = _plain(one)
        more = [item for item in one.values.get("properties") or [] if item not in plain]
        words = ", ".join(shown(item.get("target") if isinstance(item, dict) else item) for item in more)
        computed = f"; what it computes is not carried: {words}" if more else ""
        raise PlanRefused(
            f"{one.name} ({one.path or 'the mapping'}) reads from HubSpot: here that is a pull, not a mapping{computed}",
            remedy=f"Instead of it: {pull_of(one)}",
        )
    raise PlanRefused(
        f"{one.name} goes from {shown(one.values.get('source'))} to {shown(one.values.get('target'))}: HubSpot has no part in it",
        remedy="A mapping to HubSpot has a target such as system/hubspot/contact.",
    )


def _none(found: list[Found]) -> Found:
    reading = [one for one in found if one.origin]
    remedy = f"{reading[0].name} reads from it; here that is a pull: {pull_of(reading[0])}" if reading else ""
    known = ", ".join(one.name for one in found)
    raise PlanRefused(f"no mapping of the file writes to HubSpot's contacts or companies: {known}", remedy=remedy)


def _found(values: dict[str, Any], path: str, otherwise: str) -> Found:
    name = values.get("name")
    return Found(name=name if isinstance(name, str) and name else otherwise, path=path, values=values)


def _hubspot(place: object) -> str:
    """`contact` of `system/hubspot/contact`; IDM's system may have any name."""
    parts = place.strip("/").split("/") if isinstance(place, str) else []
    return parts[2] if len(parts) == 3 and parts[0] == "system" and parts[2] in CLASSES else ""


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    """An object whose keys are all different: of two equal ones, one would be dropped unseen."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)} stands twice in one object")
    return found
