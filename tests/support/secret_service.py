"""A private D-Bus session with a real gnome-keyring in it, for tests and whole-program runs.

The bus activates nothing, so no dialog program can start and no other keyring can answer.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

NEEDED = ("dbus-daemon", "gnome-keyring-daemon")
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir={folder}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
"""


class PrivateSession:
    """A bus of its own, and a keyring daemon that can be started, stopped, frozen and killed."""

    def __init__(self) -> None:
        missing = [name for name in NEEDED if shutil.which(name) is None]
        if missing:
            pytest.fail(f"{' and '.join(missing)} missing: apt-get install gnome-keyring dbus-daemon", pytrace=False)
        self.folder = Path(tempfile.mkdtemp(prefix="hs-bus-"))  # short: socket paths end at 108 characters
        self.home = self.folder / "home"
        self.home.mkdir()
        self.daemon: subprocess.Popen[bytes] | None = None
        self._bus: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        config = self.folder / "bus.conf"
        config.write_text(BUS.format(folder=self.folder))
        self._bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile", "--print-address=1"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._bus.stdout is not None
        self.address = self._bus.stdout.readline().strip()
        assert self.address, "the private bus did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.stop_bus()
        shutil.rmtree(self.folder)

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to reach this session."""
        return {
            "DBUS_SESSION_BUS_ADDRESS": self.address,
            "XDG_RUNTIME_DIR": str(self.folder),
            "XDG_DATA_HOME": str(self.home / "data"),
        }

    def start(self, passphrase: str | None = None) -> None:
        """Starts the keyring: unlocked with a passphrase, else as a plain login finds it."""
        clean = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG"}}
        self.daemon = subprocess.Popen(
            [
                "gnome-keyring-daemon",
                "--components=secrets",
                "--foreground",
                f"--control-directory={self.folder}/control",
            ]
            + (["--unlock"] if passphrase is not None else []),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=clean | {"HOME": str(self.home)} | self.environment,
        )
        assert self.daemon.stdin is not None
        self.daemon.stdin.write((passphrase or "").encode())
        self.daemon.stdin.close()
        deadline = time.monotonic() + 10
        while not self._serves():
            assert time.monotonic() < deadline, "gnome-keyring did not take its name on the bus"
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends the keyring daemon, as a log-out does."""
        if self.daemon is not None:
            self.daemon.send_signal(signal.SIGCONT)
            _end(self.daemon)
            self.daemon = None

    def freeze(self) -> None:
        """The keyring goes on existing and answers nothing."""
        assert self.daemon is not None
        self.daemon.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """The keyring answers again."""
        assert self.daemon is not None
        self.daemon.send_signal(signal.SIGCONT)

    def stop_bus(self) -> None:
        """Ends the session's bus, as the end of its login does."""
        if self._bus is not None:
            _end(self._bus)
            assert self._bus.stdout is not None
            self._bus.stdout.close()
            self._bus = None

    def _serves(self) -> bool:
        from jeepney.bus_messages import message_bus  # type: ignore[import-untyped]
        from jeepney.io.blocking import Proxy, open_dbus_connection  # type: ignore[import-untyped]

        connection = open_dbus_connection(self.address)
        try:
            return bool(Proxy(message_bus, connection).NameHasOwner("org.freedesktop.secrets")[0])
        finally:
            connection.close()


def _end(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)
