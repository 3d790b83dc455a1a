"""`hubspoke schema`: which of the two schemas it is, of every class that has one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import Shell, connected
from tests.support.simulator import start_simulator


@pytest.mark.connector_row("schema", "built-in-schema", "live-schema")
def test_both_schemas_say_whose_they_are(tmp_path: Path) -> None:
    with start_simulator(contacts=1) as hubspot:
        shell = connected(tmp_path, hubspot)
        live = shell.run("schema", "contact")
        assert "the account's own" in live.err
        assert "Email" in live.out
        before = hubspot.state()["requests"]
        shell.run("profile", "set", "readSchema=false")
        built_in = shell.run("schema", "contact")
        assert "built-in schema" in built_in.err
        rows = shell.run("schema", "company", "--json").json
        assert hubspot.state()["requests"] == before
        assert {row["source"] for row in rows} == {"built-in"}
        (stage,) = [row for row in rows if row["id"] == "lifecyclestage"]
        assert stage["options"][0]["id"] == "subscriber"
        again = shell.run("schema", "contact", "--refresh", "--json").json
        assert {row["source"] for row in again} == {"account"}


def test_the_built_in_schema_needs_no_secrets_and_no_network(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.run("profile", "add", "acme", "readSchema=false")
    assert shell.run("schema", "contact").code == 0
    shell.run("profile", "set", "readSchema=true")
    for cls in ("contactProperties", "companyProperties"):
        rows = shell.run("schema", cls, "--json").json
        assert {"name", "type", "fieldType", "options", "hasUniqueValue"} <= {row["id"] for row in rows}
    assert shell.run("schema", "deal").code == 2
