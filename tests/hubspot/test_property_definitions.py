"""Property definitions and groups, whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console.hubspot.errors import Conflict, Invalid, NotFound, OutcomeUnknown, Unexpected
from tests.support.hubspot_parts import MemorySecrets, opened
from tests.support.scripted_server import Reply, ScriptedServer
from tests.support.simulator import Simulator, start_simulator

TIER = {"name": "tier", "label": "Tier", "type": "string", "fieldType": "text", "groupName": "ours"}


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator() as simulator:
        yield simulator


@pytest.mark.parametrize("version", ["2026-09", "v3"])
async def test_groups_and_definitions_live_and_go(crm: Simulator, version: str) -> None:
    crm.reset()
    async with opened(crm.url, MemorySecrets(values={"accessToken": crm.token}), api_version=version) as hubspot:
        api = hubspot.definitions("contacts")
        await api.create_group({"name": "ours", "label": "Ours"})
        made = await api.create(TIER)
        changed = await api.update("tier", {"label": "Level"})
        with pytest.raises(Conflict):
            await api.create(TIER)
        with pytest.raises(Invalid):
            await api.archive_group("ours")
        await api.archive("tier")
        archived = await api.list(archived=True)
        with pytest.raises(NotFound):
            await api.read("tier")
        renamed = await api.update_group("ours", {"label": "Theirs"})
        await api.archive_group("ours")
        groups = await api.groups()
        names = {one["name"] for one in await api.list()}
    assert (made["label"], changed["label"], renamed["label"]) == ("Tier", "Level", "Theirs")
    assert [one["name"] for one in archived] == ["tier"]
    assert "ours" not in {group["name"] for group in groups}
    assert "tier" not in names
    assert "email" in names


async def test_an_answer_without_the_definition_is_no_success() -> None:
    async with ScriptedServer([Reply(201, {"label": "?"})]) as server, opened(server.url) as hubspot:
        api = hubspot.definitions("companies")
        with pytest.raises(OutcomeUnknown):
            await api.create(TIER)
        with pytest.raises(Unexpected):
            await api.read("tier")
        with pytest.raises(Unexpected):
            await api.list()
