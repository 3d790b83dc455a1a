"""The settings of a mapping besides its rows: what each one is, what it may be, and what it is when nothing is said."""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from console.journal.model import Situation
from console.provisioning.explain import MEANINGS
from console.provisioning.guard import Guards
from console.provisioning.mapping import ObjectClass, TargetPhase
from console.provisioning.situations import VALID
from console.provisioning.toml_lines import Value
from console.sources.values import CONVERTERS


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting: where it stands in the file, what it says, and what it may say.

    `value` is what the file says, "" where it says nothing; `default` is what holds then. `choices` are the only values,
    empty for a text of one's own. `group` is the heading it stands under.
    """

    path: tuple[str, ...]
    group: str
    title: str
    help: str
    value: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()
    kind: str = "text"

    @property
    def shown(self) -> str:
        """What holds now."""
        return self.value or self.default


_TOP: tuple[tuple[str, str, str, str], ...] = (
    ("source", "source", "Where the people come from.", ""),
    ("source_id", "source id", "The field that tells one person from another and never changes.", ""),
    ("target", "target", "What becomes of a person in HubSpot.", "contact"),
    ("scope", "scope", "A query filter: who is in. Everybody where it is empty.", ""),
    ("correlate", "correlate", "Unique properties that HubSpot is asked for, in order.", ""),
    ("target_phase", "target phase", "Which records without a person are looked at: linked, all or off.", "linked"),
    ("target_scope", "target scope", "A query filter: which records this mapping looks after.", ""),
    (
        "allow_unkeyed_creates",
        "unkeyed creates",
        "Create without a unique key: a crash may then create twice.",
        "false",
    ),
)
_CHOICES = {
    "target": get_args(ObjectClass),
    "target_phase": get_args(TargetPhase),
    "allow_unkeyed_creates": ("false", "true"),
}
_GUARDS = {
    "deletes": "More deletions than this stop the plan.",
    "clears": "More values emptied than this stop the plan.",
    "shrink": "A source that lost more people than this stops the plan.",
    "failures": "A larger share of failures stops the run.",
}
_ASSOCIATE = {
    "class": ("What the person is associated with.", get_args(ObjectClass)),
    "key": ("An expression: which record.", ()),
    "property": ("The property that the key is a value of.", ()),
    "mapping": ("Or the mapping whose source id the key is.", ()),
    "label": ("primary: the contact's primary company.", ("", "primary")),
}


def settings(data: dict[str, Any]) -> list[Setting]:
    """All settings in the order in which an operator thinks of them; `data` is the file as parsed TOML, {} where it is none."""
    found = [_top(data, *line) for line in _TOP]
    found += [
        Setting(
            path=("types", name),
            group="Types",
            title=name,
            help="Files know only text: what this field is.",
            value=str(kind),
            choices=tuple(CONVERTERS),
        )
        for name, kind in _table(data, "types").items()
    ]
    found += [_policy(situation, data) for situation in VALID]
    found += [_guard(name, help_, data) for name, help_ in _GUARDS.items()]
    found.append(
        Setting(
            path=("guard", "four_eyes"),
            group="Guards",
            title="four eyes",
            help="Whoever planned may not approve.",
            value="true" if _table(data, "guard").get("four_eyes") is True else "",
            default="false",
            choices=("false", "true"),
            kind="flag",
        )
    )
    found.append(_deletion(data))
    tables = data.get("associate")
    for number, table in enumerate(tables if isinstance(tables, list) else ()):
        found += _association(number, table)
    return found


def value_of(setting: Setting, text: str) -> Value | None:
    """What is written for an answer; None where the setting is taken out of the file."""
    text = text.strip()
    if not text or (text == setting.default and not setting.value):
        return None
    if setting.kind == "list":
        return [part for item in text.split(",") if (part := item.strip().strip("\"'"))]
    if setting.kind == "flag":
        return True if text == "true" else None
    return text


def _top(data: dict[str, Any], key: str, title: str, help_: str, default: str) -> Setting:
    value = data.get(key)
    kind = "list" if key == "correlate" else "flag" if key == "allow_unkeyed_creates" else "text"
    told = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    told = told.lower() if kind == "flag" else told
    return Setting(
        path=(key,),
        group="Mapping",
        title=title,
        help=help_,
        value=told,
        default=default,
        choices=_CHOICES.get(key, ()),
        kind=kind,
    )


def _policy(situation: Situation, data: dict[str, Any]) -> Setting:
    allowed = tuple(action.value for action in VALID[situation])
    default = "DELETE if created by Hubspoke" if allowed[0] == "DELETE" else allowed[0]
    return Setting(
        path=("policy", situation.value),
        group="Policy",
        title=situation.value,
        help=f"{MEANINGS[situation]}.",
        value=str(_table(data, "policy").get(situation.value, "")),
        default=default,
        choices=allowed,
    )


def _guard(name: str, help_: str, data: dict[str, Any]) -> Setting:
    value = _table(data, "guard").get(name)
    return Setting(
        path=("guard", name),
        group="Guards",
        title=name,
        help=help_,
        value="" if value is None else str(value),
        default=getattr(Guards(), name).rule,
    )


def _deletion(data: dict[str, Any]) -> Setting:
    """How records are deleted; to set values instead takes a table, which is written in the text."""
    table = _table(data, "deletion")
    choices = ["archive", "nothing", *(["set"] if "set" in table else [])]
    if data.get("target", "contact") == "contact":
        choices.insert(1, "gdpr_delete")
    return Setting(
        path=("deletion", "how"),
        group="Deletion",
        title="how",
        help="What a DELETE does to the record; gdpr_delete erases for good.",
        value=str(table.get("how", "")),
        default="set" if "set" in table else "archive",
        choices=tuple(choices),
    )


def _association(number: int, table: Any) -> list[Setting]:
    table = table if isinstance(table, dict) else {}
    return [
        Setting(
            path=("associate", str(number), key),
            group=f"Associate {number + 1}",
            title=key,
            help=help_,
            value=str(table.get(key, "")),
            default={"property": "domain" if table.get("class") == "company" else "email"}.get(key, ""),
            choices=choices,
        )
        for key, (help_, choices) in _ASSOCIATE.items()
    ]


def _table(data: dict[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}
