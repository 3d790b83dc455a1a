"""Whatever is in HubSpot and in the links: both lanes plan the same, and a second plan after a run writes nothing."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.journal.model import Approver, Entry, EntryState
from console.provisioning.apply import Applier
from tests.provisioning.plan_support import MAPPING, desk
from tests.support.simulator import Simulator

PEOPLE = st.lists(
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from(["A", "B", ""]), st.booleans()), max_size=9
)
RECORDS = st.dictionaries(st.integers(1, 9), st.sampled_from(["A", "B", ""]), max_size=6)
LINKS = st.dictionaries(st.integers(1, 9), st.integers(1, 9), max_size=4)


def told(entries: list[Entry]) -> list[tuple[object, ...]]:
    return [(e.number, e.situation, e.action, e.uid, e.payload.changes if e.payload else ()) for e in entries]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=PEOPLE, records=RECORDS, links=LINKS, phase=st.sampled_from(["linked", "off"]))
def test_lanes_agree_and_runs_converge(
    hubspot: Simulator,
    people: list[tuple[int, int, str, bool]],
    records: dict[int, str],
    links: dict[int, int],
    phase: str,
) -> None:
    async def law(folder: Path) -> None:
        hubspot.reset()
        async with desk(folder, hubspot) as on:
            on.write_mapping(
                MAPPING.replace("correlate", f'target_phase = "{phase}"\ncorrelate') + '[guard]\ndeletes = "100%"\n'
            )
            uids = {n: on.contact(email=f"p{n}@x.org", firstname=name) for n, name in records.items()}
            taken: set[str] = set()
            for source_id, n in links.items():
                if n in uids and uids[n] not in taken:
                    taken.add(uids[n])
                    await on.plans.link(on.mapping, str(source_id), uids[n])
            on.people(*[f"{i},p{n}@x.org,{name},L,,{str(active).lower()}" for i, n, name, active in people])
            by_keys, by_list = await on.plan(lane="keys"), await on.plan(lane="list")
            assert told(await on.entries(by_keys)) == told(await on.entries(by_list))
            assert by_keys.hash == by_list.hash
            await on.journal.approve(by_list, Approver(login="tester"))
            await Applier(on.connector, on.journal, by_list, owner="tester").run()
            clashes = [e for e in await on.entries(by_list) if e.state in (EntryState.FAILED, EntryState.CONFLICT)]
            again = await on.plan()
            if not clashes:  # an address that a record of somebody else has is refused, and planned again
                assert again.writes == 0, told(await on.entries(again))

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(law(Path(folder)))
