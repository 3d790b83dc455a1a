"""Plans and entries in the journal."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from console.journal.errors import JournalError, UnknownPlan
from console.journal.ids import new_id
from console.journal.model import Action, EntryState, Problem, Situation
from tests.journal.journal_parts import MAPPING, PORTAL, entry, finished, journal_in, new_plan


async def test_a_plan_comes_back_as_it_was_written(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        written = await finished(
            journal,
            entry(journal, 1),
            entry(journal, 2, action=Action.UPDATE, uid="9", clears=1),
            entry(journal, 3, action=Action.NONE, uid="10"),
            problems=(Problem(message="row 9: bad@", file="people.csv", line=9),),
        )
    async with journal_in(tmp_path) as journal:
        read = await journal.plan(written.id)
        assert read == written
        assert (await journal.plans())[0] == written
        assert read.actions == {"CREATE": 1, "UPDATE": 1, "NONE": 1}
        assert (read.clears, read.writes, read.undo, read.sealed, read.complete) == (1, 2, {"full": 2}, True, True)
        entries = await journal.entries(written.id)
        assert [one.number for one in entries] == [1, 2, 3]
        assert entries[0].payload is not None
        assert entries[0].payload.changes[0].after == "Family1"
        assert [one.state for one in entries] == [EntryState.PLANNED, EntryState.PLANNED, EntryState.SKIPPED]


async def test_entries_come_by_keyset_and_filter(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        many = [entry(journal, n, action=Action.CREATE if n % 2 else Action.EXCEPTION) for n in range(1, 31)]
        plan = await finished(journal, *many)
        page = await journal.entries(plan.id, actions=["EXCEPTION"], after=4, limit=3)
        assert [one.number for one in page] == [6, 8, 10]
        assert {one.state for one in page} == {EntryState.NEEDS_DECISION}
        assert await journal.count(plan.id, actions=["CREATE"], states=["planned"]) == 15
        assert [one.number for one in await journal.entries(plan.id, text="FAMILY2")] == [2, *range(20, 30)]
        assert await journal.entries(plan.id, text="nobody") == []
        assert (await journal.entry(plan.id, 7)).number == 7
        with pytest.raises(UnknownPlan):
            await journal.entry(plan.id, 31)


async def test_a_search_reads_on_past_a_page_without_hits(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        plan = await finished(journal, *[entry(journal, n) for n in range(1, 1202)])
        assert [one.number for one in await journal.entries(plan.id, text="person.1201@")] == [1201]


async def test_twins_are_exceptions_all_of_them(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        plan = await finished(
            journal,
            entry(journal, 1),
            entry(journal, 2, source_id="E1"),
            entry(journal, 3, key="Same@example.com"),
            entry(journal, 4),
            entry(journal, 5, key=" same@EXAMPLE.com"),
            entry(journal, 6, action=Action.UPDATE, uid="77"),
            entry(journal, 7, action=Action.UPDATE, uid="77"),
            entry(journal, 8, action=Action.UNLINK, uid="77"),
        )
        entries = {one.number: one for one in await journal.entries(plan.id)}
        marked = [number for number, one in entries.items() if one.situation is Situation.INVALID]
        assert marked == [1, 2, 3, 5, 6, 7]
        assert plan.invalid == 6
        assert plan.actions == {"EXCEPTION": 6, "CREATE": 1, "UNLINK": 1}
        assert [entries[n].cause for n in (1, 3, 6)] == ["duplicate_source_id", "duplicate_key", "duplicate_uid"]
        told = {n: entries[n].payload.problems[0].message for n in marked}  # type: ignore[union-attr]
        assert "Entry 2 " in told[1]
        assert "Entry 1 " in told[2]
        assert "Entry 5 " in told[3]
        assert "Entry 6 " in told[7]
        assert await journal.mark_duplicates(plan.id) == 0


async def test_the_hash_stands_for_what_the_plan_would_do(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        one = await finished(journal, entry(journal, 1), entry(journal, 2), mapping_digest="m", source_digest="s")
        same = await finished(journal, entry(journal, 1), entry(journal, 2), mapping_digest="m", source_digest="s")
        assert re.fullmatch("[0-9a-f]{64}", one.hash)
        assert one.id != same.id
        assert one.hash == same.hash == await journal.compute_hash(one)
        other_value = msgspec.structs.replace(entry(journal, 2), payload=None)
        different = [
            await finished(journal, entry(journal, 1), other_value, mapping_digest="m", source_digest="s"),
            await finished(journal, entry(journal, 1), mapping_digest="m", source_digest="s"),
            await finished(journal, entry(journal, 1), entry(journal, 2), mapping_digest="x", source_digest="s"),
            await finished(journal, entry(journal, 1), entry(journal, 2), mapping_digest="m", source_digest="x"),
        ]
        assert len({one.hash, *(plan.hash for plan in different)}) == 5
        assert await journal.compute_hash(msgspec.structs.replace(one, portal_id=PORTAL + 1)) != one.hash


async def test_a_finished_plan_takes_no_more(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        plan = await finished(journal, entry(journal, 1))
        with pytest.raises(UnknownPlan, match="finished"):
            await journal.add_entries(plan.id, [entry(journal, 2)])
        with pytest.raises(UnknownPlan):
            await journal.plan("p-20260101-none")


async def test_a_plan_given_up_leaves_nothing(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        plan = await journal.new_plan(new_plan())
        await journal.add_entries(plan.id, [entry(journal, 1)])
        await journal.drop_plan(plan.id)
        assert await journal.plans() == []
        assert await journal.count(plan.id) == 0


async def test_ids_are_unique_and_sort_by_time(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        ids = [(await journal.new_plan(new_plan())).id for _ in range(20)]
        assert len(set(ids)) == 20
        assert all(re.fullmatch(r"p-\d{8}-[2-9a-z]{4}", one) for one in ids)
        with pytest.raises(JournalError):
            await journal.new_plan(msgspec.structs.replace(new_plan(), id=ids[0]))
    moments = [1_790_000_000 + n * 3_000.7 for n in range(100)]
    assert [new_id("r", moment) for moment in moments] == sorted(new_id("r", moment) for moment in moments)
    assert new_id("p", 86_399.99, bump=5).startswith("p-19700102-2")


async def test_links_are_kept_per_portal_and_mapping(tmp_path: Path) -> None:
    from console.journal.model import Link

    async with journal_in(tmp_path) as journal:
        digester = journal.digester(PORTAL, MAPPING, "contact")
        a, b, c = (digester.source(name) for name in "abc")
        links = [
            Link(digest=a, uid="1", created_by_us=True, accepted={"domain": ("https://A.com", "a.com")}),
            Link(digest=b, uid="2"),
            Link(digest=c, uid="3"),
        ]
        await journal.put_links(PORTAL, MAPPING, links, object_class="contact")
        found = await journal.links(PORTAL, MAPPING, [a, b, b"unknown"], object_class="contact")
        assert found == {a: links[0], b: links[1]}
        assert await journal.links(PORTAL + 1, MAPPING, [a], object_class="contact") == {}
        assert await journal.links(PORTAL, "others", [a], object_class="contact") == {}
        assert await journal.links(PORTAL, MAPPING, [a], object_class="company") == {}
        assert await journal.links_by_uid(PORTAL, MAPPING, ["2", "9"], object_class="contact") == {"2": links[1]}
        assert await journal.count_links(PORTAL, MAPPING, object_class="contact") == 3

        await journal.put_links(PORTAL, MAPPING, [Link(digest=a, uid="1")], object_class="contact")
        assert (await journal.links(PORTAL, MAPPING, [a], object_class="contact"))[a].created_by_us
        await journal.put_links(PORTAL, MAPPING, [Link(digest=a, uid="8")], object_class="contact")
        assert not (await journal.links(PORTAL, MAPPING, [a], object_class="contact"))[a].created_by_us

        plan = await journal.new_plan(new_plan())
        await journal.add_entries(plan.id, [entry(journal, 1, source_id="b")])
        unseen = await journal.unseen_links(PORTAL, MAPPING, plan.id, object_class="contact")
        assert sorted(link.uid for link in unseen) == ["3", "8"]
        rest = await journal.unseen_links(
            PORTAL, MAPPING, plan.id, object_class="contact", after=unseen[0].digest, limit=5
        )
        assert rest == unseen[1:]
        await journal.drop_links(PORTAL, MAPPING, [a, c], object_class="contact")
        assert await journal.count_links(PORTAL, MAPPING, object_class="contact") == 1
