"""What operations are told by an imported provisioner file: limits of time, denials, object types."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.settings.icf import OPERATIONS, IcfSettings
from console.settings.profile import Profile
from tests.settings.provisioner_samples import FULL

ICF = IcfSettings(FULL)


def test_a_profile_without_a_file_limits_and_denies_nothing() -> None:
    icf = Profile(name="x").icf
    assert not icf
    assert [icf.timeout(operation) for operation in OPERATIONS] == [None] * len(OPERATIONS)
    assert [icf.denied(operation, "contact") for operation in OPERATIONS] == [None] * len(OPERATIONS)
    assert icf.attributes("contact") == icf.object_types == {}


@pytest.mark.connector_row("operation-timeout")
def test_milliseconds_become_seconds_and_minus_one_is_for_ever() -> None:
    assert ICF.timeout("SEARCH") == 60.0
    assert ICF.timeout("GET") == 2.5
    assert ICF.timeout("CREATE") is None
    assert ICF.timeout("DELETE") is None


@given(st.integers(-1, 86_400_000))
def test_a_timeout_as_text_is_the_same(milliseconds: int) -> None:
    number = IcfSettings({"operationTimeout": {"GET": milliseconds}})
    text = IcfSettings({"operationTimeout": {"GET": f" {milliseconds}"}})
    assert number.timeout("GET") == text.timeout("GET") == (milliseconds / 1000 if milliseconds > 0 else None)


@pytest.mark.connector_row("operation-denied")
def test_a_class_goes_before_the_general_rule_by_either_name() -> None:
    assert ICF.denied("DELETE") == "THROW"
    assert ICF.denied("DELETE", "contactProperties") == "THROW"
    assert ICF.denied("DELETE", "contact") is None
    assert ICF.denied("DELETE", "employer") == ICF.denied("DELETE", "company") == "DO_NOTHING"
    assert ICF.denied("UPDATE", "contact") is None
    assert ICF.denied("CREATE", "contact") is None


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"denied": True}, "THROW"),
        ({"denied": "true", "onDeny": None}, "THROW"),
        ({"denied": True, "onDeny": "DO_NOTHING"}, "DO_NOTHING"),
        ({"denied": True, "onDeny": "ALLOW"}, "DO_NOTHING"),
        ({"onDeny": "DO_NOTHING"}, None),
        ({"objectFeatures": {"contact": {"denied": True}}}, "THROW"),
        ({"onDeny": "DO_NOTHING", "objectFeatures": {"contact": {"denied": True}}}, "DO_NOTHING"),
        ({"denied": True, "objectFeatures": {"contact": {"operationOptionInfo": {}}}}, "THROW"),
    ],
)
def test_ways_to_deny(rule: dict[str, Any], expected: str | None) -> None:
    assert IcfSettings({"operationOptions": {"GET": rule}}).denied("GET", "contact") == expected


@pytest.mark.connector_row("object-types")
def test_object_types_rename_classes_and_attributes() -> None:
    assert {name: kind.native for name, kind in ICF.object_types.items()} == {
        "contact": "contact",
        "employer": "company",
    }
    assert {name: found.native for name, found in ICF.attributes("contact").items()} == {
        "mail": "__NAME__", "firstname": "firstname", "tags": "hs_tags", "born": "date_of_birth",
    }  # fmt: skip
    assert ICF.attributes("company") == ICF.attributes("employer") == {}


def test_flags_become_what_an_attribute_can_do() -> None:
    found = ICF.attributes("contact")
    assert (found["mail"].required, found["firstname"].required) == (True, False)
    assert (found["tags"].multivalued, found["tags"].returned) == (True, False)
    assert (found["born"].updateable, found["born"].creatable, found["born"].readable) == (False, True, True)


def test_the_uid_is_no_attribute() -> None:
    kind = {"contact": {"properties": {"uid": {"nativeName": "__UID__"}, "a": {}}}}
    assert list(IcfSettings({"objectTypes": kind}).attributes("contact")) == ["a"]
