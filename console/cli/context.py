"""What every command gets: its arguments, its folders, its output, and a session when it asks for one."""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.cli.asking import ask_secret
from console.cli.exits import Exit, Stop
from console.cli.output import Output
from console.settings.paths import Paths, expanded

if TYPE_CHECKING:
    from console.demo import Demo
    from console.hubspot.requestlog import RequestEntry
    from console.session import Session
    from console.settings.profile import Profile
    from console.settings.vault import Vault

OpenConsole = Callable[[Paths, "str | None", "Demo | None"], int]
"""How the console is opened; the package above this one brings it along."""

_PASSPHRASE_TRIES = 3
_HANGUPS = {signal.SIGHUP: Exit.HUNG_UP, signal.SIGTERM: Exit.TERMINATED}


@dataclass(frozen=True)
class Context:
    """One call of the command line."""

    args: argparse.Namespace
    paths: Paths
    out: Output
    open_console: OpenConsole | None = None

    @property
    def interactive(self) -> bool:
        """Whether a human can be asked something."""
        return sys.stdin is not None and sys.stdin.isatty() and self.out.err.isatty()

    @asynccontextmanager
    async def session(
        self,
        *,
        unlock: bool = True,
        creating: bool = False,
        vault: Vault | None = None,
        profile: Profile | None = None,
    ) -> AsyncIterator[Session]:
        """Open the profile. With `unlock`, a locked vault asks its passphrase on the terminal first.

        `creating` is for whoever is about to store something: a vault that was never set up is made.
        `profile` is one whose settings are not saved.
        """
        from console.session import Session

        async with Session.open(self.paths, profile or self.args.profile, vault) as session:
            if unlock and vault is None:
                await unlock_vault(self, session, creating=creating)
            with self.request_log() as write:
                session.on_request = write
                yield session

    @contextmanager
    def request_log(self) -> Iterator[Callable[[RequestEntry], None] | None]:
        """What appends a request, without a value, to `--log-file` at once; None where there is no such file."""
        if self.args.log_file is None:
            yield None
            return
        import msgspec

        from console.settings.paths import private_open

        with private_open(expanded(self.args.log_file).absolute(), "ab") as file:

            def write(entry: RequestEntry) -> None:
                file.write(msgspec.json.encode(entry) + b"\n")
                file.flush()  # a run that is killed has told until then

            yield write

    def write_log(self, requests: Iterable[RequestEntry]) -> None:
        """Requests that were sent already, appended to `--log-file`."""
        with self.request_log() as write:
            if write is not None:
                for entry in requests:
                    write(entry)

    def run(self, work: Coroutine[Any, Any, int]) -> int:
        """Run a command's coroutine: a hang-up, a termination or Ctrl-C cancels it and lets it clean up."""
        _collect_seldom()
        ended: list[Exit] = []

        async def main() -> int:
            task = asyncio.current_task()

            def end(code: Exit) -> None:
                ended.append(code)
                if task is not None:
                    task.cancel()

            heed(_HANGUPS, end)
            return await work

        try:
            return asyncio.run(main())
        except asyncio.CancelledError:
            raise Stop(ended[0] if ended else Exit.INTERRUPTED) from None


def heed(signals: Mapping[signal.Signals, Exit], tell: Callable[[Exit], object]) -> None:
    """Have the running loop tell of signals instead of dying of them; what `nohup` ignores stays ignored."""
    loop = asyncio.get_running_loop()
    for number, code in signals.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            continue
        with suppress(NotImplementedError, ValueError):  # not every platform and thread has them
            loop.add_signal_handler(number, tell, code)


def _collect_seldom() -> None:
    """Look for garbage cycles seldom: plans and runs make few, and looking takes a tenth of their processor time."""
    gc.freeze()  # what was imported stays
    gc.set_threshold(50_000, 20, 50)


def credential_names(profile: Profile) -> tuple[str, ...]:
    """The secrets without which this profile cannot sign in."""
    from console.settings.secrets import ACCESS_TOKEN, CLIENT_SECRET, REFRESH_TOKEN

    return (ACCESS_TOKEN,) if profile.authentication == "token" else (CLIENT_SECRET, REFRESH_TOKEN)


async def unlock_vault(context: Context, session: Session, *, creating: bool = False) -> None:
    """Ask the passphrase of a locked vault, where there is a terminal to ask on.

    Raises:
        VaultLocked: there is none, and the environment does not bring what the profile needs.
    """
    vault = await session.vault
    status = await vault.status()
    new = status.state == "needs_collection"
    if status.state != "locked" and not (new and creating):
        return
    from console.settings.errors import VaultLocked
    from console.settings.secrets import READ_ONLY

    if context.interactive:
        await _ask_passphrase(context, vault, new=new)
        return
    secrets = await session.secrets
    if creating or not all(secrets.source(name) in READ_ONLY for name in credential_names(session.profile)):
        raise VaultLocked(
            f"The {status.label} {'has no passphrase yet' if new else 'is locked'}, and there is no terminal to ask on.",
            "Run hubspoke credentials status on a terminal; for unattended runs bring the secrets in the environment "
            "(HUBSPOKE_ACCESS_TOKEN, or HUBSPOKE_CLIENT_SECRET and HUBSPOKE_REFRESH_TOKEN) or by systemd.",
        )


async def _ask_passphrase(context: Context, vault: Vault, *, new: bool) -> None:
    from console.settings.errors import WrongPassphrase

    for attempt in range(_PASSPHRASE_TRIES):
        passphrase = ask_secret(f"{'New passphrase' if new else 'Passphrase'} of the {vault.label}: ")
        if new and ask_secret("Once more: ") != passphrase:
            context.out.note("The two are not the same.")
            continue
        try:
            await vault.unlock(passphrase)
        except WrongPassphrase as error:
            if attempt + 1 == _PASSPHRASE_TRIES:
                raise
            context.out.note(error.message)
        else:
            return
    raise Stop(Exit.FAILURE, "No passphrase was set.")
