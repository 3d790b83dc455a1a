"""A real sshd on loopback, for the user that runs the tests, with keys of its own."""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port


@contextmanager
def start_sshd(folder: Path, environment: Mapping[str, str]) -> Iterator[list[str]]:
    """Gives the ssh command line that logs in; `environment` is what the login gets besides its own."""
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/bin:/sbin")
    assert sshd, "install openssh-server; .ci/run does"
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # privilege separation wants it when root starts sshd
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(key, check=True, capture_output=True)
    port = free_port()
    settings = " ".join(f'"{name}={value}"' for name, value in environment.items())
    config = folder / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nAuthorizedKeysFile {folder / 'user.pub'}\n"
        f"StrictModes no\nUsePAM no\nPasswordAuthentication no\nPidFile none\nPermitRootLogin prohibit-password\n"
        f"SetEnv {settings}\n"
    )
    with (folder / "sshd.log").open("wb") as log:
        server = subprocess.Popen([sshd, "-D", "-e", "-f", str(config)], stderr=log, stdin=subprocess.DEVNULL)
    try:
        _wait_until_open(port, folder / "sshd.log")
        yield [
            "ssh", "-tt", "-q", "-p", str(port), "-i", str(folder / "user"), "-o", "IdentitiesOnly=yes",
            "-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no", "-F", "/dev/null",
            f"{getpass.getuser()}@127.0.0.1",
        ]  # fmt: skip
    finally:
        server.terminate()
        server.wait(timeout=10)


def _wait_until_open(port: int, log: Path) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"sshd does not listen: {log.read_text()}")
