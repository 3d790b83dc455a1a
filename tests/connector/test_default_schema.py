"""The two schemas: the built-in one, and the account's own with its age."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from console.connector import connector as module
from console.connector.default_schema import default_schema
from console.hubspot.errors import Invalid
from tests.connector.connector_parts import connected
from tests.support.simulator import Simulator, start_simulator

CONSOLE = Path(module.__file__).parents[1]


def test_the_built_in_schema_knows_what_every_account_has() -> None:
    contact, company = default_schema("contact"), default_schema("company")
    assert (len(contact), len(company)) == (84, 80)
    assert contact["email"].writable
    assert not contact["createdate"].writable
    assert not contact["hs_object_id"].writable
    assert contact["hs_email_domain"].calculated
    assert contact["hs_unique_creation_key"].unique
    assert [option.value for option in contact["lifecyclestage"].options][:2] == ["subscriber", "lead"]
    assert (company["numberofemployees"].type, contact["numemployees"].type) == ("number", "enumeration")
    assert contact["hs_language"].options == ()


def test_the_data_file_holds_facts_and_no_prose() -> None:
    text = (CONSOLE / "connector" / "data" / "default_schema.json").read_text(encoding="utf-8")
    rows = msgspec.json.decode(text, type=dict[str, list[list[object]]])
    assert set(rows) == {"contact", "company", "definition"}
    assert all(2 < len(row) < 7 and " " not in str(row[0]) for part in rows.values() for row in part)


def test_the_built_in_schema_agrees_with_an_account() -> None:
    """The simulator's portal was written from the same facts by another hand."""
    with start_simulator(contacts=0) as simulator:
        for cls, plural in (("contact", "contacts"), ("company", "companies")):
            for name, definition in default_schema(cls).items():
                live = simulator.get(f"/crm/v3/properties/{plural}/{name}").json
                assert (live["type"], live["fieldType"]) == (definition.type, definition.field_type)
                assert (live["modificationMetadata"]["readOnlyValue"] or live["calculated"]) is not definition.writable


@pytest.fixture(scope="module")
def crm() -> Simulator:  # type: ignore[misc]
    with start_simulator(contacts=2) as simulator:
        yield simulator


@pytest.mark.connector_row("built-in-schema")
async def test_without_read_schema_nobody_is_asked(crm: Simulator) -> None:
    before = crm.state()["requests"]
    async with connected(crm, read_schema=False) as connector:
        assert not connector.live_schema
        assert await connector.schema("contact") == default_schema("contact")
        assert await connector.schema("contact", fresh=True) == default_schema("contact")
        assert crm.state()["requests"] == before
        live = await connector.schema("contact", live=True)
    assert live["email"].label == "Email"


@pytest.mark.connector_row("live-schema", "schema")
async def test_the_accounts_own_schema_is_read_once_until_it_is_old(
    crm: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(crm, read_schema=True) as connector:
        assert connector.live_schema
        first = await connector.schema("company")
        assert first["name"].label == "Company name"
        assert await connector.at("interactive").schema("company") is first
        assert await connector.schema("company", fresh=True) is not first
        again = await connector.schema("company")
        monkeypatch.setattr(module, "SCHEMA_SECONDS", -1.0)
        assert await connector.schema("company") is not again


@pytest.mark.connector_row("schema")
async def test_definitions_have_one_form_in_every_account(crm: Simulator) -> None:
    async with connected(crm) as connector:
        found = await connector.schema("contactProperties")
        assert found == await connector.schema("companyProperties")
        with pytest.raises(Invalid, match="object class"):
            await connector.schema("deal")
    assert found["name"].unique
    assert "enumeration" in {option.value for option in found["type"].options}
    assert not found["calculated"].writable
