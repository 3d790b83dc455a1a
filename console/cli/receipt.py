"""`hubspoke runs receipt`: one run on one page, for the files."""

from __future__ import annotations

import argparse
from typing import Any

from console.cli.context import Context
from console.cli.exits import Exit


def add_receipt(actions: Any) -> None:
    """The action `receipt` of `runs`."""
    receipt: argparse.ArgumentParser = actions.add_parser(
        "receipt", help="one run on one page, to be printed and filed"
    )
    receipt.add_argument("run_id", metavar="RUN", help="the id of a run, or of its plan")
    receipt.add_argument("--format", choices=("text", "html", "json"), default="text")
    receipt.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    from console.glance import cached_account
    from console.provisioning.receipt import build_receipt, document, render_receipt

    async with context.session() as session:
        run = await (await session.runs).show(context.args.run_id)
        account = cached_account(session.paths, session.profile)
        name = account.portal_name if account is not None and account.portal_id == run.portal_id else ""
        receipt = await build_receipt(await session.journal, run, portal_name=name)
    if context.args.format == "json":
        context.out.json(document(receipt))
    else:
        context.out.text(render_receipt(receipt, context.args.format))
    return Exit.OK
