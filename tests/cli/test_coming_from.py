"""The commands of the pages for those who come from another product, run as they stand there."""

from __future__ import annotations

import csv
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.provisioning.expressions import compile_expression
from console.provisioning.mapping import parse
from tests.cli.shell import Shell, connected
from tests.support.simulator import Simulator, start_simulator

HOUSE = Path(__file__).parents[2]
IDM = "idm+https://idm.example.org/openidm/managed/user"
USERS = (
    '{"_id": "1", "mail": "Ann@X.org", "accountStatus": "active", "givenName": "Ann", "sn": "Li", "title": "Boss"}\n'
    '{"_id": "2", "mail": "bo@x.org", "accountStatus": "inactive"}\n'
)


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    hubspot.reset()
    return connected(tmp_path, hubspot)


def commands(page: str) -> list[list[str]]:
    """The commands of the console blocks, word by word."""
    text = (HOUSE / "docs" / page).read_text()
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    assert len(lines) >= 5
    return [shlex.split(line)[1:] for line in lines]


def walk(shell: Shell, page: str) -> None:
    """Run all of them, each of which must succeed."""
    for words in commands(page):
        done = shell.run(*(str(shell.folder / "users.jsonl") if word == IDM else word for word in words))
        assert done.code == 0, (words, done.err, done.out)


def names(hubspot: Simulator) -> dict[str, str]:
    """First names by address."""
    return {address: one.get("firstname") or "" for address, one in hubspot.by_email().items()}


def test_coming_from_pingidm(shell: Shell, hubspot: Simulator) -> None:
    shutil.copy(HOUSE / "tests" / "provisioning" / "data" / "sync.json", shell.folder)
    (shell.folder / "users.jsonl").write_text(USERS)
    hubspot.post("/crm/v3/objects/contacts", {"properties": {"email": "ann@x.org", "firstname": "Before"}})
    walk(shell, "coming-from-pingidm.md")
    assert names(hubspot) == {"ann@x.org": "Ann"}
    with (shell.folder / "contacts.csv").open() as stream:
        assert [(row["mail"], row["givenName"]) for row in csv.DictReader(stream)] == [("ann@x.org", "Ann")]


def test_coming_from_wso2(shell: Shell, hubspot: Simulator) -> None:
    with (shell.folder / "users.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        claims = ("userid", "username", "givenname", "lastname", "emailaddress", "mobile")
        writer.writerow([f"http://wso2.org/claims/{claim}" for claim in claims])
        writer.writerow(["00-1", "PRIMARY/ann", "Ann", "Li", "ann@x.org", "+94712345678"])
        writer.writerow(["00-2", "PRIMARY/bo", "Bo", "Do", "bo@x.org", ""])
    hubspot.post("/crm/v3/objects/contacts", {"properties": {"email": "ann@x.org", "firstname": "ann@x.org"}})
    walk(shell, "coming-from-wso2.md")
    assert names(hubspot) == {"ann@x.org": "Ann", "bo@x.org": "Bo"}


@pytest.mark.parametrize("page", ["coming-from-pingidm.md", "coming-from-wso2.md"])
def test_expressions_and_scopes_of_the_tables_are_right(page: str) -> None:
    text = (HOUSE / "docs" / page).read_text()
    for expression in re.findall(r"`((?:coalesce|regexReplace|options)\(source.*?)`", text):
        assert compile_expression(expression)
    head = 'version = 1\nname = "m"\nsource = "x.csv"\nsource_id = "id"\nallow_unkeyed_creates = true\n'
    for scope in re.findall(r"`(/[\w/]+ eq .*?)`", text):
        assert parse(f"{head}scope = '{scope}'\n[properties]\nfirstname = 'source.a'\n", Path("/m.toml")).filter
    for row in re.findall(r"`(\w+ = (?:'source|\{).*?)`", text):
        assert parse(f"{head}[properties]\n{row}\n", Path("/m.toml")).rows
    person = {"userName": "PRIMARY/ann", "groups": [{"display": "a"}, {"display": "b"}]}
    assert compile_expression('regexReplace(source.userName, "^[^/]*/", "")').eval(person) == "ann"
    assert compile_expression("options(source.groups.map(g, g.display))").eval(person) == "a;b"
