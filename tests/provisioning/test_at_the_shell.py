"""Planning at the command line: explain, links by hand, parts of a plan, and a plan as a page."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.cli.shell import Shell, connected
from tests.provisioning.plan_support import HEADER, MAPPING
from tests.support.simulator import Simulator


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    shell = connected(tmp_path, hubspot)
    (tmp_path / "people.toml").write_text(MAPPING)
    (tmp_path / "people.csv").write_text(
        f"{HEADER}\n1,<b>@x.org,A,B,,true\n2,b@x.org,=cmd(),<script>,,true\n3,c@x.org,C,D,,false\n"
    )
    return shell


def test_a_person_explained_and_linked(shell: Shell, hubspot: Simulator) -> None:
    uid = hubspot.post("/crm/v3/objects/contacts", {"properties": {"email": "b@x.org"}}).json["id"]
    out = shell.run("explain", "people.toml", "3")
    assert ("OUT OF SCOPE" in out.out, "NO  active eq true" in out.out, out.code) == (True, True, 0)
    found = shell.run("explain", "people.toml", "2", "--json").json
    assert (found["situation"], found["action"], found["uid"]) == ("FOUND", "UPDATE", uid)
    assert [row["id"] for row in shell.run("mapping", "link", "people.toml", "2", "--json").json] == [uid]
    assert shell.run("mapping", "link", "people.toml", "2", uid, "--json").json["id"] == uid
    assert shell.run("mapping", "unlink", "people.toml", "2").code == 0
    nobody = shell.run("plan", "people.toml", "--only", "99")
    assert (nobody.code, "source id 99" in nobody.err) == (1, True)
    assert shell.run("plan", "people.toml", "--discover", "--only", "2").code == 2


def test_a_plan_as_a_page_and_as_data(shell: Shell) -> None:
    plan = shell.run("plan", "people.toml", "--lane", "list", "--exclude", "3", "--json").json
    assert (plan["lane"]["id"], plan["actions"]) == ("list", {"CREATE": 1, "EXCEPTION": 1, "IGNORE": 1})
    page = shell.run("diff", plan["id"], "--format", "html").out
    assert page.startswith("<!doctype html>")
    assert "default-src 'none'" in page
    assert ("<script>" in page, "&lt;script&gt;" in page) == (False, True)
    rows = list(csv.DictReader(io.StringIO(shell.run("diff", plan["id"], "--all", "--format", "csv").out)))
    assert {(row["sourceId"], row["action"]) for row in rows} == {("1", "EXCEPTION"), ("2", "CREATE"), ("3", "IGNORE")}
    lines = shell.run("diff", plan["id"], "--jsonl").lines
    assert [line["sourceId"] for line in lines] == ["1", "2"]
