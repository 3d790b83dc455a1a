"""`hubspoke snapshot`, `search --snapshot`, `views` and `search --view` at a shell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.operator import Operator
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator(contacts=230, seed=5) as simulator:
        yield simulator


def test_a_snapshot_answers_like_hubspot_and_says_how_old_it_is(hubspot: Simulator, tmp_path: Path) -> None:
    operator = Operator(tmp_path, hubspot.url, hubspot.token)
    operator.run("snapshot", "show", code=1)
    operator.run("snapshot", "take", code=2)
    taken = operator.json("snapshot", "take", "contact", "--yes")
    assert (taken["records"], taken["complete"]) == (230, True)
    local = operator.run(
        "search", "contact", "city pr", "--snapshot", "--sort", "-email", "--jsonl", "--fields", "email"
    )
    live = operator.run("search", "contact", "city pr", "--sort", "-email", "--jsonl", "--fields", "email")
    ids = [line.split('"')[3] for line in local.stdout.splitlines()]
    assert ids == [line.split('"')[3] for line in live.stdout.splitlines()]
    assert ids
    assert "From the snapshot of" in local.stderr
    count = operator.run("search", "contact", "city pr", "--snapshot", "--count")
    assert int(count.stdout) == len(ids)
    operator.run("search", "contact", "xx eq", "--snapshot", code=1)
    email = operator.json("search", "contact", "--snapshot", "--limit", "1")[0]["properties"]["email"]
    forgotten = operator.json("journal", "forget", email, "--yes")
    assert forgotten["places"]["snapshots"] == 1
    assert operator.json("search", "contact", f'email eq "{email}"', "--snapshot") == []
    pruned = operator.json("journal", "prune", "--older-than", "0")
    assert pruned["files"] >= 1
    operator.run("snapshot", "show", code=1)


def test_a_view_stands_for_filter_columns_and_order(hubspot: Simulator, tmp_path: Path) -> None:
    operator = Operator(tmp_path, hubspot.url, hubspot.token)
    operator.run("views", "save", "Cities", "contact", "city pr", "--fields", "email,city", "--sort", "-email")
    (listed,) = operator.json("views", "list")
    assert (listed["id"], listed["columns"]) == ("Cities", ["email", "city"])
    seen = operator.json("search", "--view", "cities", "--limit", "3")
    plain = operator.json("search", "contact", "city pr", "--fields", "email,city", "--sort", "-email", "--limit", "3")
    assert seen == plain
    assert int(operator.run("search", "--view", "cities", "--count").stdout) > 0
    operator.run("search", code=2)
    operator.run("search", "company", "--view", "cities", code=2)
    operator.run("views", "save", "Bad", "contact", "city xx", code=2)
    operator.run("views", "remove", "CITIES")
    operator.run("search", "--view", "cities", code=1)
