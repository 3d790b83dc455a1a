"""The demo: a profile on the embedded simulator with sample people, in a private folder that goes away.

`Demo.start` returns at once, so that the console can paint: the port is chosen and the profile and
the mapping are written before the simulator listens. `await demo.ready()` then waits for the
simulator, puts its token into the demo's vault and writes the sample people (they are derived from
the contacts that the simulator seeded, so they exist only then).

Who keeps what alive: a FIFO in the demo's state folder is the standard input of the simulator and
of a janitor. The console holds its write end, and so does every session on that folder (a runner's
too). When the last of them is gone, however it went, both readers see the end: the simulator
leaves and the janitor removes the folder.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import msgspec

from console.session import KEEPALIVE
from console.settings.paths import Paths, expanded, private_dir, private_open, write_private
from console.settings.profile import Profile
from console.settings.profiles import Profiles
from console.settings.secrets import ACCESS_TOKEN
from console.settings.vault import MemoryVault

PROFILE = "demo"
MAPPING = "people-to-contacts"
READY_SECONDS = 60.0
_LEAVE_SECONDS = 3.0
_JANITOR = 'cat >/dev/null; rm -rf -- "$1"'
_FOREIGN = "HUBSPOKE_"  # secrets of the operator's own environment stay out of the demo

_MAPPING_TEXT = """\
# People from the personnel file become HubSpot contacts. Edit it and plan again.
version = 1
name = "people-to-contacts"
source = "../../people.csv"
source_id = "employee_id"
target = "contact"
scope = 'active eq true and !(department eq "Robots")'
correlate = ["email"]

[types]
active = "bool"

[properties]
email = 'source.mail.lowerAscii()'
firstname = 'source.given_name'
lastname = 'source.family_name'
jobtitle = 'source.title'
company = 'source.company'
city = 'source.city'
phone = { value = 'e164(source.telephone, "US")', when = 'has(source.telephone)', write = "if_empty" }
"""


class DemoFailed(Exception):
    """The demo could not be started; `remedy` says what may help."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class _Ready(msgspec.Struct, rename="camel"):
    """The one line that the simulator prints when it listens."""

    url: str
    token: str
    portal_id: int


class Demo:
    """A running demo. `folder` holds everything; `people` and `mapping` are for the operator to play with."""

    def __init__(self, folder: Path, kept: bool, people: int) -> None:
        self.folder = folder
        self.kept = kept
        self.paths = Paths.resolve(str(folder / "config"), str(folder / "state"))
        self.people = folder / "people.csv"
        self.mapping = self.paths.mappings / f"{MAPPING}.toml"
        self.vault = MemoryVault()
        self.portal_id: int | None = None
        self.profile = Profile(name=PROFILE)
        self._data = folder / "hubspot.data"
        self._rows = people
        self._began: Future[_Ready] = Future()
        self._simulator: subprocess.Popen[bytes] | None = None
        self._alive: int | None = None
        self._told = asyncio.Lock()

    @classmethod
    def start(cls, keep: Path | None = None, *, contacts: int = 2000, users: int = 200) -> Demo:
        """Start a demo with `contacts` in its HubSpot and `users` in its personnel file; returns before it is ready.

        Raises:
            DemoFailed: the folder to keep is in use, or the simulator's program cannot be started.
        """
        demo = cls(_folder(keep), keep is not None, users)
        try:
            demo._furnish()
            demo._launch(contacts)
        except BaseException:
            demo.stop()
            raise
        return demo

    async def ready(self) -> None:
        """Wait until the simulator answers and the sample people are written; safe to await more than once.

        Raises:
            DemoFailed: the simulator ended or did not come up in time.
        """
        async with self._told:
            if self.portal_id is None:
                said = await asyncio.shield(asyncio.wrap_future(self._began))
                await self.vault.bound(self.profile.origin).set(PROFILE, ACCESS_TOKEN, said.token)
                self.portal_id = said.portal_id

    def stop(self) -> None:
        """Let go. Simulator and folder go with the last session that uses them, so a run may still finish."""
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None
        deadline = time.monotonic() + _LEAVE_SECONDS
        while time.monotonic() < deadline and not self._gone() and not self._in_use():
            time.sleep(0.02)

    def _furnish(self) -> None:
        """Profile and mapping: what the first paint and the setup look at."""
        port = _free_port()
        self.profile = Profile(
            name=PROFILE,
            display_name="Demo on the embedded simulator",
            authentication="token",
            api_base_url=f"http://127.0.0.1:{port}",
            timeout_seconds=10.0,
        )
        _claim_state(self.paths, known=self._data.exists())
        profiles = Profiles(self.paths)
        profiles.save(self.profile)
        profiles.use(PROFILE)
        if not self.mapping.exists():  # a kept folder holds the operator's own edits
            write_private(self.mapping, _MAPPING_TEXT.encode())

    def _launch(self, contacts: int) -> None:
        fifo = self.paths.state / KEEPALIVE
        fifo.unlink(missing_ok=True)
        os.mkfifo(fifo, 0o600)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        try:
            self._alive = os.open(fifo, os.O_WRONLY)  # not inheritable, as Python opens everything
            os.set_blocking(reader, True)
            if not self.kept:
                _spawn(["/bin/sh", "-c", _JANITOR, "hubspoke-demo", str(self.folder)], reader, subprocess.DEVNULL, None)
            with private_open(self.folder / "simulator.log", "wb") as log:
                self._simulator = _spawn(self._command(contacts), reader, subprocess.PIPE, log.fileno())
        finally:
            os.close(reader)
        threading.Thread(target=self._follow, name="demo", daemon=True).start()

    def _command(self, contacts: int) -> list[str]:
        listen = self.profile.api_base_url.removeprefix("http://")
        # -P: a file named console.py in the working folder must not stand in for ours
        command = [sys.executable, "-P", "-m", "screens", "simulator", "--listen", listen]
        data = ["--data", str(self._data)] if self.kept else []
        return [*command, "--contacts", str(contacts), *data, "--ready-json", "--exit-with-stdin"]

    def _follow(self) -> None:
        """In a thread: wait for the ready line, then write the people that belong to that simulator."""
        try:
            said = self._ready_line()
            if not self.people.exists():
                from console.sample_people import sample_csv  # http.client and csv come after the first paint

                write_private(self.people, sample_csv(said.url, said.token, self._rows))
        except Exception as error:  # noqa: BLE001 - handed to whoever awaits ready()
            self._began.set_exception(error if isinstance(error, DemoFailed) else _failed(self.folder, str(error)))
        else:
            self._began.set_result(said)

    def _ready_line(self) -> _Ready:
        assert self._simulator is not None
        assert self._simulator.stdout is not None
        with self._simulator.stdout as stream:
            line = stream.readline()
        try:
            return msgspec.json.decode(line, type=_Ready)
        except msgspec.DecodeError:
            raise _failed(self.folder, "it ended before it was ready") from None

    def _gone(self) -> bool:
        left = self._simulator is None or self._simulator.poll() is not None
        return left and (self.kept or not self.folder.exists())

    def _in_use(self) -> bool:
        """Whether a runner holds the demo: opening the FIFO for writing says nothing, its runs do."""
        import sqlite3

        from console.journal.glance import last_runs
        from console.provisioning.lock import holder

        with suppress(sqlite3.Error, OSError):
            runs = [run for run in last_runs(self.paths.journal, 5) if run.state == "running"]
            return any(holder(self.paths.locks, run.portal_id, run.mapping) for run in runs)
        return False


def _folder(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="hubspoke-demo-"))
    keep = expanded(keep).absolute()
    foreign = keep.exists() and (not keep.is_dir() or (any(keep.iterdir()) and not (keep / "config").is_dir()))
    if foreign:
        raise DemoFailed(f"{keep} is not empty and not a demo's folder.", "Name a new folder with --keep.")
    return private_dir(keep)


def _claim_state(paths: Paths, *, known: bool) -> None:
    """Begin on a state folder. Without a HubSpot that was kept too (`known`), an old journal speaks of nothing."""
    with suppress(OSError):
        os.close(os.open(paths.state / KEEPALIVE, os.O_WRONLY | os.O_NONBLOCK))
        raise DemoFailed(f"A demo is running on {paths.state.parent}.", "Leave it first, or name another folder.")
    if not known:
        shutil.rmtree(paths.state, ignore_errors=True)
    private_dir(paths.state)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _spawn(command: list[str], stdin: int, stdout: int, stderr: int | None) -> subprocess.Popen[bytes]:
    """A process of its own session, so that neither Ctrl-C nor a lost terminal reaches it."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program, no shell text
            command, stdin=stdin, stdout=stdout, stderr=stderr or stdout, env=environ, start_new_session=True
        )
    except OSError as error:
        raise DemoFailed(f"The demo's program cannot be started: {error.strerror}.") from None
    threading.Thread(target=process.wait, name="reaper", daemon=True).start()  # no zombie, whoever ends first
    return process


def _failed(folder: Path, what: str) -> DemoFailed:
    last = ""
    with suppress(OSError):
        lines = (folder / "simulator.log").read_text("utf-8", "replace").strip().splitlines()
        last = lines[-1] if lines else ""
    return DemoFailed(f"The simulator did not start: {last or what}.", "Run hubspoke simulator to see it alone.")
