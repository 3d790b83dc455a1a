"""What is read and written about plans, entries and links, as plain functions on a connection."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from console.journal.errors import UnknownPlan
from console.journal.model import Action, ApplyRules, EntryState, Plan, PlanTotals, RunState, Situation, Undo
from console.journal.quick import Many, tuples
from console.journal.schema import entries, links, plans

_CHUNK = 5_000
_IN = 500
_SENDS = (Action.UPDATE.value, Action.DELETE.value, Action.LINK.value)
_FIRST_RULES = frozenset({"allow_unkeyed_creates", "delete_unowned", "on_conflict", "failure_percent", "failure_after"})
_pack = msgspec.msgpack.Encoder().encode


def plan_row(connection: Connection, plan_id: str) -> Row[Any]:
    """The row of a plan.

    Raises:
        UnknownPlan: there is none.
    """
    row = connection.execute(select(plans).where(plans.c.id == plan_id)).first()
    if row is None:
        raise UnknownPlan(
            f"There is no plan {plan_id}.", remedy="See hubspoke runs list, or make one: hubspoke plan MAPPING."
        )
    return row


def newest_plans(connection: Connection, limit: int) -> Sequence[Row[Any]]:
    """The newest plans first."""
    return connection.execute(select(plans).order_by(plans.c.created_at.desc(), plans.c.id.desc()).limit(limit)).all()


def taken(connection: Connection, plan_id: str) -> bool:
    """Whether a plan has this id."""
    return connection.execute(select(literal(1)).where(plans.c.id == plan_id)).first() is not None


def add_entries(connection: Connection, plan_id: str, rows: Sequence[dict[str, Any]]) -> None:
    """Write new entries of a plan that is not finished yet."""
    complete = connection.execute(select(plans.c.complete).where(plans.c.id == plan_id)).scalar_one_or_none()
    if complete is None:
        raise UnknownPlan(f"There is no plan {plan_id}.")
    if complete:
        raise UnknownPlan(f"The plan {plan_id} is finished and takes no more entries.", remedy="Make a new plan.")
    _INSERT.run(connection, rows)


def drop_plan(connection: Connection, plan_id: str) -> None:
    """Forget a plan that was never approved."""
    connection.execute(delete(entries).where(entries.c.plan_id == plan_id))
    connection.execute(delete(plans).where(plans.c.id == plan_id))


def entry_conditions(
    plan_id: str,
    actions: Collection[str] | None,
    states: Collection[str] | None,
    situations: Collection[str] | None,
) -> list[ColumnElement[bool]]:
    """What the entries must be like."""
    conditions: list[ColumnElement[bool]] = [entries.c.plan_id == plan_id]
    for column, wanted in ((entries.c.action, actions), (entries.c.state, states), (entries.c.situation, situations)):
        if wanted is not None:
            conditions.append(column.in_(sorted(wanted)))
    return conditions


def entry_rows(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], after: int, limit: int
) -> Sequence[Sequence[Any]]:
    """The next entries after the number `after`, in plan order: all columns of each."""
    statement = select(entries).where(*conditions, entries.c.number > after).order_by(entries.c.number).limit(limit)
    return tuples(connection, statement)


def count_entries(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> int:
    """How many there are."""
    return int(connection.execute(select(func.count()).select_from(entries).where(*conditions)).scalar_one())


def numbers_by_uid(connection: Connection, plan_id: str, uids: Sequence[str]) -> dict[str, list[int]]:
    """Which entries of the plan mean these records, by HubSpot's id; only what is in the index is asked for."""
    found: dict[str, list[int]] = {}
    for start in range(0, len(uids), _IN):
        part = uids[start : start + _IN]
        statement = select(entries.c.uid, entries.c.number).where(entries.c.plan_id == plan_id, entries.c.uid.in_(part))
        for uid, number in connection.execute(statement):
            found.setdefault(uid, []).append(number)
    return found


def fingerprints(connection: Connection, plan_id: str, digests: Sequence[bytes]) -> Iterator[Row[Any]]:
    """The plan's entries with a fingerprint of these people, whose records were equal after it."""
    equal = or_(entries.c.action == Action.NONE.value, entries.c.state == EntryState.DONE.value)
    for start in range(0, len(digests), _IN):
        wanted = entries.c.key_digest.in_(digests[start : start + _IN])
        yield from connection.execute(
            select(entries).where(entries.c.plan_id == plan_id, wanted, entries.c.fingerprint.is_not(None), equal)
        )


def totals(connection: Connection, plan_id: str) -> PlanTotals:
    """What the entries add up to."""
    situations: dict[str, int] = {}
    actions: dict[str, int] = {}
    undo: dict[str, int] = {}
    number = clears = 0
    statement = (
        select(entries.c.situation, entries.c.action, entries.c.undo, func.count(), func.sum(entries.c.clears))
        .where(entries.c.plan_id == plan_id)
        .group_by(entries.c.situation, entries.c.action, entries.c.undo)
    )
    for situation, action, back, count, cleared in connection.execute(statement):
        number += count
        situations[situation] = situations.get(situation, 0) + count
        actions[action] = actions.get(action, 0) + count
        if action in (Action.CREATE.value, Action.UPDATE.value, Action.DELETE.value):
            undo[back] = undo.get(back, 0) + count
            clears += cleared
    return PlanTotals(
        entries=number,
        situations=situations,
        actions=actions,
        undo=undo,
        clears=clears,
        invalid=situations.get(Situation.INVALID.value, 0),
    )


def mark_duplicates(connection: Connection, plan_id: str) -> int:
    """Turn entries that claim the same person or record into exceptions; how many are marked now."""
    marked = _mark(connection, plan_id, "source_id", entries.c.key_digest, entries.c.key_digest != b"")
    marked += _mark(connection, plan_id, "key", entries.c.correlation_digest, entries.c.correlation_digest != b"")
    sends = and_(entries.c.uid.is_not(None), entries.c.action.in_(_SENDS))
    return marked + _mark(connection, plan_id, "uid", entries.c.uid, sends)


def _mark(
    connection: Connection, plan_id: str, kind: str, column: ColumnElement[Any], condition: ColumnElement[bool]
) -> int:
    """One kind of twins, in one statement. `twin` is the number of the first of them; the first one names the last."""
    mine = and_(entries.c.plan_id == plan_id, condition)
    shared = (
        select(
            column.label("shared"), func.min(entries.c.number).label("first"), func.max(entries.c.number).label("last")
        )
        .where(mine)
        .group_by(column)
        .having(func.count() > 1)
    )
    if connection.execute(shared.limit(1)).first() is None:
        return 0  # as nearly always: the update would walk through the plan once more
    groups = shared.subquery("twins")
    return connection.execute(
        update(entries)
        .where(mine, column == groups.c.shared, entries.c.twin.is_(None))
        .values(
            situation=Situation.INVALID.value,
            action=Action.EXCEPTION.value,
            state=EntryState.NEEDS_DECISION.value,
            undo=Undo.NONE.value,
            cause=f"duplicate_{kind}",
            twin=case((entries.c.number == groups.c.first, groups.c.last), else_=groups.c.first),
            twin_of=kind,
            clears=0,
        )
    ).rowcount


def plan_hash(connection: Connection, plan: Plan, key: bytes) -> str:
    """The hash that is approved: over what the plan would do and what it was made from; 64 hexadecimal digits.

    It does not depend on the plan's id or on when it was made.
    """
    state = hmac.new(key, digestmod=hashlib.sha256)
    rules = _hashed_rules(plan.rules)
    head = (plan.portal_id, plan.mapping, plan.object_class, plan.mapping_digest, plan.source_digest, rules)
    state.update(_pack(head))
    for rows in _content(connection, plan.id):
        state.update(_pack(rows))
    return state.hexdigest()


def _hashed_rules(rules: ApplyRules) -> dict[str, Any]:
    """The rules that count: what later versions added only where it says something, so that earlier hashes stay true."""
    values = msgspec.structs.asdict(rules)
    default = msgspec.structs.asdict(ApplyRules())
    return {name: value for name, value in values.items() if name in _FIRST_RULES or value != default[name]}


def _content(connection: Connection, plan_id: str) -> Iterator[Sequence[Any]]:
    """What counts of each entry, in plan order, in chunks of an agreed size."""
    e = entries.c
    statement = (
        select(e.number, e.situation, e.action, e.undo, e.uid, e.clears, e.key_digest, e.content)
        .order_by(e.number)
        .limit(_CHUNK)
    )
    after = -1
    while True:
        rows = tuples(connection, statement.where(e.plan_id == plan_id, e.number > after))
        if not rows:
            return
        yield rows
        after = rows[-1][0]


def finish_plan(connection: Connection, values: dict[str, Any]) -> None:
    """Write the head of a plan whose entries are all there."""
    connection.execute(update(plans).where(plans.c.id == values["id"]).values(values))


def set_plan_state(connection: Connection, plan_id: str, state: RunState) -> None:
    """The plan follows its run."""
    connection.execute(update(plans).where(plans.c.id == plan_id).values(state=state.value))


def _scope(portal_id: int, mapping: str, object_class: str) -> list[ColumnElement[bool]]:
    return [links.c.portal_id == portal_id, links.c.mapping == mapping, links.c.object_class == object_class]


def find_links(
    connection: Connection, portal_id: int, mapping: str, object_class: str, column: str, values: Sequence[Any]
) -> list[Row[Any]]:
    """The links with one of `values` in `column` (digest or uid)."""
    found: list[Row[Any]] = []
    scope = {"portal": portal_id, "mapping": mapping, "class": object_class}
    statement = _LINKS_BY_DIGEST if column == "digest" else _LINKS_BY_UID
    for start in range(0, len(values), _IN):
        found.extend(connection.execute(statement, {**scope, "values": list(values[start : start + _IN])}))
    return found


def count_links(connection: Connection, portal_id: int, mapping: str, object_class: str) -> int:
    """How many links the mapping has."""
    statement = select(func.count()).select_from(links).where(*_scope(portal_id, mapping, object_class))
    return int(connection.execute(statement).scalar_one())


def unseen_links(
    connection: Connection, portal_id: int, mapping: str, object_class: str, plan_id: str, after: bytes, limit: int
) -> Sequence[Row[Any]]:
    """Links whose source id no entry of the plan has, in the order of their digests."""
    # two plain look-ups: as one statement, SQLite without statistics walks the whole plan for each link
    unseen: list[Row[Any]] = []
    page = select(links).where(*_scope(portal_id, mapping, object_class)).order_by(links.c.digest).limit(limit)
    while len(unseen) < limit and (rows := connection.execute(page.where(links.c.digest > after)).all()):
        digests = [row.digest for row in rows]
        probe = select(entries.c.key_digest).where(entries.c.plan_id == plan_id, entries.c.key_digest.in_(digests))
        seen = set(connection.execute(probe).scalars())
        unseen.extend(row for row in rows if row.digest not in seen)
        after = digests[-1]
    return unseen[:limit]


def put_links(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Remember links; one that is there keeps saying that we made its record as long as the record is the same."""
    _LINK.run(connection, rows)


def drop_links(
    connection: Connection, portal_id: int, mapping: str, object_class: str, digests: Sequence[bytes]
) -> None:
    """Forget links."""
    for start in range(0, len(digests), _IN):
        part = digests[start : start + _IN]
        connection.execute(delete(links).where(*_scope(portal_id, mapping, object_class), links.c.digest.in_(part)))


# made once: making a statement takes longer than running it
_INSERT = Many(
    insert(entries),
    (
        "plan_id", "number", "situation", "action", "state", "undo", "uid", "clears", "read_at", "claimed_at",
        "settled_at", "key_digest", "correlation_digest", "content", "cause", "payload", "outcome", "fingerprint",
    ),
)  # fmt: skip
_ONE: ColumnElement[int] = literal_column("1")  # not a value to be bound
_linked = upsert(links)
_LINK = Many(
    _linked.on_conflict_do_update(
        index_elements=["portal_id", "mapping", "object_class", "digest"],
        set_={
            "uid": _linked.excluded.uid,
            "created_by_us": func.max(
                _linked.excluded.created_by_us, and_(links.c.uid == _linked.excluded.uid, links.c.created_by_us == _ONE)
            ),
            "accepted": _linked.excluded.accepted,
            "updated_at": _linked.excluded.updated_at,
        },
    ),
    tuple(links.columns.keys()),
)
_OF_MAPPING = (
    links.c.portal_id == bindparam("portal"),
    links.c.mapping == bindparam("mapping"),
    links.c.object_class == bindparam("class"),
)
_WANTED: BindParameter[Any] = bindparam("values", expanding=True)
_LINKS_BY_DIGEST = select(links).where(*_OF_MAPPING, links.c.digest.in_(_WANTED))
# by way of the digests: without statistics SQLite takes the other index only where it holds all that is asked
_LINKS_BY_UID = select(links).where(
    *_OF_MAPPING,
    links.c.digest.in_(select(links.c.digest).where(*_OF_MAPPING, links.c.uid.in_(_WANTED)).scalar_subquery()),
)
