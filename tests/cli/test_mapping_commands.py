"""`mapping import`, `edit` and `rename` as commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.provisioning.errors import PlanRefused
from console.provisioning.renaming import renamed_line
from tests.cli.shell import Shell, connected
from tests.support.people import write_people
from tests.support.simulator import Simulator, start_simulator

SYNC = Path(__file__).parents[1] / "provisioning" / "data" / "sync.json"
PEOPLE = 12


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    hubspot.reset()
    return connected(tmp_path, hubspot)


def editor(folder: Path, script: str) -> str:
    """A program that edits as sed does."""
    path = folder / "an editor.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return f"'{path}'"


def test_import_to_standard_output_and_into_the_folder(shell: Shell) -> None:
    shown = shell.run("mapping", "import", str(SYNC))
    assert shown.code == 0, shown.err
    assert 'name = "managedUser_systemHubspotContact"' in shown.out
    assert "13 things were not carried" in shown.err
    kept = shell.run("mapping", "import", str(SYNC), "--write", "idm", "--source", "people.csv")
    assert "mappings[1].onUpdate: " in kept.out
    assert (shell.config / "mappings" / "idm.toml").stat().st_mode & 0o777 == 0o600
    assert shell.run("mapping", "import", str(SYNC), "--write", "idm").code == 1
    document = shell.run("mapping", "import", str(SYNC), "--json").json
    assert {"path": "mappings[1].reviewedBy", "what": "security", "why": "an unknown key", "decide": True} in document[
        "notCarried"
    ]
    reverse = shell.run("mapping", "import", str(SYNC), "--mapping", "systemHubspotContact_managedUser")
    assert reverse.code == 1
    assert "hubspoke pull contact --to people:" in reverse.err


def test_an_imported_mapping_plans(shell: Shell) -> None:
    (shell.folder / "people.jsonl").write_text(
        '{"_id": "1", "mail": "Ann@X.org", "accountStatus": "active", "givenName": "Ann", "sn": "Li"}\n'
        '{"_id": "2", "mail": "bo@x.org", "accountStatus": "inactive"}\n'
    )
    done = shell.run("mapping", "import", str(SYNC), "--write", "idm", "--source", str(shell.folder / "people.jsonl"))
    assert done.code == 0, done.err
    plan = shell.run("plan", "idm", "--json")
    assert plan.code == 0, plan.err
    assert (plan.json["situations"]["ABSENT"], plan.json["situations"]["SOURCE_IGNORED"]) == (1, 1)


def test_edit_opens_the_editor_and_checks(shell: Shell) -> None:
    write_people(shell.folder, 2)
    name = "./people-to-contacts.toml"
    shell.environ["EDITOR"] = editor(shell.folder, "sed -i 's/source\\./sorce./' \"$1\"")
    wrong = shell.run("mapping", "edit", name)
    assert wrong.code == 1
    assert "sorce" in wrong.out
    assert "problems." in wrong.err
    shell.environ["VISUAL"] = editor(shell.folder, "sed -i 's/sorce\\./source./' \"$1\"")
    assert shell.run("mapping", "edit", name).code == 0
    shell.environ["VISUAL"] = "true"
    assert "Nothing was changed" in shell.run("mapping", "edit", name).err
    shell.environ["VISUAL"] = "false"
    assert "ended with 1" in shell.run("mapping", "edit", name).err
    shell.environ |= {"VISUAL": "/no/such/program"}
    assert "cannot be started" in shell.run("mapping", "edit", name).err
    shell.environ |= {"VISUAL": "", "EDITOR": ""}
    assert shell.run("mapping", "edit", name).code == 2
    assert "there is no mapping 'nobody'" in shell.run("mapping", "edit", "nobody").err


def test_rename_takes_the_links_along(shell: Shell, hubspot: Simulator) -> None:
    write_people(shell.folder, PEOPLE)
    text = (shell.folder / "people-to-contacts.toml").read_text().replace('source = "', f'source = "{shell.folder}/', 1)
    home = shell.config / "mappings"
    home.mkdir(mode=0o700)
    (home / "people-to-contacts.toml").write_text(text)
    (home / "other.toml").write_text(
        'version = 1\nname = "other"\nsource = "x.csv"\nsource_id = "id"\ntarget = "contact"\ncorrelate = ["email"]\n'
        "[properties]\nemail = 'source.mail'\n[[associate]]\nclass = \"company\"\nkey = 'source.firm'\n"
        'mapping = "people-to-contacts"\n'
    )
    assert shell.run("provision", "people-to-contacts", "--yes").code == 0
    source = next(shell.folder.glob("*.csv"))
    lines = source.read_text().splitlines(keepends=True)
    source.write_text("".join(lines[:-1]))  # somebody left: only the plan that created them knows who it was
    done = shell.run("mapping", "rename", "people-to-contacts", "staff", "--json")
    assert done.code == 0, done.err
    expected = {"id": "staff", "path": str(home / "staff.toml"), "links": PEOPLE, "left": 0, "namedBy": ["other"]}
    assert done.json == expected
    assert not (home / "people-to-contacts.toml").exists()
    assert (home / "staff.toml").read_text() == text.replace('name = "people-to-contacts"', 'name = "staff"')
    plan = shell.run("plan", "staff", "--json")
    assert plan.json["situations"] == {"CONFIRMED": PEOPLE - 1, "SOURCE_MISSING": 1}
    assert shell.run("mapping", "rename", "staff", "other").code == 1
    assert shell.run("mapping", "rename", "staff", "no/name").code == 1
    back = shell.run("mapping", "rename", "staff", "people-to-contacts")
    assert f"{PEOPLE} links went along" in back.err
    few = shell.run("mapping", "rename", "people-to-contacts", "staff", "--leave", "3")
    assert "every link can go along" in few.err


@pytest.mark.parametrize("name", ["new", "a.b-c_d"])
@pytest.mark.parametrize(
    "line", ['name = "old"', "name='old' # the identity", '"name"   =   "old"', "\ufeffname = 'old'\r"]
)
def test_only_the_one_line_is_changed(line: str, name: str) -> None:
    before = f"{line}\n# a note\r\nversion=1\n\n[properties]\nname = 'source.name'\n".encode()
    if line.startswith("\ufeff"):
        with pytest.raises(PlanRefused):
            renamed_line(before, name)
        return
    after = renamed_line(before, name)
    assert after.split(b"\n")[1:] == before.split(b"\n")[1:]
    assert after.split(b"\n")[0].replace(name.encode(), b"old").replace(b'"old"', b"'old'") == line.encode().replace(
        b'"old"', b"'old'"
    )
