"""Answers about associations that say less than was asked: what they leave out is read, and what goes round ends."""

from __future__ import annotations

from typing import Any

import pytest

from console.hubspot.associations import Pair
from console.hubspot.errors import Unexpected, Unmentioned
from tests.support.hubspot_parts import opened
from tests.support.scripted_server import Received, Reply, ScriptedServer

UNLABELLED = {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}
BILLING = {"category": "HUBSPOT_DEFINED", "typeId": 931, "label": "Billing contact"}


def reads(ids: list[str], there: dict[str, list[dict[str, Any]]]) -> Reply:
    """Those of `there` are associated with company 9."""
    results = [{"from": {"id": one}, "to": [{"toObjectId": 9, "associationTypes": there[one]}]} for one in ids if one in there]  # fmt: skip
    errors = [
        {"status": "error", "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND", "context": {"fromObjectId": [one]}}
        for one in ids
        if one not in there
    ]
    return Reply(207 if errors else 200, {"status": "COMPLETE", "results": results, "errors": errors})


async def test_a_write_that_is_not_mentioned_is_read_before_it_is_believed() -> None:
    def script(request: Received) -> Reply:
        ids = [one.get("id") or one["from"]["id"] for one in request.json["inputs"]]
        if request.path.endswith("/read"):
            return reads(ids, {"2": [UNLABELLED]})
        return Reply(200, {"status": "COMPLETE", "results": [{"from": {"id": "1"}, "to": {"id": "9"}}]})

    async with ScriptedServer(script) as server, opened(server.url) as hubspot:
        outcomes = await hubspot.associations.batch_associate(
            "contacts", "companies", [Pair(one, "9") for one in ("1", "2", "3")]
        )
    assert [one.ok for one in outcomes] == [True, True, False]
    assert isinstance(outcomes[2].error, Unmentioned)


async def test_a_label_that_is_not_mentioned_must_be_there() -> None:
    written = False

    def script(request: Received) -> Reply:
        nonlocal written
        if request.method == "GET":
            return Reply(200, {"results": [UNLABELLED, BILLING]})
        if request.path.endswith("/create"):
            written = True
            return Reply(200, {"status": "COMPLETE", "results": []})
        ids = [one["id"] for one in request.json["inputs"]]
        return reads(ids, {"1": [UNLABELLED, BILLING], "2": [UNLABELLED]} if written else {})

    async with ScriptedServer(script) as server, opened(server.url) as hubspot:
        outcomes = await hubspot.associations.batch_associate(
            "contacts", "companies", [Pair("1", "9"), Pair("2", "9")], label="Billing contact"
        )
    assert [one.ok for one in outcomes] == [True, False]


@pytest.mark.parametrize("stuck", ["5", "6"])
async def test_a_list_that_goes_round_ends(stuck: str) -> None:
    asked = 0

    def script(request: Received) -> Reply:
        nonlocal asked
        asked += 1
        page = {"next": {"after": stuck if request.json["inputs"][0].get("after") else "5"}}
        results = [{"from": {"id": "1"}, "to": [{"toObjectId": asked}], "paging": page}]
        return Reply(200, {"status": "COMPLETE", "results": results})

    async with ScriptedServer(script) as server, opened(server.url) as hubspot:
        (outcome,) = await hubspot.associations.batch_read("contacts", "companies", ["1"])
    assert isinstance(outcome.error, Unexpected)
    assert asked <= 3
