"""A first mapping for a source, from the names of its columns and what is in them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Dict
from pathlib import Path

from console.hubspot.model import PropertyDefinition
from console.provisioning.checks import unique_keys
from console.sources.model import Column, Preview

_CONTACT: tuple[tuple[str, str], ...] = (
    ("email", "email mail emailaddress mailaddress primaryemail workemail businessemail userprincipalname upn correo"),
    ("firstname", "firstname givenname forename given first vorname prenom nombre fname"),
    ("lastname", "lastname surname familyname family sn last nachname nom apellido lname"),
    ("phone", "phone telephone telephonenumber phonenumber tel workphone businessphone telefon telefono"),
    ("mobilephone", "mobile mobilephone cell cellphone mobilenumber handy"),
    ("fax", "fax faxnumber facsimiletelephonenumber"),
    ("jobtitle", "jobtitle title position role job occupation funktion"),
    ("company", "company companyname organization organisation org employer o firma"),
    ("department", "department departmentname dept"),
    ("address", "address street streetaddress addressline1"),
    ("city", "city town locality l ort stadt ville ciudad"),
    ("state", "state region province st bundesland"),
    ("zip", "zip zipcode postalcode postcode plz"),
    ("country", "country countryname co c land pays"),
    ("website", "website url homepage web"),
    ("salutation", "salutation anrede honorific honorificprefix"),
    ("industry", "industry sector branche"),
)
_COMPANY: tuple[tuple[str, str], ...] = (
    ("name", "name company companyname organization organisation org legalname firma"),
    ("domain", "domain companydomain domainname emaildomain"),
    ("website", "website url homepage web"),
    ("phone", "phone telephone telephonenumber phonenumber tel"),
    ("address", "address street streetaddress addressline1"),
    ("city", "city town locality ort"),
    ("state", "state region province"),
    ("zip", "zip zipcode postalcode postcode plz"),
    ("country", "country countryname land"),
    ("industry", "industry sector"),
    ("numberofemployees", "numberofemployees employees headcount staff"),
    ("annualrevenue", "annualrevenue revenue turnover"),
    ("description", "description about"),
)
_ID = "employeeid employeenumber personid userid personnelnumber staffid id uid uuid guid number accountid externalid"
_ACTIVE = "active enabled isactive isenabled employed"
_PHONES = ("phone", "mobilephone", "fax")
_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_RESERVED = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "null",
        "package",
        "namespace",
        "return",
        "true",
        "var",
        "void",
        "while",
    ]
)


def suggest(preview: Preview, object_class: str, schema: Dict[str, PropertyDefinition], *, name: str = "") -> str:
    """The text of a mapping; columns that found no property stay as comments."""
    pairs = match_columns(preview.columns, object_class, schema)
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(preview.name).stem).strip("-.") or "people"
    plural = "contacts" if object_class == "contact" else "companies"
    keys = [key for key in unique_keys(object_class, schema) if key in pairs]
    source_id = _source_id(preview, {column.name for column in pairs.values()})
    if source_id is None and not keys:
        source_id = max(preview.columns, key=lambda column: (column.distinct, column.filled), default=None)
    lines = [
        "# A suggestion, made from the names of the columns and the first rows.",
        "# Read every line, then look at what it would do: hubspoke plan (nothing is written by planning).",
        "version = 1",
        f"name = {_toml(name or f'{stem}-to-{plural}')}",
        f"source = {_toml(preview.name)}",
    ]
    if source_id is not None:
        lines.append(f"source_id = {_toml(source_id.name)}  # tells people apart for ever: it must never change")
    lines.append(f"target = {_toml(object_class)}")
    lines += _keys(keys, object_class)
    active = next((column for column in preview.columns if _fold(column.name) in _ACTIVE.split()), None)
    if active is not None and active.booleans > 0.9:
        scope = f"{active.name} eq true" if _BARE.match(active.name) else ""
        lines += [f"scope = {_toml(scope)}  # everybody else is left alone"] if scope else []
        lines += ["", "[types]", f'{_key(active.name)} = "bool"']
    lines += ["", "[properties]"]
    lines += [_row(prop, column, schema[prop]) for prop, column in pairs.items()]
    if not pairs:
        first = preview.columns[0].name if preview.columns else "column"
        lines += [
            "# No column looks like a property of HubSpot. Replace this line.",
            f"{_fallback(object_class)} = {_toml(_source(first))}",
        ]
    used = {column.name for column in (*pairs.values(), *((source_id,) if source_id else ()))}
    rest = [column for column in preview.columns if column.name not in used and column is not active]
    if rest:
        lines += ["", "# Columns without a property. To map one: property = 'source.column'"]
        lines += [f"#   {_seen(column)}" for column in rest]
    return "\n".join(lines) + "\n"


def match_columns(
    columns: Sequence[Column], object_class: str, schema: Dict[str, PropertyDefinition]
) -> dict[str, Column]:
    """The best column of each property: by a known name, by what is in it, by likeness to name or label."""
    known = [
        (prop, words.split())
        for prop, words in (_CONTACT if object_class == "contact" else _COMPANY)
        if prop in schema and schema[prop].writable
    ]
    pairs: dict[str, Column] = {}
    taken: set[str] = set()

    def take(prop: str, candidates: Iterable[Column]) -> None:
        column = max((one for one in candidates if one.name not in taken), key=lambda one: one.filled, default=None)
        if column is not None and prop not in pairs:
            pairs[prop] = column
            taken.add(column.name)

    usable = [column for column in columns if column.filled > 0 or column.distinct == 0]
    for prop, words in known:
        for word in words:
            if prop not in pairs:
                take(prop, [column for column in usable if _fold(column.name) == word])
    if object_class == "contact" and "email" in schema:
        take("email", [column for column in usable if column.emails > 0.8])
    if "phone" in schema:
        take("phone", [column for column in usable if column.phones > 0.8 and "tel" in _fold(column.name)])
    labels = {_fold(one.label): prop for prop, one in schema.items() if one.writable and not one.hidden}
    labels |= {_fold(prop): prop for prop, one in schema.items() if one.writable and not one.hidden}
    for column in usable:
        found = difflib.get_close_matches(_fold(column.name), labels, 1, 0.9)
        if found and column.name not in taken and labels[found[0]] not in pairs:
            take(labels[found[0]], [column])
    order = [prop for prop, _ in known]
    return dict(sorted(pairs.items(), key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order)))


def _source_id(preview: Preview, used: set[str]) -> Column | None:
    """A column named like an id, filled in every row and different in each."""
    words = _ID.split()
    found = [
        column
        for column in preview.columns
        if column.name not in used
        and _fold(column.name) in words
        and column.filled == 1.0
        and (column.distinct == preview.examined or column.distinct_is_minimum)
    ]
    return min(found, key=lambda column: words.index(_fold(column.name)), default=None)


def _keys(keys: list[str], object_class: str) -> list[str]:
    if keys:
        return [f"correlate = [{', '.join(_toml(key) for key in keys[:2])}]  # how HubSpot is asked who is who"]
    return [
        f"# No column fills a property with unique values, so a {object_class} cannot be looked up, and after a crash one",
        "# could be created twice. Better: create a property with unique values in HubSpot and name it in correlate.",
        "allow_unkeyed_creates = true",
    ]


def _row(prop: str, column: Column, definition: PropertyDefinition) -> str:
    value = _source(column.name)
    if prop == "email":
        value += ".trim().lowerAscii()"
    elif prop in _PHONES and column.phones > 0.5:
        return f'{_key(prop)} = {_toml(value)}  # {_seen(column)}; as +94...: e164({_comment(value)}, "LK")'
    note = _seen(column)
    if definition.type == "enumeration":
        note += f"; HubSpot takes: {_comment(', '.join(option.value for option in definition.options[:6]))}"
    return f"{_key(prop)} = {_toml(value)}  # {note}"


def _fallback(object_class: str) -> str:
    return "firstname" if object_class == "contact" else "name"


def _source(column: str) -> str:
    if _IDENTIFIER.match(column) and column not in _RESERVED:
        return f"source.{column}"
    escaped = "".join(
        f"\\u{ord(one):04x}" if not one.isprintable() and ord(one) < 0x10000 else f"\\{one}" if one in '\\"' else one
        for one in column
    )
    return f'source["{escaped}"]'


def _fold(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _seen(column: Column) -> str:
    """Shares, never samples: mappings are copied to places where people's data must not be."""
    more = "+" if column.distinct_is_minimum else ""
    return f"{_comment(column.name)}: {column.filled:.0%} filled, {column.distinct}{more} different"


def _comment(text: str) -> str:
    """Text as it may stand in a comment: on one line and without control characters."""
    return "".join(one if one.isprintable() else "?" for one in text)


def _key(name: str) -> str:
    return name if _BARE.match(name) else _basic(name)


def _toml(text: str) -> str:
    """A TOML string; expressions with double quotes read best in single ones."""
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    if text.startswith("source.") and "'" not in text and text.isprintable():
        return f"'{text}'"
    return _basic(text)


def _basic(text: str) -> str:
    parts = []
    for one in text:
        if one in '\\"':
            parts.append("\\" + one)
        elif one.isprintable() or one == " ":
            parts.append(one)
        else:
            parts.append(f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}")
    return '"' + "".join(parts) + '"'
