"""Scripts in the sandbox: what they can do, what is refused with its line, and what ends them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.connector.errors import IcfError, NotSupported, UnknownUid
from console.connector.script import (
    BadCall,
    Script,
    ScriptFailed,
    ScriptLimit,
    ScriptLimits,
    ScriptRefused,
)
from console.connector.script_monty import MontyRunner
from console.connector.script_values import NotPlain, plain

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@dataclass
class Shelf:
    """A host with one operation that answers, one that fails and one that takes its time."""

    operations: Sequence[str] = ("echo", "fail", "wait")
    configuration: Mapping[str, Any] = field(default_factory=lambda: {"apiVersion": "2026-09"})
    finished: list[str] = field(default_factory=list)

    async def call(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if name == "echo" and len(args) != 1:
            raise BadCall("echo takes one value")
        if name == "fail":
            raise UnknownUid("There is no contact 7.", uid="7")
        if name == "wait":
            await asyncio.sleep(args[0])
            self.finished.append(name)
        return args[0]


async def run(
    text: str, *, arguments: Mapping[str, Any] | None = None, host: Shelf | None = None, **limits: Any
) -> Any:
    said: list[str] = []
    bounds = ScriptLimits(**({"seconds": 10.0} | limits))
    result = await MontyRunner().run(Script(text, "job.py", arguments or {}), host or Shelf(), bounds, said.append)
    return ("".join(said), result) if said else result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 + 1", 2),
        ("x = 1", None),
        ("return {'a': (1, 2), 'b': None}", {"a": [1, 2], "b": None}),
        ("sorted({3, 1, 2})", [1, 2, 3]),
        ("import datetime\ndatetime.date(2026, 11, 21)", "2026-11-21"),
        ("import json\njson.loads('[1.5, true]')", [1.5, True]),
        ("import re\nre.sub('a', 'b', 'banana')", "bbnbnb"),
        ("def double(n):\n  return n * 2\n[double(n) for n in range(3)]", [0, 2, 4]),
        ("connector.echo('x')", "x"),
        ("connector.configuration['apiVersion']", "2026-09"),
        ("arguments['domain'].upper()", "ACME"),
    ],
)
async def test_a_script_computes_and_its_last_value_is_the_result(text: str, result: Any) -> None:
    assert await run(text, arguments={"domain": "acme"}) == result


async def test_what_a_script_prints_comes_as_it_comes() -> None:
    assert await run("print('one')\nprint('two', 3)\n'done'") == ("one\ntwo 3\n", "done")


@settings(max_examples=25)
@given(JSON)
def test_arguments_and_results_arrive_as_they_left(value: Any) -> None:
    assert asyncio.run(run("connector.echo(arguments['value'])", arguments={"value": value})) == value


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("import os", 1, 1),
        ("x = 1\nif x:\n  import socket", 3, 3),
        ("from subprocess import run", 1, 1),
        ("import urllib.request", 1, 1),
        ("y = 2\nopen('/etc/passwd')", 2, 1),
        ("open('/tmp/x', 'w').write('x')", 1, 1),
        ("\n\nexec('import os\\nos.environ')", 3, 1),
        ("eval(\"__import__('os')\")", 1, 0),
    ],
)
async def test_what_is_not_the_connectors_is_refused_with_its_line(text: str, line: int, column: int) -> None:
    with pytest.raises((ScriptRefused, ScriptFailed)) as caught:
        await run(text)
    assert caught.value.line == line
    if column:
        assert isinstance(caught.value, ScriptRefused)
        assert (caught.value.name, caught.value.http_status) == ("PermissionDenied", 403)


async def test_a_refusal_ends_the_script_even_where_it_would_catch_it() -> None:
    with pytest.raises(ScriptRefused) as caught:
        await run("try:\n  open('/etc/passwd')\nexcept BaseException:\n  pass\n'went on'")
    assert caught.value.line == 2
    assert "/etc/passwd" in caught.value.message


@pytest.mark.parametrize(
    "text", ["connector.__class__.__mro__", "().__class__.__bases__[0].__subclasses__()", "connector.call('x')"]
)
async def test_there_is_no_way_from_the_connector_to_the_host(text: str) -> None:
    with pytest.raises(IcfError):
        await run(text)


async def test_a_syntax_error_shows_line_and_caret() -> None:
    with pytest.raises(ScriptFailed) as caught:
        await run("a = 1\nprint('日本' + )\n")
    assert (caught.value.file, caught.value.line) == ("job.py", 2)
    assert caught.value.caret().splitlines() == ["print('日本' + )", " " * 13 + "^"]


async def test_an_error_of_the_script_shows_where_it_happened() -> None:
    with pytest.raises(ScriptFailed) as caught:
        await run("def half(n):\n  return 1 / n\n\nhalf(0)")
    assert caught.value.line == 2
    assert "ZeroDivisionError" in caught.value.message


@pytest.mark.parametrize(
    "text", ["while True:\n  pass", "import time\ntime.sleep(60)", "connector.wait(60)", "9**9**9"]
)
async def test_a_script_that_does_not_end_is_ended(text: str) -> None:
    began = time.monotonic()
    with pytest.raises(ScriptLimit) as caught:
        await run(text, seconds=0.5)
    assert time.monotonic() - began < 5
    assert caught.value.name == "OperationTimeout"
    assert "--" in caught.value.advice


async def test_no_worker_stays_behind_a_script_that_was_ended() -> None:
    with pytest.raises(ScriptLimit):
        await run("while True:\n  pass", seconds=0.3)
    children = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "comm="], capture_output=True, text=True, check=False
    ).stdout
    assert "monty" not in children


@pytest.mark.parametrize(
    ("text", "limits", "option"),
    [
        ("'a' * 10**9", {"memory": 16}, "--memory"),
        ("x = []\nwhile True:\n  x.append('y' * 1000)", {"memory": 16}, "--memory"),
        ("for n in range(11):\n  connector.echo(n)", {"calls": 10}, "--max-calls"),
        ("while True:\n  print('x' * 100)", {"output": 8}, "--max-output"),
        ("print('x' * 10_000)", {"output": 8}, "--max-output"),
    ],
)
async def test_limits_end_a_script_and_name_their_option(text: str, limits: dict[str, int], option: str) -> None:
    with pytest.raises(ScriptLimit) as caught:
        await run(text, **limits)
    assert option in caught.value.advice


async def test_deep_recursion_is_an_error_of_the_script() -> None:
    with pytest.raises(ScriptFailed, match="RecursionError"):
        await run("def f():\n  return f()\nf()")


async def test_an_operation_that_fails_keeps_its_class_and_gets_a_line() -> None:
    with pytest.raises(UnknownUid) as caught:
        await run("x = 1\nconnector.fail()")
    assert caught.value.uid == "7"
    assert getattr(caught.value, "place", "") == "job.py:2"


async def test_a_script_can_go_on_after_an_operation_failed() -> None:
    text = "try:\n  connector.fail()\nexcept LookupError as error:\n  told = str(error)\ntold"
    assert await run(text) == "UnknownUid: There is no contact 7."


async def test_an_operation_that_is_not_offered_is_not_supported() -> None:
    with pytest.raises(NotSupported) as caught:
        await run("connector.authenticate('ann', 'secret')")
    assert "echo, fail, wait" in caught.value.advice


async def test_a_wrong_call_is_told_at_its_line() -> None:
    with pytest.raises(ScriptFailed) as caught:
        await run("\nconnector.echo()")
    assert caught.value.line == 2
    assert "echo takes one value" in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "lambda: 1", "connector", "float('nan')", "{1: 'a'}", "b'bytes'", "import json\njson", "class A:\n  pass\nA()",
        "x = []\nfor n in range(60):\n  x = [x]\nx",
    ],
)  # fmt: skip
async def test_a_result_that_cannot_be_sent_on_is_refused(text: str) -> None:
    with pytest.raises(ScriptFailed, match="cannot be sent on"):
        await run(text)


@given(JSON)
def test_what_json_knows_is_plain_already(value: Any) -> None:
    assert plain(value) == value


def test_what_is_not_plain_is_named_by_its_place() -> None:
    with pytest.raises(NotPlain, match=r"the result\['a'\]\[1\] is a bytes"):
        plain({"a": [1, b"x"]})


@pytest.mark.parametrize("text", ["x = 1\0", "x" * 300_000])
async def test_what_is_no_script_is_not_run(text: str) -> None:
    with pytest.raises(ScriptFailed):
        await run(text)


def test_without_the_extra_the_message_says_how_to_install_it() -> None:
    code = (
        "import asyncio, sys\n"
        "sys.modules['pydantic_monty'] = None\n"
        "from console.connector.errors import Configuration\n"
        "from console.connector.script import Script, ScriptLimits\n"
        "from console.connector.script_monty import MontyRunner\n"
        "try:\n"
        "    asyncio.run(MontyRunner().run(Script('1'), None, ScriptLimits(), print))\n"
        "except Configuration as error:\n"
        "    print(error.advice)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'hubspoke[scripts]'" in done.stdout
