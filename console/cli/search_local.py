"""`hubspoke search --snapshot`: the same answers, from the local snapshot; and `--view`, a saved view as arguments."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import usage
from console.cli.snapshot import age_note
from console.connector.connector_object import ConnectorObject

if TYPE_CHECKING:
    from console.connector.snapshot import Answer
    from console.session import Session


def take_view(context: Context) -> None:
    """Let a saved view stand for what was not given. Raises Stop and SettingsError."""
    args: argparse.Namespace = context.args
    if args.view is None:
        if args.object_class is None:
            raise usage("A class is needed here.", "Use contact or company, or --view NAME.")
        return
    from console.settings import views

    view = views.named(views.load(context.paths), args.view)
    if args.object_class not in (None, view.object_class):
        raise usage(f'The view "{view.name}" shows {view.object_class}.', "Leave the class out.")
    args.object_class = view.object_class
    args.filter = args.filter or view.filter
    args.text = args.text or view.text
    if args.count:
        return
    args.sort = args.sort or view.sort or None
    if args.fields is None and view.columns:
        args.fields = ",".join(view.columns)


async def local_search(context: Context, session: Session, limit: int | None) -> AsyncIterator[ConnectorObject]:
    """What the snapshot answers. Raises SnapshotError and FilterError before the first object."""
    from console.connector.snapshot import Question

    args = context.args
    snapshot = await (await session.snapshots).open(args.object_class)
    try:
        context.out.note(age_note(snapshot.info))
        answer = snapshot.answer(Question(filter=args.filter or "", text=args.text, sort=args.sort or ""))
        await asyncio.to_thread(answer.work)
        if answer.note:
            context.out.note(f"Note: {answer.note}.")
        for found in _objects(args.object_class, answer, limit):
            yield found
    finally:
        snapshot.close()


async def local_count(context: Context, session: Session) -> int:
    """How many records of the snapshot a filter means."""
    from console.connector.snapshot import Question

    snapshot = await (await session.snapshots).open(context.args.object_class)
    try:
        context.out.note(age_note(snapshot.info))
        answer = snapshot.answer(Question(filter=context.args.filter or "", text=context.args.text))
        await asyncio.to_thread(answer.work)
        return len(answer)
    finally:
        snapshot.close()


def _objects(cls: str, answer: Answer, limit: int | None) -> Iterator[ConnectorObject]:
    from console.connector.classes import object_class

    kind = object_class(cls)
    for record in islice(answer.records(), limit):
        yield ConnectorObject(
            object_class=cls,
            uid=record.id,
            name=record.properties.get(kind.name_attribute) or "",
            attributes=dict(record.properties),
            revision=record.properties.get(kind.modified) or "",
        )
