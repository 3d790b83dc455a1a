"""`hubspoke script`: dry by default, bounded, with results and refusals that a shell can use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import Shell, connected
from tests.support.simulator import Simulator, start_simulator

COUNT = """
found = connector.search("contact", 'email ew "@' + arguments["domain"] + '"', fields=["email"], limit=1000)
print(len(found), "found")
for each in found:
    connector.update("contact", each["id"], {"company": "Acme"})
{"count": len(found)}
"""


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    hubspot.reset()
    (tmp_path / "count.py").write_text(COUNT)
    return connected(tmp_path, hubspot)


def people(hubspot: Simulator) -> list[str]:
    return [hubspot.mutate("contacts", email=f"p{n}@acme.example") for n in range(3)]


@pytest.mark.connector_row("script-on-connector", "script-arguments", "script-result")
def test_a_script_lists_its_writes_and_sends_them_when_told_to(shell: Shell, hubspot: Simulator) -> None:
    ids = people(hubspot)
    dry = shell.run("script", "count.py", "--arg", "domain=acme.example")
    assert (dry.code, dry.out) == (0, '{\n  "count": 3\n}\n'), dry.err
    assert "3 found" in dry.err
    assert f"would update contact {ids[0]} company=Acme" in dry.err
    assert "3 writes were not sent. Add --write to send them." in dry.err
    assert not any("company" in values for values in hubspot.dump().values())
    document = shell.run("script", "count.py", "--arg", "domain=acme.example", "--json", "--write").json
    assert document["result"] == {"count": 3}
    assert document["dryRun"] is False
    assert document["output"] == "3 found\n"
    assert [write["id"] for write in document["writes"]] == ids
    assert [hubspot.dump()[uid]["company"] for uid in ids] == ["Acme"] * 3


@pytest.mark.connector_row("script-sandbox")
@pytest.mark.parametrize(
    ("text", "icf", "line", "words"),
    [
        ("x = 1\nwhile True:\n  pass", "OperationTimeout", None, "--timeout"),
        ("x = 1\nimport os", "PermissionDenied", 2, "may not import os"),
        ("x = 1\nopen('/etc/passwd')", "PermissionDenied", 2, "no files"),
        ("x = (1,\ny = 2", "Connector", 2, "^"),
        ("connector.get('contact', '999999999')", "UnknownUid", None, "script:1"),
        ("lambda: 1", "Connector", None, "cannot be sent on"),
    ],
)
def test_what_a_script_may_not_do_is_told_with_its_line(
    shell: Shell, text: str, icf: str, line: int | None, words: str
) -> None:
    done = shell.run("script", "-", "--timeout", "1", "--json", given=text)
    error = done.json["error"]
    assert (done.code, error["icfError"]) == (1, icf), done.err
    if line is not None:
        assert error["line"] == line
        assert f"script:{line}" in done.err
    assert words in done.err


@pytest.mark.connector_row("not-implemented")
@pytest.mark.parametrize(
    "call", ["sync('contact')", "authenticate('ann', 'x')", "resolve_username('ann')", "script_on_resource('x')"]
)
def test_operations_that_the_connector_does_not_have_are_not_supported(shell: Shell, call: str) -> None:
    error = shell.run("script", "-", "--json", given=f"connector.{call}").json["error"]
    assert (error["icfError"], error["httpStatus"]) == ("NotSupported", 501)


@pytest.mark.parametrize(
    "words",
    [
        ("count.py", "--arg", "domain"),
        ("count.py", "--arg", "a=1", "--arg", "a=2"),
        ("count.py", "--timeout", "0"),
        ("count.py", "--memory", "100000"),
        ("binary.py",),
    ],
)
def test_a_wrong_call_is_a_usage_error(shell: Shell, words: tuple[str, ...]) -> None:
    (shell.folder / "binary.py").write_bytes(b"\xff\xfe\x00")
    done = shell.run("script", *words)
    assert done.code == 2, done.err


def test_a_missing_file_is_named(shell: Shell) -> None:
    done = shell.run("script", "nowhere.py")
    assert done.code == 1
    assert "nowhere.py" in done.err


def test_what_a_script_prints_cannot_steer_the_terminal(shell: Shell) -> None:
    done = shell.run("script", "-", given="print('\\x1b[31mred')\n'\\x1b]0;title\\x07'")
    assert done.code == 0
    assert "\x1b" not in done.out + done.err


def test_the_writes_and_the_line_stand_in_the_document_of_a_failure_too(shell: Shell, hubspot: Simulator) -> None:
    text = "values = {'email': 'twice@acme.example'}\nconnector.create('contact', values)\nconnector.create('contact', values)"
    (shell.folder / "twice.py").write_text(text)
    error = shell.run("script", "twice.py", "--write", "--json").json["error"]
    (uid,) = hubspot.dump()
    assert (error["icfError"], error["line"], error["existingId"]) == ("AlreadyExists", 3, uid)
    assert [(write["operation"], write["id"], write["outcomeUnknown"]) for write in error["writes"]] == [
        ("create", uid, False)
    ]
