"""PATCH operations: every attribute ends with one whole value, and none is lost without a word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.connector.errors import InvalidAttributeValue, PreconditionFailed, UnsupportedOperation
from console.connector.patch import PatchOperation, fields_to_read, patched, read_operations
from console.connector.record_values import MultiCheckbox
from console.hubspot.model import PropertyDefinition
from tests.connector.operation_parts import address, operating, refused
from tests.support.simulator import Simulator, start_simulator

SEVERAL = MultiCheckbox(
    {
        "birds": PropertyDefinition(name="birds", type="enumeration", field_type="checkbox"),
        "city": PropertyDefinition(name="city"),
    }
)
OPTIONS = st.sampled_from(["heron", "kite", "owl", "rail", "tern"])
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(OPTIONS, min_size=1, max_size=3)),
        st.tuples(st.just("remove"), st.lists(OPTIONS, min_size=1, max_size=3)),
        st.tuples(st.just("replace"), st.lists(OPTIONS, max_size=3)),
        st.tuples(st.just("remove"), st.none()),
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator() as simulator:
        yield simulator


@given(st.sets(OPTIONS), CHANGES)
def test_several_values_are_the_set_that_the_operations_make_of_them(present: set[str], changes: list[Any]) -> None:
    expected = set(present)
    for operation, values in changes:
        if operation == "add":
            expected |= set(values)
        elif operation == "replace" or values is None:
            expected = set(values or ())
        else:
            expected -= set(values)
    operations = [PatchOperation(operation, "birds", values) for operation, values in changes]
    done = patched(operations, {"birds": ";".join(sorted(present)) or None}, SEVERAL)
    now = done.changes.get("birds", ";".join(present))
    assert set(SEVERAL.parts(now)) == expected


@pytest.mark.parametrize(
    ("present", "operations", "changes"),
    [
        ({"city": "Bern"}, [("add", "city", "Basel")], {"city": "Basel"}),
        ({"city": "Bern"}, [("remove", "city", None)], {"city": None}),
        ({"city": "Bern"}, [("remove", "city", "Bern")], {"city": None}),
        ({"city": "Bern"}, [("remove", "city", "Basel")], {}),
        ({"city": "Bern"}, [("replace", "city", None)], {"city": None}),
        ({"city": "Bern"}, [("replace", "city", "A"), ("remove", "city", "A")], {"city": None}),
    ],
)
def test_one_value_is_replaced_or_cleared(
    present: dict[str, str], operations: list[tuple[str, str, Any]], changes: dict[str, Any]
) -> None:
    done = patched([PatchOperation(*one) for one in operations], present, SEVERAL)
    assert done.changes == changes
    assert bool(done.notes) is not bool(changes), "what does nothing says so"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("replace", InvalidAttributeValue),
        ([{"operation": "replace"}], InvalidAttributeValue),
        ([{"operation": "replace", "field": "city"}], InvalidAttributeValue),
        ([{"operation": "add", "field": "city"}], InvalidAttributeValue),
        ([{"operation": "replace", "field": "/", "value": 1}], InvalidAttributeValue),
        ([{"operation": "replace", "field": "/address/city", "value": 1}], InvalidAttributeValue),
        ([{"operation": "increment", "field": "/visits", "value": 1}], UnsupportedOperation),
        ([{"operation": "move", "field": "/a", "from": "/b"}], UnsupportedOperation),
        ([{"operation": "transform", "field": "/a"}], UnsupportedOperation),
    ],
)
def test_what_is_no_operation_is_refused(body: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        read_operations(body, str)


def test_only_what_depends_on_the_present_values_is_read() -> None:
    operations = [
        PatchOperation("replace", "a", 1),
        PatchOperation("add", "city", "x"),
        PatchOperation("remove", "b"),
        PatchOperation("add", "birds", "x"),
        PatchOperation("remove", "city", "x"),
    ]
    assert fields_to_read(operations, SEVERAL) == ["birds", "city"]


def test_nothing_is_appended_to_one_value() -> None:
    (operation,) = read_operations([{"operation": "add", "field": "/city/-", "value": "x"}], str)
    with pytest.raises(InvalidAttributeValue, match="one value"):
        patched([operation], {}, SEVERAL)


@pytest.mark.connector_row("patch-replaces")
async def test_a_patch_is_one_write_and_loses_no_value(crm: Simulator) -> None:
    async with operating(crm) as operations:
        made = await operations.create(
            "contact",
            {"email": address(), "city": "Bern", "jobtitle": "X", "hs_buying_role": "CHAMPION;EXECUTIVE_SPONSOR"},
        )
        writes = len(crm.log())
        done = await operations.patch(
            "contact",
            made.uid,
            [
                {"operation": "add", "field": "/hs_buying_role/-", "value": "BLOCKER"},
                {"operation": "remove", "field": "/hs_buying_role", "value": ["CHAMPION"]},
                {"operation": "add", "field": "/city", "value": "Basel"},
                {"operation": "remove", "field": "/jobtitle"},
            ],
        )
    stored = crm.dump()[made.uid]
    assert set(stored["hs_buying_role"].split(";")) == {"EXECUTIVE_SPONSOR", "BLOCKER"}
    assert stored["city"] == "Basel"
    assert not stored.get("jobtitle")
    assert len(crm.log()) == writes + 1
    assert any("hs_buying_role: read, changed and written whole" in note for note in done.notes)


async def test_a_patch_keeps_to_the_version_given(crm: Simulator) -> None:
    async with operating(crm) as operations:
        made = await operations.create("contact", {"email": address(), "hs_buying_role": "CHAMPION"})
        crm.advance(5)
        crm.mutate("contacts", made.uid, hs_buying_role="OTHER")
        adding = [{"operation": "add", "field": "hs_buying_role", "value": "BLOCKER"}]
        with refused(PreconditionFailed):
            await operations.patch("contact", made.uid, adding, if_match=made.revision)
    assert crm.dump()[made.uid]["hs_buying_role"] == "OTHER"


async def test_the_name_is_not_removed_and_a_uid_not_patched(crm: Simulator) -> None:
    async with operating(crm) as operations:
        made = await operations.create("contact", {"email": address()})
        for field in ("email", "__NAME__", "_id"):
            with refused(InvalidAttributeValue):
                await operations.patch("contact", made.uid, [{"operation": "remove", "field": field}])
    assert crm.dump()[made.uid]["email"] == made.name
