"""Write rules that an account's admin configured: required properties and the form of values.

SPEC of `--require`: comma-separated `TYPE.PROPERTY[@CONTROLLING=VALUE]`; without a condition the property is required
in the create form, with one whenever the controlling property has that value. Facts: sections 1, 3.6 and 3.7.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from console.simulator.config import OptionError
from console.simulator.problems import Complaint
from console.simulator.schema import ALIASES

_SPEC = re.compile(r"(?P<type>[\w-]+)\.(?P<property>\w+)(?:@(?P<controlling>\w+)=(?P<value>[^,]+))?\Z")


class Required(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A property that must have a value: on creates, or whenever `controlling` is `value`."""

    object_type: str
    property: str
    controlling: str = ""
    value: str = ""


class Form(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A rule about the values of one property, as the property-validations API shows it."""

    object_type: str
    property: str
    rule_type: str
    rule_arguments: list[str] = []


class Rules:
    """The write rules of an account."""

    def __init__(self, required: Iterable[Required] = (), forms: Iterable[Form] = ()) -> None:
        self.required = [_checked(rule) for rule in required]
        self.forms = [_known(rule) for rule in forms]

    @classmethod
    def parse(cls, spec: str) -> Rules:
        """From the command line's SPEC."""
        return cls([_parsed(part.strip()) for part in spec.split(",") if part.strip()])

    def complaints(
        self, object_type: str, values: Mapping[str, str], sent: Iterable[str], *, creating: bool, required: bool
    ) -> list[Complaint]:
        """What the rules say about a write that sends `sent` and leaves the record with `values`.

        `required` is whether the path's version enforces required properties.
        """
        written = set(sent)
        found = self._missing(object_type, values, written, creating=creating) if required else []
        for rule in self.forms:
            value = values.get(rule.property)
            if rule.object_type == object_type and rule.property in written and value:
                if _FORMS[rule.rule_type](value, rule.rule_arguments):
                    continue
                text = f"{value} does not satisfy the validation rule {rule.rule_type} of {rule.property}"
                found.append(Complaint(rule.property, f"INVALID_{rule.rule_type}", text))
        return found

    def uses(self, object_type: str, name: str) -> bool:
        """Whether a rule names the property."""
        required = [rule for rule in self.required if rule.object_type == object_type]
        forms = [form for form in self.forms if form.object_type == object_type]
        return any(name in (rule.property, rule.controlling) for rule in required) or any(
            name == form.property for form in forms
        )

    def shown(self, object_type: str) -> list[dict[str, Any]]:
        """The rules by property, in the shape of the property-validations API."""
        by_property: dict[str, list[dict[str, Any]]] = {}
        for form in self.forms:
            if form.object_type == object_type:
                one = {"ruleType": form.rule_type, "ruleArguments": form.rule_arguments}
                by_property.setdefault(form.property, []).append(one)
        for rule in self.required:
            if rule.object_type == object_type:
                told = [f"{rule.controlling}={rule.value}"] if rule.controlling else []
                one = {"ruleType": "REQUIRED", "ruleArguments": told}
                by_property.setdefault(rule.property, []).append(one)
        return [{"propertyName": name, "propertyValidationRules": rules} for name, rules in by_property.items()]

    def _missing(
        self, object_type: str, values: Mapping[str, str], written: set[str], *, creating: bool
    ) -> list[Complaint]:
        found = []
        for rule in self.required:
            if rule.object_type != object_type or values.get(rule.property):
                continue
            if not rule.controlling and creating:
                text = f'Property "{rule.property}" is required to create a record'
                found.append(Complaint(rule.property, "MISSING_REQUIRED_PROPERTY", text))
            elif values.get(rule.controlling) == rule.value and written & {rule.controlling, rule.property}:
                text = f'Property "{rule.property}" is required when "{rule.controlling}" is "{rule.value}"'
                found.append(Complaint(rule.property, "MISSING_CONDITIONAL_REQUIRED_PROPERTY", text))
        return found


def _parsed(part: str) -> Required:
    match = _SPEC.match(part)
    if match is None:
        raise OptionError(
            f"{part!r} is not TYPE.PROPERTY[@CONTROLLING=VALUE], such as contacts.phone@hs_lead_status=NEW"
        )
    return Required(
        object_type=match["type"],
        property=match["property"],
        controlling=match["controlling"] or "",
        value=match["value"] or "",
    )


def _checked(rule: Required) -> Required:
    return msgspec.structs.replace(rule, object_type=_type(rule.object_type))


def _known(form: Form) -> Form:
    test = _FORMS.get(form.rule_type)
    if test is None:
        raise OptionError(f"unknown rule type {form.rule_type!r}; known: {', '.join(_FORMS)}")
    try:
        test("1", form.rule_arguments)
    except (IndexError, ValueError, re.error):
        raise OptionError(f"{form.rule_type} cannot have the arguments {form.rule_arguments}") from None
    return msgspec.structs.replace(form, object_type=_type(form.object_type))


def _type(name: str) -> str:
    if name not in ALIASES:
        raise OptionError(f"unknown object type {name!r}")
    return ALIASES[name]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _domain(text: str) -> str:
    return text.rpartition("@")[2].lower()


_FORMS: dict[str, Callable[[str, list[str]], bool]] = {
    "MIN_LENGTH": lambda text, given: len(text) >= int(given[0]),
    "MAX_LENGTH": lambda text, given: len(text) <= int(given[0]),
    "MIN_NUMBER": lambda text, given: _number(text) >= float(given[0]),
    "MAX_NUMBER": lambda text, given: _number(text) <= float(given[0]),
    "ALPHANUMERIC": lambda text, given: text.isdigit() if given[0] == "NUMERIC_ONLY" else text.isalpha(),
    "REGEX": lambda text, given: re.fullmatch(given[0], text) is not None,
    "EMAIL_ALLOWED_DOMAINS": lambda text, given: _domain(text) in given,
    "EMAIL_BLOCKED_DOMAINS": lambda text, given: _domain(text) not in given,
    "URL": lambda text, given: re.match(r"https?://[^\s/]+", text) is not None and given is not None,
}
