"""The journal as JSON lines, for another program or for a file: sealed values only where they are asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from sqlalchemy import Row, select

from console.journal import rows
from console.journal.schema import audit, entries, links, plans, run_counts, runs
from console.journal.upkeep_store import UpkeepStore
from console.settings.sealing import Seal

_PAGE = 500


async def export(journal: UpkeepStore, *, values: bool = False) -> AsyncIterator[dict[str, Any]]:
    """Every plan with its entries, every run, link and audit line, as they stand; ids are always under `id`.

    Without `values` nothing that is sealed is opened. Digests are no ids and stay inside.
    """
    for row in await journal.all_rows(select(plans).order_by(plans.c.id)):
        seal = journal.seal_of(row)
        plan = rows.plan_of(row, seal)
        head = msgspec.to_builtins(plan)
        hidden = () if values else ("source", "mapping_file", "problems", "mapping_digest", "source_digest")
        yield {"type": "plan", **{name: value for name, value in head.items() if name not in hidden}}
        async for line in _entries(journal, row, seal if values else None):
            yield line
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for row in await journal.all_rows(select(run_counts)):
        run_id, kind, name, number = tuple(row)
        counts.setdefault(run_id, {}).setdefault(kind, {})[name] = number
    for row in await journal.all_rows(select(runs).order_by(runs.c.approved_at, runs.c.id)):
        shown = {name: value for name, value in row._mapping.items() if name != "proofs"}
        yield {"type": "run", **shown, "counts": counts.get(row.id, {})}
    async for line in _links(journal, values=values):
        yield line
    for row in await journal.all_rows(select(audit).order_by(audit.c.id)):
        yield {"type": "audit", **row._mapping}


async def _entries(journal: UpkeepStore, plan: Row[Any], seal: Seal | None) -> AsyncIterator[dict[str, Any]]:
    after = -1
    columns = select(entries).where(entries.c.plan_id == plan.id).order_by(entries.c.number).limit(_PAGE)
    while page := await journal.all_rows(columns.where(entries.c.number > after)):
        after = page[-1].number
        for row in page:
            entry = rows.entry_of(row, seal, journal.digest_key)
            shown: dict[str, Any] = {
                "type": "entry",
                "plan": plan.id,
                "id": entry.number,
                "situation": entry.situation.value,
                "action": entry.action.value,
                "state": entry.state.value,
                "undo": entry.undo.value,
                "uid": entry.uid,
                "cause": entry.cause,
                "clears": entry.clears,
                "settled_at": entry.settled_at,
            }
            if seal is not None:
                shown |= {"payload": entry.payload, "outcome": entry.outcome, "befores": entry.befores}
            yield msgspec.to_builtins(shown)


async def _links(journal: UpkeepStore, *, values: bool) -> AsyncIterator[dict[str, Any]]:
    seal = journal.link_seal
    order = (links.c.portal_id, links.c.mapping, links.c.object_class, links.c.digest)
    for row in await journal.all_rows(select(links).order_by(*order)):
        link = rows.link_of(row, seal)
        yield {
            "type": "link",
            "portal_id": row.portal_id,
            "mapping": row.mapping,
            "object_class": row.object_class,
            "uid": link.uid,
            "created_by_us": link.created_by_us,
            "updated_at": row.updated_at,
            **({"accepted": link.accepted} if values else {}),
        }
