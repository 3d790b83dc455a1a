"""The line drops in the middle of a run: the run goes on, and the next login finds it at once."""

from __future__ import annotations

import os
import shlex
import signal
import time
from pathlib import Path

from tests.support.operator import Operator
from tests.support.people import differences, install_mapping
from tests.support.simulator import start_simulator
from tests.support.ssh import start_sshd
from tests.support.terminal import Terminal

PEOPLE = 3000


def test_a_run_outlives_the_ssh_client_and_a_new_login_reattaches(tmp_path: Path) -> None:
    with start_simulator(burst="6/2", latency=150) as hubspot:
        operator = Operator(tmp_path, hubspot.url, hubspot.token)
        install_mapping(tmp_path, operator.config, PEOPLE)
        hubspot.allowances(burst="100000/10")
        operator.run("plan", "people-to-contacts")
        hubspot.allowances(burst="6/2")
        with start_sshd(tmp_path, operator.environment) as login:
            command = [*login, shlex.join(operator.command())]
            with Terminal(command) as terminal:
                terminal.wait(r"Simulated portal \d+", 20)
                terminal.press("l")
                terminal.wait(r"p-\d{8}-\w+")
                time.sleep(1.5)
                terminal.read()
                terminal.press("enter")
                terminal.wait("Would happen")
                terminal.press("a")
                terminal.wait("Type yes")
                terminal.press("yes", "enter")
                terminal.wait(r"[1-9]\d* of 3,000", 20)
                os.kill(terminal.pid, signal.SIGKILL)  # the client; the far side only sees the line end

            started = time.monotonic()
            with Terminal(command) as terminal:
                terminal.wait(r"r-\d{8}-\w+")
                terminal.press("enter")
                terminal.wait(r"[1-9][\d,]* of 3,000")
                reattached = time.monotonic() - started
                assert operator.json("runs", "list")[0]["state"] == "running"
                terminal.wait("done +3,000 of 3,000", 40)
        assert reattached < 2
        assert differences(hubspot, PEOPLE) == []
        assert len(hubspot.state()["creates"]) == PEOPLE
