"""What HubSpot accepts as a property value and what it makes of it. Facts: sections 3.6 and 3.7."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from console.simulator.clock import iso
from console.simulator.lifecycle import Backward, StepBack, next_stage
from console.simulator.problems import ApiError, Complaint, error
from console.simulator.schema import Definition

MAX_TEXT = 65_536
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{1,62}\Z"
)
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)\Z", re.ASCII)
_EPOCH = re.compile(r"-?\d{1,15}\Z", re.ASCII)
_DAY_MS = 86_400_000
_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_999  # years 1 to 9999


class BadValue(Exception):
    """A value that HubSpot refuses."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def about(self, name: str) -> Complaint:
        """The complaint about property `name`."""
        return Complaint(name, self.code, self.message)


def as_text(name: str, raw: Any) -> str:
    """JSON value -> text; null clears like an empty text; objects and arrays do not deserialise."""
    if isinstance(raw, str):
        return raw
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int | float):
        return str(raw)
    raise no_text(name)


def no_text(name: str) -> ApiError:
    """400 for a JSON value that is not taken as text."""
    return error(400, f"Cannot deserialize value of type `java.lang.String` from the value of property {name}")


def accept(definition: Definition, text: str, present: str | None, backward: Backward = "ignored") -> str:
    """The value to store for `text` (not empty); `present` is what the record has now. Raises BadValue.

    `backward`: what becomes of an earlier lifecycle stage.
    """
    name = definition.name
    if name == "email":
        return email(text)
    if name == "domain":
        return domain(text)
    if name == "lifecyclestage":
        return _stage(definition, text, present, backward)
    return _BY_TYPE.get(definition.type, _string)(definition, text, present)


def email(text: str) -> str:
    """Trimmed and lower-cased, or BadValue."""
    stripped = text.strip()
    if len(stripped) > 254 or not _EMAIL.match(stripped):
        raise BadValue("INVALID_EMAIL", f"Email address {text} is invalid")
    return stripped.lower()


def domain(text: str) -> str:
    """Lower case, without scheme, www, path."""
    bare = re.sub(r"\A[a-z][a-z0-9+.-]*://", "", text.strip().lower())
    return re.split(r"[/?#]", bare, maxsplit=1)[0].removeprefix("www.")


def milliseconds(text: str) -> int | None:
    """Epoch milliseconds of an ISO date, an ISO date and time, or epoch milliseconds in text; None if it is neither."""
    if _EPOCH.match(text):
        return int(text) if _FIRST_MS <= int(text) <= _LAST_MS else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(_LAST_MS, max(_FIRST_MS, round(moment.timestamp() * 1000)))


def _string(definition: Definition, text: str, present: str | None) -> str:
    del present
    if len(text) > MAX_TEXT:
        raise BadValue("PROPERTY_VALUE_TOO_LONG", f"{definition.name} is longer than {MAX_TEXT} characters")
    return text


def _number(definition: Definition, text: str, present: str | None) -> str:
    del present
    stripped = text.strip()
    if not _NUMBER.match(stripped):
        raise BadValue("INVALID_LONG", f"{text} was not a valid number.")
    return _plain_number(stripped) if definition.type == "number" else stripped


def _plain_number(text: str) -> str:
    """`007.50` -> `7.5`: HubSpot keeps numbers, not their spelling."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, fraction = digits.partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    plain = f"{whole}.{fraction}" if fraction else whole
    return plain if plain == "0" else sign + plain


def _bool(definition: Definition, text: str, present: str | None) -> str:
    del present
    if text not in ("true", "false"):
        raise _not_an_option(definition, text)
    return text


def _date(definition: Definition, text: str, present: str | None) -> str:
    del definition, present
    if _EPOCH.match(text):
        moment = milliseconds(text)
        if moment is None or moment % _DAY_MS:
            raise BadValue("INVALID_DATE", f"{text} is not midnight UTC of any date.")
        return iso(moment)[:10]
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise BadValue("INVALID_DATE", f"{text} was not a valid date.") from None


def _datetime(definition: Definition, text: str, present: str | None) -> str:
    del definition, present
    moment = milliseconds(text)
    if moment is None:
        raise BadValue("INVALID_DATE", f"{text} was not a valid date.")
    return iso(moment)


def _enumeration(definition: Definition, text: str, present: str | None) -> str:
    if definition.referenced:
        if not text.isdigit():
            raise BadValue("INVALID_OWNER_ID", f"The owner id {text} does not exist")
        return text
    if definition.field_type == "checkbox":
        return _checkboxes(definition, text, present)
    if definition.options and all(text != value for value, _ in definition.options):
        raise _not_an_option(definition, text)
    return text


def _checkboxes(definition: Definition, text: str, present: str | None) -> str:
    """A set of options; a leading `;` appends to what is there."""
    chosen = [part for part in text.split(";") if part]
    allowed = {value for value, _ in definition.options}
    for part in chosen:
        if allowed and part not in allowed:
            raise _not_an_option(definition, part)
    if text.startswith(";") and present:
        chosen = present.split(";") + chosen
    return ";".join(dict.fromkeys(chosen))


def _stage(definition: Definition, text: str, present: str | None, backward: Backward) -> str:
    stages = stages_of(definition)
    if text not in stages:
        raise _not_an_option(definition, text)
    try:
        return next_stage(stages, present, text, backward)
    except StepBack as step:
        raise BadValue("INVALID_LIFECYCLE_STAGE", str(step)) from None


def stages_of(definition: Definition) -> tuple[str, ...]:
    """The lifecycle stages in their order; those an account made have numbers for names."""
    return tuple(value for value, _ in definition.options)


def _not_an_option(definition: Definition, text: str) -> BadValue:
    options = ", ".join(value for value, _ in definition.options)
    return BadValue("INVALID_OPTION", f"{text} was not one of the allowed options: [{options}]")


_BY_TYPE = {
    "string": _string,
    "phone_number": _string,
    "number": _number,
    "bool": _bool,
    "date": _date,
    "datetime": _datetime,
    "enumeration": _enumeration,
}
