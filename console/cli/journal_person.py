"""`hubspoke journal person` and `journal forget`: one person in the record, and out of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from console.cli.asking import ask
from console.cli.context import Context
from console.cli.exits import Exit, Stop, usage
from console.cli.output import add_json

if TYPE_CHECKING:
    from console.connector.snapshots import Snapshots
    from console.journal.person import Identity
    from console.journal.person_store import TrailLine
    from console.provisioning.forgetting import Forgotten, Place
    from console.repository.people import People
    from console.session import Session


def add_people(actions: Any) -> None:
    """The actions `person` and `forget` of `journal`."""
    person: argparse.ArgumentParser = actions.add_parser(
        "person", help="what was planned about a person, approved by whom, written and when"
    )
    _add_person(person)
    person.add_argument("--with-values", action="store_true", help="the values too, before and after")
    add_json(person)
    person.set_defaults(run=lambda context: context.run(_person(context)))
    forget = actions.add_parser("forget", help="erase one person from everything that Hubspoke keeps")
    _add_person(forget)
    forget.add_argument(
        "--source-id", action="append", default=[], metavar="ID", help="their id in the source, if known"
    )
    forget.add_argument(
        "--record", action="append", default=[], metavar="UID", help="their record in HubSpot, if known"
    )
    forget.add_argument("--yes", action="store_true", help="without being asked")
    add_json(forget)
    forget.set_defaults(run=lambda context: context.run(_forget(context)))


def _add_person(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email", metavar="EMAIL", help="the address; - reads it from standard input")


async def _person(context: Context) -> int:
    email = _email(context)
    async with context.session() as session:
        lines = [line async for line in (await session.journal).trail(email)]
    if context.args.json:
        context.out.json([_trail(line, values=context.args.with_values) for line in lines])
    elif lines:
        rows = [
            (
                line.planned_at, line.plan_id, line.entry.number, line.entry.situation.value, line.entry.action.value,
                line.entry.uid, line.entry.state.value, line.approved_by, _moment(line.written_at),
            )
            for line in lines
        ]  # fmt: skip
        heads = ("planned", "plan", "entry", "situation", "action", "record", "state", "approved by", "written")
        context.out.table(heads, rows)
        if context.args.with_values:
            _tell_values(context, lines)
    else:
        context.out.note("The journal holds nothing about this address.")
    return Exit.OK


def _tell_values(context: Context, lines: Sequence[TrailLine]) -> None:
    for line in lines:
        for change in line.entry.payload.changes if line.entry.payload is not None else ():
            before = line.entry.befores.get(change.name, change.before)
            context.out.line(
                f"{line.plan_id} {line.entry.number} {change.name}: {before or '-'} -> {change.after or '-'}"
            )


def _trail(line: TrailLine, *, values: bool) -> dict[str, object]:
    entry = line.entry
    changes = entry.payload.changes if entry.payload is not None else ()
    return {
        "plan": line.plan_id,
        "run": line.run_id or None,
        "id": entry.number,
        "mapping": line.mapping,
        "class": line.object_class,
        "portalId": line.portal_id,
        "uid": entry.uid,
        "situation": entry.situation.value,
        "action": entry.action.value,
        "state": entry.state.value,
        "cause": entry.cause,
        "plannedAt": line.planned_at,
        "approvedBy": line.approved_by or None,
        "approvedAt": _moment(line.approved_at) or None,
        "writtenAt": _moment(line.written_at) or None,
        "changes": [
            {
                "id": one.name,
                **({"before": entry.befores.get(one.name, one.before), "after": one.after} if values else {}),
            }
            for one in changes
        ],
    }


def _moment(seconds: float) -> str:
    from console.provisioning.receipt import moment

    return moment(seconds)


async def _forget(context: Context) -> int:
    from console.provisioning.forgetting import Forgetting

    email = _email(context)
    if not context.args.yes:
        if not context.interactive or context.args.email == "-":
            raise usage("Nobody is forgotten without a word from a human.", "Add --yes.")
        if ask("What Hubspoke keeps of this person is erased for good. Type yes: ").strip().lower() != "yes":
            raise Stop(Exit.FAILURE, "Nothing was erased.")
    async with context.session() as session:
        service = Forgetting(await session.journal, session.paths, await _places(session))
        done = await service.forget(email, source_ids=context.args.source_id, uids=context.args.record)
    if context.args.json:
        context.out.json(_forgotten(done))
    else:
        _tell_forgotten(context, done)
    return Exit.OK if done.complete else Exit.FAILURE


class _Repository:
    """The managed repository as a place that holds people."""

    label = "managed repository"

    def __init__(self, people: People) -> None:
        self._people = people

    async def forget(self, identity: Identity) -> int:
        """Everybody with the address; other ids may be somebody else's name there."""
        return await self._people.forget(identity.email)


class _Snapshots:
    """The snapshots of all portals as a place that holds people."""

    label = "snapshots"

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    async def forget(self, identity: Identity) -> int:
        """The person's records; and the address out of everybody else's."""
        return await self._snapshots.forget(identity.email, frozenset(identity.uids))


async def _places(session: Session) -> list[Place]:
    """What else holds people; nothing is made only to look into it."""
    from console.connector.snapshot_file import FOLDER

    places: list[Place] = []
    if session.paths.people.exists():
        places.append(_Repository(await session.people))
    if (session.paths.state / FOLDER).is_dir():
        places.append(_Snapshots(await session.snapshots))
    return places


def _forgotten(done: Forgotten) -> dict[str, object]:
    import msgspec

    return {
        "complete": done.complete,
        "journal": msgspec.to_builtins(done.journal),
        "files": done.files,
        "places": done.places,
        "left": list(done.left),
        "inHubSpot": [{"portalId": portal, "class": kind, "id": uid} for portal, kind, uid in done.records],
        "unreadablePlans": done.unreadable,
        "foundAgain": done.again,
        "chainHolds": done.sound,
        "compacted": done.compacted,
    }


def _tell_forgotten(context: Context, done: Forgotten) -> None:
    out, journal = context.out, done.journal
    out.facts(
        {
            "entries erased": f"{journal.entries:,}, and {journal.mentions:,} of others without what named the person",
            "plans": f"{journal.plans_changed:,} changed, {journal.plans_dropped:,} that nobody had approved dropped",
            "not written any more": f"{journal.skipped:,}",
            "links": f"{journal.links:,}, and {journal.remembered:,} of others without what named the person",
            "audit lines": f"{journal.lines:,} without the address",
            **{label: f"{number:,} records" for label, number in done.places.items()},
            **{file: f"{number:,} lines" for file, number in done.files.items()},
            "audit chain": "holds" if done.sound else "DOES NOT HOLD: hubspoke journal verify",
        }
    )
    for path in done.left:
        out.line(f"STILL THERE {path}: this file is yours to change")
    if done.again:
        out.line(f"STILL THERE {done.again:,} entries that came meanwhile: run it again")
    for portal, kind, uid in done.records:
        out.note(f"HubSpot still has {kind} {uid} in portal {portal}: delete it there, or the next run finds it again.")
    if done.unreadable:
        out.note(f"{done.unreadable:,} plans have no key any more: nobody can read them, nor look into them.")
    out.note("Not reached from here: HubSpot, your sources, your own copies and exports, backups.")
    told_compacted(context, done.compacted)


def _email(context: Context) -> str:
    email = sys.stdin.readline() if context.args.email == "-" else context.args.email
    email = email.strip()
    local, at, domain = email.partition("@")
    if not (local and at and "." in domain) or any(character.isspace() for character in email):
        raise usage("That is no email address.", "Give the whole address, such as ann@example.com.")
    return str(email)


def told_compacted(context: Context, compacted: bool) -> int:
    """Say where freed bytes still are; the exit code."""
    if compacted:
        return Exit.OK
    context.out.note("Another process reads the journal: freed bytes are still in its write-ahead log. Run it again.")
    return Exit.FAILURE
