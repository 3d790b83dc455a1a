"""Scripts against a simulated HubSpot: reading, dry writes, real writes, and what a profile denies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from console.connector.connector import Connector
from console.connector.errors import AlreadyExists, InvalidAttributeValue, PermissionDenied, UnknownUid
from console.connector.operations import Operations
from console.connector.script import Script, ScriptLimit, ScriptLimits
from console.connector.script_operation import ScriptOperation
from tests.connector.connector_parts import connected
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
async def connector(simulator: Simulator) -> AsyncIterator[Connector]:
    simulator.reset()
    async with connected(simulator) as found:
        yield found


async def run(connector: Connector, text: str, *, write: bool = False, **more: Any) -> tuple[Any, ScriptOperation]:
    operation = ScriptOperation(Operations(connector), write=write)
    limits = ScriptLimits(seconds=more.pop("seconds", 20.0))
    return await operation.run(Script(text, "job.py", more), limits, lambda _text: None), operation


def three(simulator: Simulator) -> list[str]:
    return [simulator.mutate("contacts", email=f"p{n}@example.com", city="Galle") for n in range(3)]


@pytest.mark.connector_row("script-on-connector", "script-connector-variable", "script-arguments", "script-result")
async def test_a_script_reads_with_the_connector_and_its_arguments(connector: Connector, simulator: Simulator) -> None:
    ids = three(simulator)
    text = (
        "found = connector.search('contact', 'email sw \"' + arguments['start'] + '\"', fields=['city'])\n"
        "one = connector.get('contact', found[0]['id'], ['email'])\n"
        "{'ids': [each['id'] for each in found], 'city': found[0]['properties']['city'], 'email': one['name'],\n"
        " 'version': connector.configuration['apiVersion'], 'ok': connector.test()['ok'],\n"
        " 'typed': [each['type'] for each in connector.schema('contact') if each['id'] == 'email']}"
    )
    result, operation = await run(connector, text, start="p")
    assert result["ids"] == ids
    assert (result["city"], result["email"], result["version"], result["ok"]) == (
        "Galle", "p0@example.com", "2026-09", True,
    )  # fmt: skip
    assert result["typed"]
    assert operation.writes == ()


async def test_no_secret_is_within_reach(connector: Connector, simulator: Simulator) -> None:
    result, _ = await run(connector, "str(connector.configuration) + str(arguments)")
    assert simulator.token not in result
    assert simulator.client_secret not in result


async def test_a_dry_run_lists_writes_and_sends_none(connector: Connector, simulator: Simulator) -> None:
    first, second, third = three(simulator)
    text = (
        "made = connector.create('contact', {'email': 'new@example.com'})\n"
        f"changed = connector.update('contact', '{first}', {{'city': 'Kandy'}})\n"
        f"gone = connector.delete('contact', '{second}')\n"
        f"[made, connector.get('contact', made['id']), changed, connector.get('contact', '{first}', ['city']), gone]"
    )
    before, writes_before = simulator.dump(), len(simulator.log())
    (made, again, changed, seen, gone), operation = await run(connector, text)
    assert simulator.dump() == before
    assert len(simulator.log()) == writes_before
    assert made == again
    assert (made["dry"], made["name"], changed["dry"], gone["dry"]) == (True, "new@example.com", True, True)
    assert (changed["properties"]["city"], seen["properties"]["city"]) == ("Kandy", "Kandy")
    assert [(write.operation, write.uid, write.dry) for write in operation.writes] == [
        ("create", "", True), ("update", first, True), ("delete", second, True),
    ]  # fmt: skip
    assert third in before


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("connector.create('contact', {'email': 'p0@example.com'})", AlreadyExists),
        ("connector.create('contact', {'firstname': 'Ann'})", InvalidAttributeValue),
        ("connector.update('contact', '{first}', {{'createdate': '2020-01-01'}})", InvalidAttributeValue),
        ("connector.update('contact', '{first}', {{'no_such': 'x'}})", InvalidAttributeValue),
        ("connector.update('contact', '{first}', {{'email': 'p1@example.com'}})", AlreadyExists),
        ("connector.delete('contact', '999999999')", UnknownUid),
        ("connector.associate('contact', '{first}', 'company', '999999999')", UnknownUid),
        ("connector.delete('contact', '{first}')\nconnector.get('contact', '{first}')", UnknownUid),
    ],
)
async def test_a_dry_write_is_refused_where_a_real_one_would_be(
    connector: Connector, simulator: Simulator, text: str, error: type[Exception]
) -> None:
    first, *_ = three(simulator)
    with pytest.raises(error):
        await run(connector, text.format(first=first) if "{first}" in text else text)
    assert first in simulator.dump()


async def test_with_write_the_writes_are_sent(connector: Connector, simulator: Simulator) -> None:
    first, second, _ = three(simulator)
    firm = simulator.mutate("companies", name="Firm")
    text = (
        "made = connector.create('contact', {'email': 'new@example.com', 'city': 'Jaffna'})\n"
        f"connector.update('contact', '{first}', {{'city': None}})\n"
        f"connector.delete('contact', '{second}')\n"
        f"connector.associate('contact', made['id'], 'company', '{firm}', label='primary')\n"
        "[made['id'], connector.associations('contact', made['id'], 'company')]"
    )
    (uid, linked), operation = await run(connector, text, write=True)
    held = simulator.dump()
    assert held[uid]["city"] == "Jaffna"
    assert not held[first].get("city")
    assert second not in held
    assert linked[0]["id"] == firm
    assert 1 in [each["typeId"] for each in linked[0]["types"]]
    assert [(write.operation, write.uid, write.dry) for write in operation.writes] == [
        ("create", uid, False), ("update", first, False), ("delete", second, False), ("associate", uid, False),
    ]  # fmt: skip


async def test_a_write_under_way_ends_before_the_script_is_ended(connector: Connector, simulator: Simulator) -> None:
    simulator.settings(latency=0.8)
    operation = ScriptOperation(Operations(connector), write=True)
    text = "connector.create('company', {'name': 'Slow'})\nwhile True:\n  pass"
    with pytest.raises(ScriptLimit):
        await operation.run(Script(text), ScriptLimits(seconds=0.5), lambda _text: None)
    simulator.settings(latency=0.0)
    assert [write.operation for write in operation.writes] == ["create"]
    assert [values["name"] for values in simulator.dump("companies").values()] == ["Slow"]
    await asyncio.sleep(0)


@pytest.mark.connector_row("script-sandbox")
async def test_the_writes_before_a_failure_are_told(connector: Connector) -> None:
    operation = ScriptOperation(Operations(connector), write=True)
    text = "connector.create('company', {'name': 'First'})\nopen('/etc/passwd')"
    with pytest.raises(PermissionDenied):
        await operation.run(Script(text), ScriptLimits(), lambda _text: None)
    assert [write.properties["name"] for write in operation.writes] == ["First"]
