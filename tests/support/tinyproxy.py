"""A real forwarding proxy: Debian's tinyproxy on loopback, with a configuration of its own."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port

THIS_MACHINE = "0.0.0.0"  # leads here, but is no loopback address: nothing goes past the proxy


@dataclass(frozen=True)
class Tinyproxy:
    """A running proxy."""

    port: int
    file: Path

    @property
    def log(self) -> str:
        """What it wrote about its clients."""
        return self.file.read_text()

    @property
    def tunnels(self) -> list[str]:
        """Where clients asked to be led, in their order."""
        return re.findall(r"Request \(.*?\): CONNECT (\S+)", self.log)


@contextmanager
def start_tinyproxy(folder: Path, user: str = "", password: str = "") -> Iterator[Tinyproxy]:
    """A proxy that ends with the block; with `user`, it wants that name and password."""
    program = shutil.which("tinyproxy", path="/usr/bin:/usr/sbin:/usr/local/bin")
    assert program, "install tinyproxy; .ci/run does"
    port, log, config = free_port(), folder / "tinyproxy.log", folder / "tinyproxy.conf"
    log.touch()
    auth = f"BasicAuth {user} {password}\n" if user else ""
    config.write_text(
        f'Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 30\nMaxClients 20\nLogLevel Connect\nLogFile "{log}"\n{auth}'
    )
    process = subprocess.Popen(
        [program, "-d", "-c", str(config)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        _wait_until_open(port, process)
        yield Tinyproxy(port, log)
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stderr.close()


def _wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    assert process.stderr is not None
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.05)
    raise AssertionError("tinyproxy does not listen")
