"""`hubspoke people`: the managed repository, Hubspoke's own small store of people."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from console.cli.context import Context
from console.cli.exits import Exit, usage
from console.cli.given import add_values, values_of
from console.cli.output import add_json
from console.cli.sure import needs_yes

if TYPE_CHECKING:
    from console.repository.people import People
    from console.repository.person import Person

Work = Callable[[Context, "People"], Awaitable[int]]
_LISTED = 50
_COLUMNS = ("userName", "active", "attributes", "changed", "id")
_TRUTH = {"true": True, "false": False, "yes": True, "no": False}
_PERSON = "the userName of a person, or the id"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `people`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="who is there")
    listing.add_argument("--text", metavar="WORD", help="only people in whom this word stands")
    listing.add_argument(
        "--limit", type=int, default=_LISTED, metavar="N", help=f"at most this many ({_LISTED}); 0: all"
    )
    listing.add_argument("--format", choices=("table", "jsonl"), default="table")
    _does(listing, _list)
    show = actions.add_parser("show", help="one person, with every attribute")
    show.add_argument("person", metavar="PERSON", help=_PERSON)
    add_json(show)
    _does(show, _show)
    add = actions.add_parser("add", help="a new person: userName=ann mail=ann@example.org ...")
    add_values(add)
    add_json(add)
    _does(add, _add)
    edit = actions.add_parser("edit", help="other values for some attributes; nothing after = removes one")
    edit.add_argument("person", metavar="PERSON", help=_PERSON)
    add_values(edit)
    edit.add_argument("--if-change", type=int, metavar="N", help="only if the person's change is still this one")
    add_json(edit)
    _does(edit, _edit)
    for name, work, help_text in (
        ("deactivate", _deactivate, "make a person inactive; the mapping says what that means in HubSpot"),
        ("remove", _remove, "take a person out of the repository"),
    ):
        action = actions.add_parser(name, help=help_text)
        action.add_argument("person", metavar="PERSON", help=_PERSON)
        _does(action, work)
        if name == "remove":
            action.add_argument("--yes", action="store_true", help="do it without being asked")


def _does(parser: argparse.ArgumentParser, work: Work) -> None:
    parser.set_defaults(run=lambda context: _open(context, work))


def _open(context: Context, work: Work) -> int:
    context.out.documents = getattr(context.args, "json", False)

    async def do() -> int:
        async with context.session(creating=False) as session:
            people = await session.people
            if not people.sealed:
                say = context.out.note if context.args.action in ("add", "edit") else context.out.detail
                say("There is no vault: people are not sealed on disk.")
            return await work(context, people)

    return context.run(do())


async def _list(context: Context, people: People) -> int:
    args = context.args
    limit = args.limit or None
    shown = 0
    rows: list[tuple[object, ...]] = []
    async with aclosing(_meant(people, args.text)) as found:  # type: ignore[type-var]
        async for person in found:
            if limit is not None and shown == limit:
                break
            shown += 1
            if args.format == "jsonl":
                context.out.json_line(shape(person))
            else:
                rows.append(_row(person))
    if rows:
        context.out.table(_COLUMNS, rows)
    total = await people.count()
    context.out.note(f"{shown:,} of {total:,} people." if total else "Nobody yet: hubspoke people add userName=ann ...")
    return Exit.OK


async def _meant(people: People, word: str | None) -> AsyncIterator[Person]:
    from console.repository.person import texts

    wanted = (word or "").casefold()
    async for person in people.stream():
        if not wanted or any(wanted in text.casefold() for text in texts([person.user_name, person.attributes])):
            yield person


async def _show(context: Context, people: People) -> int:
    _tell(context, await people.get(context.args.person))
    return Exit.OK


async def _add(context: Context, people: People) -> int:
    values = _values(context)
    name, active = _taken(values)
    if name is None:
        raise usage("A person needs a userName.", "Such as: hubspoke people add userName=ann mail=ann@example.org")
    attributes = {key: value for key, value in values.items() if value is not None}
    person = await people.add(name, attributes, active=True if active is None else active)
    _tell(context, person, f"Added {person.user_name}.")
    return Exit.OK


async def _edit(context: Context, people: People) -> int:
    values = _values(context)
    name, active = _taken(values)
    present = await people.get(context.args.person)
    merged = {**present.attributes, **values}
    person = await people.replace(
        present.uid,
        user_name=name,
        active=active,
        attributes={key: value for key, value in merged.items() if value is not None},
        if_change=present.change if context.args.if_change is None else context.args.if_change,
    )
    _tell(context, person, "Nothing to change." if person == present else f"Changed {person.user_name}.")
    return Exit.OK


async def _deactivate(context: Context, people: People) -> int:
    present = await people.get(context.args.person)
    await people.replace(present.uid, active=False)
    context.out.note(f"{present.user_name} is inactive." if present.active else f"{present.user_name} was inactive.")
    return Exit.OK


async def _remove(context: Context, people: People) -> int:
    needs_yes(context, "Removing a person")
    present = await people.get(context.args.person)
    if not context.args.yes:
        from console.cli.asking import ask
        from console.cli.exits import Stop

        if ask(f"Remove {present.user_name}? Type yes: ").strip().lower() != "yes":
            raise Stop(Exit.FAILURE, "Not confirmed; nothing was changed.")
    await people.remove(present.uid)
    context.out.note(f"Removed {present.user_name}. Their HubSpot record is a matter of the next plan.")
    return Exit.OK


def _values(context: Context) -> dict[str, Any]:
    return values_of(context.args.values, context.args.source)


def _taken(values: dict[str, Any]) -> tuple[str | None, bool | None]:
    """The user name and whether active, taken out of the values; None where they are not among them."""
    name, active = values.pop("userName", None), values.pop("active", None)
    if name is not None and not isinstance(name, str):
        raise usage("userName is text.", "Such as: userName=ann")
    for ours in ("id", "uid"):
        if ours in values:
            raise usage(f"{ours} is given by the repository and cannot be set.")
    if isinstance(active, str):
        if active.lower() not in _TRUTH:
            raise usage(f'active="{active[:20]}" is neither true nor false.')
        active = _TRUTH[active.lower()]
    if active is not None and not isinstance(active, bool):
        raise usage("active is true or false.")
    return name, active


def shape(person: Person) -> dict[str, object]:
    """A person as JSON."""
    return {
        "id": person.uid,
        "userName": person.user_name,
        "active": person.active,
        "attributes": person.attributes,
        "createdAt": person.created_at,
        "modifiedAt": person.modified_at,
        "change": person.change,
        "origin": person.origin or None,
    }


def _tell(context: Context, person: Person, said: str = "") -> None:
    if context.args.json:
        context.out.json(shape(person))
    else:
        facts = {"id": person.uid, "userName": person.user_name, "active": person.active}
        context.out.facts(facts | {name: _cell(value) for name, value in person.attributes.items()})
        context.out.detail(f"Added {person.created_at}, changed {person.modified_at}, change {person.change}.")
    if said:
        context.out.note(said)


def _row(person: Person) -> tuple[object, ...]:
    attributes = ", ".join(f"{name}={_cell(value)}" for name, value in person.attributes.items())
    return person.user_name, person.active, attributes, person.modified_at[:16], person.uid


def _cell(value: Any) -> object:
    if not isinstance(value, (list, dict)):
        return value
    import msgspec

    return msgspec.json.encode(value).decode()
