"""`hubspoke profile rename`: another name, with the secrets."""

from __future__ import annotations

from console.cli.context import Context, unlock_vault
from console.cli.exits import Exit


def rename(context: Context) -> int:
    """A profile under another name."""
    return context.run(_rename(context))


async def _rename(context: Context) -> int:
    from console.session import Session
    from console.settings.moving import rename as move

    args = context.args
    async with Session.open(context.paths, args.old) as session:
        await unlock_vault(context, session)
        after = await move(session.profiles, await session.vault, args.old, args.new)
    context.out.note(f"{args.old} is {after.name} now; its secrets came along.")
    return Exit.OK
