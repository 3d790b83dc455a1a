"""Commands that need no HubSpot, as processes: exit codes, formats, errors in words."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.shell import COMMAND, Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_the_version_is_said_alike_everywhere(shell: Shell) -> None:
    first = shell.run("version").out
    assert first.startswith("hubspoke ")
    assert subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True).stdout == first
    assert shell.run("--version").out == first
    assert f"hubspoke {shell.run('version', '--json').json['hubspoke']}\n" == first


def test_the_version_imports_nothing_but_the_package() -> None:
    code = (
        "import sys; from screens.__main__ import main; main(['--version'])\n"
        "print(sorted(name for name in sys.modules if name.startswith(('console', 'screens', 'msgspec', 'argparse'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['console', 'screens', 'screens.__main__']"


def test_only_the_asked_subcommand_is_imported() -> None:
    code = (
        "import sys; from console.cli import main; main(['version'])\n"
        "print(sorted(name for name in sys.modules if name.startswith('console.cli.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout.splitlines()[-1].replace("'", '"'))
    assert "console.cli.version" in loaded
    assert not {"console.cli.plan", "console.cli.profile", "console.cli.simulator", "console.cli.demo"} & set(loaded)


@pytest.mark.parametrize(
    "words",
    [["frobnicate"], ["apply"], ["search", "person"], ["profile"], ["--nonsense"], ["runs", "list", "--limit", "x"]],
)
def test_nonsense_is_a_usage_error(shell: Shell, words: list[str]) -> None:
    done = shell.run(*words)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("hubspoke: ")
    assert "Traceback" not in done.err


def test_global_options_stand_before_or_after_the_subcommand(shell: Shell) -> None:
    for name in ("one", "two"):
        assert shell.run("profile", "add", name).code == 0
    assert shell.run("--profile", "two", "profile", "show", "--json").json["id"] == "two"
    assert shell.run("profile", "show", "--json", "--profile", "two").json["id"] == "two"
    assert shell.run("profile", "show", "--json").json["id"] == "one"


def test_profiles_from_the_first_to_the_last(shell: Shell) -> None:
    assert shell.run("profile", "list", "--json").json == []
    assert shell.run("profile", "add", "acme", "authentication=token", "displayName=Acme Inc.").code == 0
    assert shell.run("profile", "add", "acme").code == 1
    assert shell.run("profile", "set", "timeoutSeconds=30", "maximumConnections=auto").code == 0
    shown = shell.run("profile", "show", "--json").json
    assert (shown["id"], shown["timeoutSeconds"], shown["maximumConnections"]) == ("acme", 30.0, "auto")
    assert "Acme Inc." in shell.run("profile", "list").out
    assert shell.run("profile", "add", "other").code == 0
    assert shell.run("profile", "use", "other").code == 0
    assert [row["current"] for row in shell.run("profile", "list", "--json").json] == [False, True]
    assert shell.run("profile", "remove", "other").code == 0
    assert [row["id"] for row in shell.run("profile", "list", "--json").json] == ["acme"]


def test_an_unknown_setting_names_the_nearest(shell: Shell) -> None:
    shell.run("profile", "add", "acme")
    done = shell.run("profile", "set", "timeoutSecond=30")
    assert done.code == 2
    assert 'Unknown key "timeoutSecond"' in done.err
    assert "timeoutSeconds" in done.err
    assert shell.run("profile", "set", "timeoutSeconds").code == 2


def test_a_secret_is_no_setting(shell: Shell) -> None:
    shell.run("profile", "add", "acme")
    done = shell.run("profile", "set", "clientSecret=hunter2")
    assert done.code == 2
    assert "credentials set clientSecret" in done.err
    assert "hunter2" not in done.err


def test_without_a_profile_every_command_says_what_to_do(shell: Shell) -> None:
    for words in (["test"], ["search", "contact"], ["runs", "list"], ["credentials", "status"]):
        done = shell.run(*words)
        assert done.code == 1
        assert "no profile yet" in done.err
        assert "profile add" in done.err


def test_credentials_say_where_they_live_and_never_what_they_are(shell: Shell) -> None:
    shell.run("profile", "add", "acme", "authentication=token")
    shell.environ["HUBSPOKE_ACCESS_TOKEN"] = "canary-4711"
    done = shell.run("credentials", "status", "--json")
    assert done.code == 0
    assert {"id": "accessToken", "set": True, "source": "environment"} in done.json["secrets"]
    assert "canary-4711" not in done.out + done.err + shell.run("credentials", "status").out


def test_a_secret_that_is_typed_as_a_name_is_not_repeated(shell: Shell) -> None:
    shell.run("profile", "add", "acme")
    done = shell.run("credentials", "set", "pat-na1-canary")
    assert done.code == 2
    assert "canary" not in done.out + done.err


def test_a_vault_that_needs_a_passphrase_is_said_where_there_is_no_terminal(shell: Shell) -> None:
    shell.run("profile", "add", "acme", "authentication=token")
    done = shell.run("credentials", "set", "accessToken", given="canary")
    assert done.code == 1
    assert "no terminal to ask on" in done.err
    assert "HUBSPOKE_ACCESS_TOKEN" in done.err


def test_the_first_command_alone_needs_a_terminal(shell: Shell) -> None:
    done = shell.run()
    assert done.code == 2
    assert "Traceback" not in done.err
    assert "terminal" in done.err


def test_doctor_tells_what_is_here(shell: Shell) -> None:
    done = shell.run("doctor", "--json")
    assert done.code == 0
    assert {"terminal", "encoding", "python", "config", "state", "vault"} <= {finding["id"] for finding in done.json}
    assert shell.run("doctor").out.count("\n") >= 6


def test_sources_are_tested_and_previewed(shell: Shell) -> None:
    people = shell.folder / "people.csv"
    people.write_text("id;mail;name\n1;a@example.com;\x1b[31mAnn\n2;;Bo\n", encoding="utf-8")
    assert shell.run("sources", "test", "people.csv", "--json").json["kind"] == "csv"
    shown = shell.run("sources", "preview", "people.csv")
    assert shown.code == 0
    assert "\\x1b[31mAnn" in shown.out
    assert "\x1b" not in shown.out
    preview = shell.run("sources", "preview", "people.csv", "--json", "--rows", "1").json
    assert [column["id"] for column in preview["columns"]] == ["id", "mail", "name"]
    assert len(preview["rows"]) == 1
    missing = shell.run("sources", "test", "absent.csv")
    assert missing.code == 1
    assert "absent.csv" in missing.err


def test_a_password_in_a_source_url_is_refused_without_repeating_it(shell: Shell) -> None:
    done = shell.run("sources", "test", "ldaps://cn=admin:canary-77@ldap.example.com/dc=x")
    assert done.code == 1
    assert "credentials set" in done.err
    assert "canary-77" not in done.err


def test_a_reader_that_leaves_early_is_no_crash(shell: Shell) -> None:
    with shell.start("simulator", "--help") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_a_stream_that_is_not_utf8_gets_escapes(shell: Shell) -> None:
    shell.run("profile", "add", "acme", "displayName=Zoë")
    shell.environ |= {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = shell.run("profile", "list")
    assert done.code == 0
    assert "Zo\\xeb" in done.out


def test_the_unforeseen_is_one_line_and_a_report_without_values(shell: Shell) -> None:
    shell.run("profile", "add", "acme")
    code = (
        "import sys\nfrom console.cli import main\nimport console.cli.profile as module\n"
        "def broken(context):\n    secret = 'canary-in-a-local'\n    raise ZeroDivisionError('canary-in-the-message')\n"
        "module._list = broken\nsys.exit(main(sys.argv[1:]))"
    )
    words = [sys.executable, "-c", code, "--config", str(shell.config), "--state", str(shell.state)]
    done = subprocess.run([*words, "profile", "list"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "Traceback" not in done.stderr
    (report,) = (shell.state / "reports").iterdir()
    assert report.stem in done.stderr
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text()
    assert "builtins.ZeroDivisionError" in text
    assert "console/cli/__init__.py" in text
    assert "canary" not in text + done.stderr
    assert str(Path(os.sep) / "work") not in text
