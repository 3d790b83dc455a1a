"""A first mapping for a source, from the names of its columns and what is in them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Dict
from pathlib import Path

from console.hubspot.model import PropertyDefinition
from console.provisioning.checks import unique_keys
from console.provisioning.suggest_fields import Field, fields, fold, source_path
from console.provisioning.tomlwords import BARE, comment, toml_key, toml_text
from console.sources.model import Column, Preview

_CONTACT: tuple[tuple[str, str], ...] = (
    (
        "email",
        "email mail emails emailaddress mailaddress emailswork primaryemail workemail businessemail userprincipalname upn correo",
    ),
    ("firstname", "firstname givenname forename given first vorname prenom nombre fname"),
    ("lastname", "lastname surname familyname family sn last nachname nom apellido lname"),
    (
        "phone",
        "phone telephone telephonenumber phonenumber phonenumbers phonenumberswork tel workphone businessphone telefon telefono",
    ),
    ("mobilephone", "mobile mobilephone phonenumbersmobile cell cellphone mobilenumber handy"),
    ("fax", "fax faxnumber facsimiletelephonenumber"),
    ("jobtitle", "jobtitle title position role job occupation funktion"),
    ("company", "company companyname organization organisation org employer o firma"),
    ("department", "department departmentname dept"),
    ("address", "address street streetaddress postaladdress addressline1"),
    ("city", "city town locality localityname l ort stadt ville ciudad"),
    ("state", "state region province stateprovince st bundesland"),
    ("zip", "zip zipcode postalcode postcode plz"),
    ("country", "country countryname co c land pays"),
    ("website", "website url homepage wwwhomepage web"),
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
_ID = (
    "employeeid employeenumber personid personnelnumber staffid entryuuid objectguid nsuniqueid ipauniqueid scimid id "
    "userid uuid guid number accountid externalid uid username samaccountname"
)
"""What tells people apart, that which changes least first: a login name may change with the person's own."""
_STATUS = ("accountstatus", "status", "employeestatus")
_ACTIVE = "active enabled isactive isenabled employed"
_PHONES = ("phone", "mobilephone", "fax")


def suggest(preview: Preview, object_class: str, schema: Dict[str, PropertyDefinition], *, name: str = "") -> str:
    """The text of a mapping; columns that found no property stay as comments."""
    seen = fields(preview)
    pairs = match_fields(seen, object_class, schema)
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(preview.name).stem).strip("-.") or "people"
    plural = "contacts" if object_class == "contact" else "companies"
    keys = [key for key in unique_keys(object_class, schema) if key in pairs]
    source_id = _source_id(preview, seen, pairs["email"].name if "email" in pairs else "")
    if source_id is None and not keys:
        source_id = max(preview.columns, key=lambda column: (column.distinct, column.filled), default=None)
    lines = [
        "# A suggestion, made from the names of the columns and the first rows.",
        "# Read every line, then look at what it would do: hubspoke plan (nothing is written by planning).",
        "version = 1",
        f"name = {toml_text(name or f'{stem}-to-{plural}')}",
        f"source = {toml_text(preview.name)}",
    ]
    if source_id is not None:
        lines.append(f"source_id = {toml_text(source_id.name)}  # tells people apart for ever: it must never change")
    lines.append(f"target = {toml_text(object_class)}")
    lines += _keys(keys, object_class)
    active = _active(preview)
    if active is not None:
        lines.append(f"scope = {toml_text(active[1])}  # everybody else is left alone")
        lines += ["", "[types]", f'{toml_key(active[0].name)} = "bool"'] if active[2] else []
    lines += ["", "[properties]"]
    lines += [_row(prop, field, schema[prop]) for prop, field in pairs.items()]
    if not pairs:
        first = preview.columns[0].name if preview.columns else "column"
        lines += [
            "# No column looks like a property of HubSpot. Replace this line.",
            f"{_fallback(object_class)} = {toml_text(source_path(first))}",
        ]
    used = {one.name for one in (*pairs.values(), *((source_id,) if source_id else ()))}
    rest = [field for field in seen if field.name not in used and (active is None or field.column is not active[0])]
    if rest:
        lines += ["", "# Columns without a property. To map one: property = 'source.column'"]
        lines += [f"#   {_seen(field.column)}" for field in rest]
    return "\n".join(lines) + "\n"


def match_fields(seen: Sequence[Field], object_class: str, schema: Dict[str, PropertyDefinition]) -> dict[str, Field]:
    """The best field of each property: by a known name, by what is in it, by likeness to name or label."""
    known = [
        (prop, words.split())
        for prop, words in (_CONTACT if object_class == "contact" else _COMPANY)
        if prop in schema and schema[prop].writable
    ]
    pairs: dict[str, Field] = {}
    taken: set[str] = set()

    def take(prop: str, candidates: Iterable[Field]) -> None:
        free = (one for one in candidates if one.name not in taken)
        field = max(free, key=lambda one: one.column.filled, default=None)
        if field is not None and prop not in pairs:
            pairs[prop] = field
            taken.add(field.name)

    usable = [field for field in seen if field.column.filled > 0 or field.column.distinct == 0]
    own = [field for field in usable if field.own]
    for rank in (0, 1):  # the exact name, then the last part of a longer one
        for prop, words in known:
            for word in words:
                if prop not in pairs:
                    take(prop, [field for field in own if field.words[rank : rank + 1] == (word,)])
    addresses = [field for field in own if field.column.emails > 0.8 and object_class == "contact"]
    numbers = [field for field in own if field.column.phones > 0.8 and "tel" in fold(field.name)]
    for prop, candidates in (("email", addresses), ("phone", numbers)):
        take(prop, candidates if prop in schema else ())
    labels = _labels(schema)
    for field in usable:
        found = difflib.get_close_matches(fold(field.name), labels, 1, 0.9)
        if found and field.name not in taken:
            take(labels[found[0]], [field])
    order = [prop for prop, _ in known]
    return dict(sorted(pairs.items(), key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order)))


def _labels(schema: Dict[str, PropertyDefinition]) -> dict[str, str]:
    """What can be written, by its folded label and by its folded name."""
    shown = {prop: one for prop, one in schema.items() if one.writable and not one.hidden}
    return {fold(one.label): prop for prop, one in shown.items()} | {fold(prop): prop for prop in shown}


def _source_id(preview: Preview, seen: Sequence[Field], login: str) -> Column | None:
    """A column named like an id, filled in every row and different in each; an address is not one: it changes."""
    words = _ID.split()
    ranked = [
        (min(words.index(word) for word in field.words if word in words), field.column)
        for field in seen
        if field.top
        and field.own
        and field.name != login
        and any(word in words for word in field.words)
        and field.column.filled == 1.0
        and (field.column.distinct == preview.examined or field.column.distinct_is_minimum)
    ]
    return min(ranked, key=lambda one: one[0], default=(0, None))[1]


def _active(preview: Preview) -> tuple[Column, str, bool] | None:
    """The column that says who is there, the scope for it, and whether it must be made true or false first."""
    for column in preview.columns:
        name = fold(re.split(r"[./:]", column.name)[-1])
        if not BARE.match(column.name):
            continue
        if name in _ACTIVE.split() and column.booleans > 0.9:
            return column, f"{column.name} eq true", True
        if name in _STATUS and "active" in column.sample and column.distinct <= len(column.sample):
            return column, f'{column.name} eq "active"', False
    return None


def _keys(keys: list[str], object_class: str) -> list[str]:
    if keys:
        return [f"correlate = [{', '.join(toml_text(key) for key in keys[:2])}]  # how HubSpot is asked who is who"]
    return [
        f"# No column fills a property with unique values, so a {object_class} cannot be looked up, and after a crash one",
        "# could be created twice. Better: create a property with unique values in HubSpot and name it in correlate.",
        "allow_unkeyed_creates = true",
    ]


def row_value(prop: str, field: Field, definition: PropertyDefinition) -> str:
    """The expression that fills a property from a field."""
    if prop == "email":
        return f"{field.value}.trim().lowerAscii()" if field.plain else f"lower({field.value})"
    if definition.type == "enumeration" and definition.field_type == "checkbox" and field.top:
        return f"options({field.whole})"
    return field.value


def _row(prop: str, field: Field, definition: PropertyDefinition) -> str:
    value, column = row_value(prop, field, definition), field.column
    if prop in _PHONES and column.phones > 0.5:
        return f'{toml_key(prop)} = {toml_text(value)}  # {_seen(column)}; as +94...: e164({comment(value)}, "LK")'
    note = _seen(column)
    if definition.type == "enumeration":
        note += f"; HubSpot takes: {comment(', '.join(option.value for option in definition.options[:6]))}"
    return f"{toml_key(prop)} = {toml_text(value)}  # {note}"


def _fallback(object_class: str) -> str:
    return "firstname" if object_class == "contact" else "name"


def _seen(column: Column) -> str:
    """Shares, never samples: mappings are copied to places where people's data must not be."""
    more = "+" if column.distinct_is_minimum else ""
    return f"{comment(column.name)}: {column.filled:.0%} filled, {column.distinct}{more} different"
