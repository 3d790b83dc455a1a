"""From a directory to HubSpot by the command: the secret from the vault's stand-in, and nothing half done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import Shell, connected
from tests.support.cutting_line import cutting_line
from tests.support.directory import PEOPLE, READER, READER_PASSWORD, Directory, running_directory
from tests.support.simulator import Simulator, start_simulator

COUNT = 1200
MAPPING = """\
version = 1
name = "directory-to-contacts"
source = '{source}'
source_id = "entryUUID"
target = "contact"
correlate = ["email"]

[types]
departmentNumber = "int"

[properties]
email = 'source.mail.lowerAscii()'
firstname = 'source.givenName'
lastname = 'source.sn'
phone = {{ value = 'source.telephoneNumber', when = 'has(source.telephoneNumber)' }}
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    with running_directory(tmp_path_factory.mktemp("slapd") / "here", COUNT) as running:
        yield running


@pytest.fixture
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    shell = connected(tmp_path, hubspot)
    shell.environ["HUBSPOKE_SOURCE_HR"] = f"{READER}:{READER_PASSWORD}"
    return shell


def mapped(shell: Shell, source: str) -> str:
    """A mapping of that source; its path."""
    path = shell.folder / "directory.toml"
    path.write_text(MAPPING.format(source=source))
    return str(path)


def test_people_of_a_directory_become_contacts_and_stay_so(
    shell: Shell, hubspot: Simulator, directory: Directory
) -> None:
    source = directory.url(settings="credentials=hr")
    tested = shell.run("sources", "test", source, "--json")
    assert (tested.code, tested.json["kind"], tested.json["notes"]) == (0, "ldap", [])
    preview = shell.run("sources", "preview", source, "--rows", "1", "--json").json
    assert preview["rows"][0]["values"]["dn"] == f"uid=p1,{PEOPLE}"
    mapping = mapped(shell, source)
    assert shell.run("mapping", "check", mapping).code == 0
    done = shell.run("provision", mapping, "--yes")
    assert done.code == 0, done.err
    contacts = {values["email"]: values for values in hubspot.dump().values() if "email" in values}
    assert sum(email.startswith("p") and email.endswith("@example.org") for email in contacts) == COUNT
    assert contacts["p8@example.org"]["phone"] == "+94 11 2000008"
    again = shell.run("plan", mapping, "--json")
    assert (again.code, again.json["writes"], again.json["read"]) == (0, 0, COUNT)


def test_a_plan_whose_directory_is_lost_or_locked_leaves_nothing_behind(
    shell: Shell, hubspot: Simulator, directory: Directory
) -> None:
    # the server's own entry, which is read first, is one more
    with cutting_line(directory.ldap, 1 + 731) as port:
        mapping = mapped(shell, directory.url(scheme="ldap", port=port, settings="credentials=hr"))
        lost = shell.run("plan", mapping)
    assert lost.code == 1
    assert "dropped the connection (after 731 records, which are not used)" in lost.err
    assert "Plan again" in lost.err
    shell.environ["HUBSPOKE_SOURCE_HR"] = f"{READER}:canary-wrong"
    locked = shell.run("plan", mapped(shell, directory.url(settings="credentials=hr")))
    assert locked.code == 1
    assert "credentials set source/hr" in locked.err
    assert "canary" not in locked.err + locked.out
    assert hubspot.dump() == {}
    assert json.loads(shell.run("runs", "list", "--json").out) == []
