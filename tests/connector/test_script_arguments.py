"""Scripts that call the connector with what it does not take, and writes of which nobody knows the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from console.connector.connector import Connector
from console.connector.errors import OperationTimeout, UnknownUid
from console.connector.operations import Operations
from console.connector.script import Script, ScriptFailed, ScriptLimit, ScriptLimits
from console.connector.script_operation import ScriptOperation
from tests.connector.connector_parts import connected
from tests.support.simulator import Simulator, start_simulator

WRONG = [
    "get('contact', 1001)", "get('contact', ['1001'])", "get('contact', None)", "get(['contact'], '1')",
    "search('contact', 5)", "search('contact', 'true', sort=5)", "search('contact', limit=True)",
    "create(7, {'email': 'a@example.com'})", "update('contact', 1001, {'firstname': 'x'})", "update('contact', '', {})",
    "delete(['contact'], '1')", "delete('contact', {})", "associate('contact', '1', 'company', 1)",
    "associate('contact', '1', ['company'], '1')", "dissociate('contact', '1', 'company', '1', label=[1])",
    "associations('contact', 1, 'company')", "schema(['contact'])",
]  # fmt: skip


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
async def connector(simulator: Simulator) -> AsyncIterator[Connector]:
    simulator.reset()
    simulator.faults()
    async with connected(simulator) as found:
        yield found


async def run(connector: Connector, text: str, *, write: bool = False, seconds: float = 20.0) -> tuple[Any, Any]:
    operation = ScriptOperation(Operations(connector), write=write)
    return await operation.run(Script(text), ScriptLimits(seconds=seconds), lambda _text: None), operation


@pytest.mark.parametrize("write", [False, True])
async def test_an_argument_of_another_kind_is_the_scripts_mistake(connector: Connector, write: bool) -> None:
    caught = "\n".join(f"try:\n  connector.{call}\nexcept TypeError:\n  n += 1" for call in WRONG)
    result, operation = await run(connector, f"n = 0\n{caught}\nn", write=write)
    assert result == len(WRONG)
    assert operation.writes == ()
    with pytest.raises(ScriptFailed, match="TypeError"):
        await run(connector, f"connector.{WRONG[0]}", write=write)


@pytest.mark.parametrize("write", [False, True])
async def test_a_dry_uid_that_was_never_given_is_nobodys(connector: Connector, write: bool) -> None:
    with pytest.raises(UnknownUid):
        await run(connector, "connector.get('contact', 'dry-9')", write=write)


async def test_a_write_whose_answer_was_lost_is_listed_as_such(connector: Connector, simulator: Simulator) -> None:
    simulator.faults("reset=1x@POST:/crm/objects")
    text = "try:\n  connector.create('company', {'name': 'Heron'})\nexcept TimeoutError:\n  pass\n1"
    _, operation = await run(connector, text, write=True)
    (write,) = operation.writes
    assert (write.operation, write.properties, write.uncertain, write.dry) == ("create", {"name": "Heron"}, True, False)
    simulator.faults("reset=1x@POST:/crm/objects")
    with pytest.raises(OperationTimeout):
        await run(connector, "connector.create('company', {'name': 'Heron'})", write=True)


async def test_an_association_under_way_at_the_end_is_listed(connector: Connector, simulator: Simulator) -> None:
    person, firm = simulator.mutate("contacts", email="a@example.com"), simulator.mutate("companies", name="Heron")
    operation = ScriptOperation(Operations(connector), write=True)
    simulator.settings(latency=0.8)
    with pytest.raises(ScriptLimit):
        await operation.run(
            Script(f"connector.associate('contact', '{person}', 'company', '{firm}')\nwhile True: pass"),
            ScriptLimits(seconds=0.5),
            lambda _text: None,
        )
    simulator.settings(latency=0.0)
    assert [(write.operation, write.uid) for write in operation.writes] == [("associate", person)]
    await asyncio.sleep(0)
