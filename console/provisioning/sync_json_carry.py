"""One mapping of IDM as the text of a mapping file, with the list of what it does not say."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from console.provisioning.mapping import is_name
from console.provisioning.sync_json import Found, LeftOut, Notes, shown
from console.provisioning.sync_json_rows import Row, created_rows, property_rows
from console.provisioning.sync_json_rules import correlation, policy_lines, source_scope, target_scope
from console.provisioning.tomlwords import comment, toml_text

_CARRIED = frozenset(
    [
        "name",
        "source",
        "target",
        "properties",
        "policies",
        "validSource",
        "sourceCondition",
        "sourceQuery",
        "validTarget",
        "correlationQuery",
        "correlationScript",
        "onCreate",
        "runTargetPhase",
        "enableSync",
        "linkQualifiers",
    ]
)
_RUNS = "nothing is run when this happens; say it in expressions, or by notify and your own script after the run"
_OURS = "Hubspoke chooses that by itself"
_WHY: dict[str, tuple[str, bool]] = {
    **dict.fromkeys(("onUpdate", "onDelete", "onLink", "onUnlink", "onRecon", "onError", "onMapping"), (_RUNS, True)),
    **dict.fromkeys(("postMapping", "defaultMapping", "result"), (_RUNS, True)),
    **dict.fromkeys(("taskThreads", "feedSize", "prefetchLinks", "optimizeAssignmentSync"), (_OURS, False)),
    **dict.fromkeys(("reconSourceQueryPaging", "reconSourceQueryPageSize"), ("pages are of the source: #page=", False)),
    **dict.fromkeys(
        ("reconTargetQueryPaging", "reconTargetQueryPageSize", "clusteredSourceReconEnabled"), (_OURS, False)
    ),
    **dict.fromkeys(
        ("sourceQueryFullEntry", "targetQueryFullEntry", "reconProgressStateUpdateInterval"), (_OURS, False)
    ),
    **dict.fromkeys(("displayName", "icon", "_id", "_rev"), ("of IDM's own administration", False)),
    "links": ("IDM's links stay in IDM: the first plan finds the records by correlate, and links them", True),
    "enableLinking": ("every record is linked", True),
    "correlateEmptyTargetSet": ("records are always looked for", False),
    "targetQuery": ("write target_scope, or target_phase", True),
    "allowEmptySourceSet": ("an empty source never plans a deletion here", True),
    "sourceIdsCaseSensitive": ("source ids are compared exactly", False),
    "targetIdsCaseSensitive": ("HubSpot's ids are numbers", False),
    "queuedSync": (
        "nothing follows IDM's changes by itself: run hubspoke provision by cron or systemd, or the gateway",
        True,
    ),
    "syncAfter": ("the order is that of your schedule", True),
    "consentRequired": ("consent is not asked for: put it into the scope", True),
    "triggerSyncProperties": ("only what differs is written", False),
}


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a mapping file, and what of IDM's mapping it does not say."""

    name: str
    text: str
    left: tuple[LeftOut, ...]


def carry(found: Found, *, source: str = "", name: str = "", file: str = "") -> Carried:
    """A mapping of IDM as one of ours; `source` is where the people are read from, `name` how it will be called."""
    values, notes, target = found.values, Notes(found), found.target
    chosen = name or _name(found, notes)
    rows = property_rows(values.get("properties", []), target, notes)
    if values.get("onCreate"):
        rows += created_rows(values["onCreate"], notes, {row.name for row in rows})
    keys = correlation(values, target, {row.name for row in rows if not row.draft}, notes)
    scope, theirs = source_scope(values, notes), target_scope(values.get("validTarget"), notes)
    policies, actions = policy_lines(values.get("policies"), notes)
    _rest(values, notes)
    if rows:
        why = 'IDM takes a value away where the source has none; a blank keeps it here: write empty = "clear" where you want that'
        notes.add(f"{len(rows)} properties", why, "properties", decide=False)
    lines = [
        f"# From {comment(file) or 'IDM'}, mapping {comment(found.name)}. At the end: what it does not say.",
        "version = 1",
        f"name = {toml_text(chosen)}",
        *_source(values.get("source"), source, notes),
        f"target = {toml_text(target)}",
        *_phase(values, actions, notes),
        *([f"scope = {toml_text(scope)}"] if scope else []),
        *([f"target_scope = {toml_text(theirs)}"] if theirs else []),
        *_keys(keys, notes),
        *_properties(rows),
        *(["", "[policy]", *policies] if policies else []),
        *_listed(notes.items),
    ]
    return Carried(name=chosen, text="\n".join(lines) + "\n", left=tuple(notes.items))


def _name(found: Found, notes: Notes) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", found.name).strip("-._")[:80] or "from-idm"
    if not is_name(found.name):
        notes.add(
            found.name, f"written as {name}: names have letters, digits, dot, dash and underscore", "name", decide=False
        )
    return name


def _source(place: Any, given: str, notes: Notes) -> list[str]:
    """Where people are read from: IDM itself, if its managed objects are what is mapped."""
    managed = re.fullmatch(r"/?managed/([\w-]+)", place) if isinstance(place, str) else None
    if given:
        notes.add(
            place, "the source is the one that you named; fields may be called otherwise there", "source", decide=False
        )
        return [f"source = {toml_text(given)}", *(['source_id = "_id"'] if given.startswith("idm+") else [])]
    if managed:
        url = f"idm+https://idm.example.org/openidm/managed/{managed[1]}"
        notes.add(place, f"write where your IDM answers in place of {url}, or import with --source", "source")
        return [f"source = {toml_text(url)}", 'source_id = "_id"']
    why = "a system of IDM: write the same source as Hubspoke reads it (docs/sources.md), or import with --source"
    notes.add(place, why, "source")
    return [f"source = {toml_text(shown(place))}"]


def _phase(values: dict[str, Any], actions: dict[str, str], notes: Notes) -> list[str]:
    """Which records without a person are looked at."""
    if values.get("runTargetPhase") is False:
        return ['target_phase = "off"']
    if actions.get("UNASSIGNED") in ("EXCEPTION", "REPORT"):
        return ['target_phase = "all"']
    why = 'records that nobody speaks for are not looked at: target_phase = "all" does that'
    notes.add(values.get("runTargetPhase", True), why, "runTargetPhase", decide=False)
    return []


def _keys(keys: tuple[str, ...], notes: Notes) -> list[str]:
    if keys:
        return [f"correlate = [{', '.join(toml_text(key) for key in keys)}]"]
    why = "no record can be looked up, so after a crash one could be created twice: name a property with unique values"
    notes.add(None, why, "correlationQuery")
    return ["allow_unkeyed_creates = true"]


def _properties(rows: list[Row]) -> list[str]:
    return ["", "[properties]", *(row.line() for row in rows)]


def _rest(values: dict[str, Any], notes: Notes) -> None:
    """Every other key of the mapping."""
    for key, value in values.items():
        if key in _CARRIED:
            continue
        why, decide = _WHY.get(key, ("an unknown key", True))
        notes.add(value, why, key, decide=decide)
    if values.get("enableSync", True) is not True:
        notes.add(
            values["enableSync"], "nothing runs here until you or your schedule run it", "enableSync", decide=False
        )
    qualifiers = values.get("linkQualifiers", ["default"])
    if qualifiers != ["default"]:
        notes.add(qualifiers, "one person has one record in a mapping: make a mapping for each", "linkQualifiers")


def _listed(items: list[LeftOut]) -> list[str]:
    lines = []
    for decide, words in ((True, "Not carried. Decide on each:"), (False, "Done otherwise here:")):
        chosen = [item for item in items if item.decide is decide]
        lines += ["", f"# {words}"] if chosen else []
        lines += [f"#   {comment(item.path)}: {comment(item.why)} [{comment(item.what)}]" for item in chosen]
    return lines
