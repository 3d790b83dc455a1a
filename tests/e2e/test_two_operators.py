"""Two operators at once, a source that shrinks, a disk that is full, a clock that jumps: stopped in words, and gone on with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from console.provisioning.lock import holder
from tests.support.operator import Operator
from tests.support.people import COLUMNS, differences, person, write_people
from tests.support.simulator import Simulator, start_simulator

PEOPLE = 300
SLOW = "slow=100%/2@POST:/batch/create,slow=100%/2@POST:/batch/archive"


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with start_simulator() as simulator:
        yield simulator


@pytest.fixture
def hubspot(running: Simulator) -> Simulator:
    """An empty account."""
    running.reset()
    return running


@pytest.fixture
def operator(hubspot: Simulator, tmp_path: Path) -> Operator:
    """Somebody with a mapping and a file of people."""
    write_people(tmp_path, PEOPLE)
    return Operator(tmp_path, hubspot.url, hubspot.token)


@pytest.fixture
def going() -> Iterator[list[subprocess.Popen[str]]]:
    """Commands that go on while the test does other things; whatever a failed test left is ended."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def mapping(operator: Operator) -> str:
    return str(operator.folder / "people-to-contacts.toml")


def made_once(hubspot: Simulator) -> bool:
    """Whether nobody was created twice."""
    return set(Counter(one["key"] for one in hubspot.state()["creates"]).values()) <= {1}


def write_rows(operator: Operator, numbers: range) -> None:
    """A file of these people."""
    rows = [",".join(COLUMNS), *(",".join(person(number).values()) for number in numbers)]
    (operator.folder / "people.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = process.communicate(timeout=50)
    return process.returncode, out + err


def writing(hubspot: Simulator, operator: Operator, process: subprocess.Popen[str]) -> None:
    """Waits until this process holds the mapping; what it writes then takes a while."""
    until = time.monotonic() + 30
    locks = operator.state / "locks"
    while (owner := holder(locks, hubspot.portal_id, "people-to-contacts")) is None or owner.pid != process.pid:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


def test_two_apply_at_once(hubspot: Simulator, operator: Operator, going: list[subprocess.Popen[str]]) -> None:
    """The same plan, and another one of the same mapping, which then finds the people who are there by now."""
    first, second = (operator.json("plan", mapping(operator))["id"] for _ in range(2))
    hubspot.faults(SLOW)
    run = operator.start("apply", first, "--yes", "--attached")
    going.append(run)
    writing(hubspot, operator, run)
    said = operator.run("apply", first, "--yes", "--attached", code=7).stderr
    assert f"process {run.pid}" in said
    assert "hubspoke runs watch" in said
    assert ended(run)[0] == 0
    hubspot.faults()
    assert differences(hubspot, PEOPLE) == []
    late = operator.run("apply", second, "--yes", "--attached", "--json").stdout
    assert json.loads(late)["state"] == "done"
    assert differences(hubspot, PEOPLE) == []
    assert made_once(hubspot)
    assert operator.json("plan", mapping(operator))["writes"] == 0


def test_two_operators_with_journals_of_their_own(
    hubspot: Simulator, operator: Operator, tmp_path: Path, going: list[subprocess.Popen[str]]
) -> None:
    """Nothing of one's machine tells the other: HubSpot itself says who is there."""
    there = tmp_path / "there"
    there.mkdir()
    write_people(there, PEOPLE)
    other = Operator(there, hubspot.url, hubspot.token)
    plans = [one.json("plan", mapping(one))["id"] for one in (operator, other)]
    hubspot.settings(latency=0.1)
    both = [one.start("apply", plan, "--yes", "--attached") for one, plan in zip((operator, other), plans, strict=True)]
    going += both
    assert [ended(one)[0] for one in both] == [0, 0]
    assert differences(hubspot, PEOPLE) == []
    assert made_once(hubspot)
    for one in (operator, other):
        assert one.json("plan", mapping(one))["writes"] == 0


def test_an_undo_while_it_is_applied_and_the_other_way_round(
    hubspot: Simulator, operator: Operator, going: list[subprocess.Popen[str]]
) -> None:
    plan = operator.json("plan", mapping(operator))["id"]
    hubspot.faults(SLOW)
    run = operator.start("apply", plan, "--yes", "--attached")
    going.append(run)
    writing(hubspot, operator, run)
    said = operator.run("runs", "undo", plan, "--yes", code=1).stderr
    assert "is running" in said
    assert ended(run)[0] == 0
    assert differences(hubspot, PEOPLE) == []
    text = (operator.folder / "people.csv").read_text(encoding="utf-8")
    (operator.folder / "people.csv").write_text(text.replace("Given", "Renamed"), encoding="utf-8")
    other = operator.json("plan", mapping(operator))["id"]
    refused = operator.run("runs", "undo", plan, "--yes", "--attached", code=4).stderr
    assert "deletes" in refused
    assert len(hubspot.dump()) == PEOPLE
    undo = operator.start("runs", "undo", plan, "--yes", "--attached", "--accept", f"deletes={PEOPLE}")
    going.append(undo)
    writing(hubspot, operator, undo)
    operator.run("apply", other, "--yes", "--attached", code=7)
    assert ended(undo)[0] == 0
    assert hubspot.dump() == {}
    hubspot.faults()
    late = json.loads(operator.run("apply", other, "--yes", "--attached", "--json", code=6).stdout)
    assert late["states"] == {"conflict": PEOPLE}
    assert hubspot.dump() == {}


def test_a_file_that_lost_half_of_its_rows(hubspot: Simulator, operator: Operator) -> None:
    path = operator.folder / "people-to-contacts.toml"
    path.write_text(path.read_text(encoding="utf-8") + '\n[policy]\nSOURCE_MISSING = "DELETE"\n', encoding="utf-8")
    operator.run("provision", str(path), "--yes", "--attached")
    write_rows(operator, range(1, PEOPLE // 2))
    plan = operator.json("plan", str(path))
    held = {guard["id"]: guard["count"] for guard in plan["guards"] if guard["holds"]}
    gone = PEOPLE // 2 + 1
    assert held == {"deletes": gone, "shrink": gone}
    said = operator.run("apply", plan["id"], "--yes", "--attached", code=4).stderr
    assert f"shrink={gone}" in said
    assert len(hubspot.dump()) == PEOPLE
    operator.run("apply", plan["id"], "--yes", "--attached", "--accept", f"deletes={gone - 1}", code=4)
    write_rows(operator, range(1, PEOPLE + 1))
    assert operator.json("plan", str(path))["writes"] == 0


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of so many megabytes."""
    folder.mkdir()
    mounted = os.geteuid() == 0 and not subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "none", str(folder)],
        capture_output=True, check=False,
    ).returncode  # fmt: skip
    if not mounted:
        pytest.skip("only root can mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", "-l", str(folder)], check=True)


def fill(disk: Path, leave: int = 0) -> Path:
    """A file that takes all that is free, but for so many bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    os.truncate(ballast, max(0, ballast.stat().st_size - leave))
    return ballast


def test_a_disk_that_is_full_while_people_are_written(
    hubspot: Simulator, operator: Operator, tmp_path: Path, going: list[subprocess.Popen[str]]
) -> None:
    with small_disk(tmp_path / "small", 8) as disk:
        operator.state = disk / "state"
        plan = operator.json("plan", mapping(operator))["id"]
        hubspot.faults(SLOW)
        run = operator.start("apply", plan, "--yes", "--attached")
        going.append(run)
        writing(hubspot, operator, run)
        ballast = fill(disk)
        code, said = ended(run)
        ballast.unlink()
        hubspot.faults()
        if code:
            assert "No room on the disk" in said, said
            assert "Free some space" in said
            assert "Traceback" not in said
            operator.run("apply", plan, "--yes", "--attached")
        assert differences(hubspot, PEOPLE) == []
        assert made_once(hubspot)
        assert operator.json("plan", mapping(operator))["writes"] == 0


def test_a_disk_that_is_full_while_a_plan_is_made(hubspot: Simulator, operator: Operator, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 16) as disk:
        operator.state = disk / "state"
        operator.run("plan", mapping(operator))
        write_rows(operator, range(1, 20_001))
        ballast = fill(disk, 1_500_000)
        said = operator.run("plan", mapping(operator), code=1).stderr
        assert "No room on the disk" in said
        assert "Traceback" not in said
        ballast.unlink()
        write_rows(operator, range(1, 11))
        assert operator.json("plan", mapping(operator))["actions"] == {"CREATE": 10}


CLOCKS = """
import sys, time
real, jump = time.time, float(sys.argv.pop(1))
begun = time.monotonic()
time.time = lambda: real() + (jump if time.monotonic() - begun > 1.2 else 0.0)
from screens.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0], ids=["a day back", "a day on"])
def test_a_clock_that_jumps_while_people_are_written(hubspot: Simulator, operator: Operator, jump: float) -> None:
    """The allowance is kept by a clock that nobody sets; what was read looks old or new, and is read again at most."""
    plan = operator.json("plan", mapping(operator))["id"]
    hubspot.faults(SLOW)
    command = operator.command("apply", plan, "--yes", "--attached")
    done = subprocess.run(
        [sys.executable, "-P", "-c", CLOCKS, str(jump), *command[4:]],
        env=operator.environment, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    hubspot.faults()
    assert differences(hubspot, PEOPLE) == []
    assert made_once(hubspot)
    assert hubspot.state()["rateLimited"] == 0
    assert operator.json("plan", mapping(operator))["writes"] == 0
