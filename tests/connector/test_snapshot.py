"""The sealed file of a snapshot: what it answers, in which order, and what a forgotten person leaves."""

from __future__ import annotations

import re
import stat
import sys
from array import array
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.connector import snapshot_file, snapshot_sorting
from console.connector.filter import FilterError
from console.connector.snapshot import Question, Snapshot
from console.connector.snapshot_file import Head, Place, SnapshotError, SnapshotFile, files, remove_older
from console.connector.snapshot_order import key_of
from console.hubspot.model import PropertyDefinition

KEY = b"k" * 32
NAMES = ("email", "city", "num_notes", "lastmodifieddate")
SCHEMA = tuple(
    PropertyDefinition(name=name, label=name.title(), type=kind)
    for name, kind in zip(NAMES, ("string", "string", "number", "datetime"), strict=True)
)
CITIES = ("Galle", "Colombo", None, "Kandy", "galle", "São Paulo")


def made(path: Path, count: int = 350, key: bytes | None = KEY) -> SnapshotFile:
    """A snapshot of people 0..count-1, in pages of 100."""
    head = Head(portal_id=46, object_class="contact", properties=NAMES, schema=SCHEMA, begun_at=1000.0, expected=count)
    file = SnapshotFile.make(path, key, head)
    for start in range(0, count, 100):
        numbers = range(start, min(start + 100, count))
        columns: list[list[str | None]] = [
            [f"p{n * 9 % count:04}@acme.example" for n in numbers],
            [CITIES[n % len(CITIES)] for n in numbers],
            [str(n % 11) if n % 5 else None for n in numbers],
            [f"2026-11-{n % 28 + 1:02}T10:00:00Z" for n in numbers],
        ]
        ended = 1100.0 if numbers.stop == count else None
        file.add([str(51_000 + n) for n in numbers], columns, Place(records=numbers.stop, after="x", ended_at=ended))
    return file


def asked(snapshot: Snapshot, **question: str) -> list[str]:
    answer = snapshot.answer(Question(**question))
    answer.work()
    assert answer.done
    return [record.id for record in answer.records()]


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    made(tmp_path / "46-contact.snapshot").close()
    return Snapshot(SnapshotFile.open(tmp_path / "46-contact.snapshot", KEY))


def test_every_record_is_there_in_the_order_of_ids(snapshot: Snapshot) -> None:
    assert asked(snapshot) == [str(51_000 + n) for n in range(350)]
    assert snapshot.count == snapshot.info.records == 350
    assert snapshot.info.complete
    record = snapshot.record(201)
    assert record is not None
    assert record.properties["city"] == CITIES[201 % 6]


def test_a_filter_means_what_it_means_live(snapshot: Snapshot) -> None:
    found = asked(snapshot, filter='city eq "galle" and num_notes ge 5')
    wanted = [n for n in range(350) if (CITIES[n % 6] or "").lower() == "galle" and n % 5 and n % 11 >= 5]
    assert found == [str(51_000 + n) for n in wanted]
    assert asked(snapshot, filter="_id eq 51007") == ["51007"]


def test_words_stand_anywhere_and_letter_case_does_not_count(snapshot: Snapshot) -> None:
    assert asked(snapshot, text="KANDY p000") == [
        str(51_000 + n) for n in range(350) if CITIES[n % 6] == "Kandy" and n * 9 % 350 < 10
    ]
    assert len(asked(snapshot, text="são")) == sum(CITIES[n % 6] == "São Paulo" for n in range(350))


@pytest.mark.parametrize("sort", ["num_notes", "-num_notes", "city", "-lastmodifieddate", "email"])
def test_the_order_of_all_and_of_a_few_is_the_same(snapshot: Snapshot, sort: str) -> None:
    whole = asked(snapshot, sort=sort)
    again = asked(snapshot, sort=sort)
    few = asked(snapshot, sort=sort, filter="email pr")
    assert whole == again == few
    name = sort.removeprefix("-")
    values = [snapshot.record(int(uid) - 51_000).properties[name] for uid in whole]  # type: ignore[union-attr]
    there = [value for value in values if value]
    assert values[len(there) :] == [None] * (350 - len(there)), "records without a value come last"
    plain = [float(value) if name == "num_notes" else value.lower() for value in there]
    assert plain == sorted(plain, reverse=sort.startswith("-"))


def test_a_large_one_is_ordered_by_a_process_of_its_own(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = asked(snapshot, sort="city")
    monkeypatch.setattr(snapshot_sorting, "in_order", None)  # this process is not to do it
    monkeypatch.setattr(snapshot_sorting, "ALONE", 100)
    wanted = asked(snapshot, sort="-city")
    city = {
        record.id: (record.properties["city"] or "").lower() for record in map(snapshot.record, range(350)) if record
    }
    assert set(wanted) == set(alone)
    there = [city[uid] for uid in wanted if city[uid]]
    assert there == sorted(there, reverse=True)
    answer = snapshot.answer(Question(sort="email"))
    answer.cancel()
    answer.work()
    assert not answer.done


def test_what_it_does_not_hold_is_said_with_the_place(snapshot: Snapshot) -> None:
    with pytest.raises(FilterError, match="does not hold jobtitle") as caught:
        snapshot.answer(Question(filter='city pr and jobtitle eq "x"'))
    assert caught.value.position == len("city pr and ")
    with pytest.raises(SnapshotError, match="does not hold phone"):
        snapshot.answer(Question(sort="phone"))


def test_nobody_reads_it_without_the_key(tmp_path: Path) -> None:
    path = tmp_path / "46-contact.snapshot"
    made(path).close()
    assert b"acme.example" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for key in (None, b"x" * 32):
        with pytest.raises(SnapshotError, match="another vault's key"):
            SnapshotFile.open(path, key)


@pytest.mark.parametrize("key", [KEY, None], ids=["sealed", "without a vault"])
def test_a_forgotten_person_leaves_no_byte_and_everybody_else_stays(tmp_path: Path, key: bytes | None) -> None:
    path = tmp_path / "46-contact.snapshot"
    file = made(path, key=key)
    snapshot = Snapshot(file)
    asked(snapshot, sort="email")
    address = re.compile(r"p0007@acme\.example", re.IGNORECASE)
    assert file.erase(address, frozenset({"51002"})) == 2
    after = Snapshot(SnapshotFile.open(path, key))
    assert after.count == 348
    left = {f"5{1000 + n}" for n in range(350)} - {"51273", "51002"}
    assert set(asked(after)) == set(asked(after, sort="email")) == left
    assert asked(after, text="p0007") == []
    assert b"p0007@acme" not in path.read_bytes()
    assert path.stat().st_mtime == 1000.0, "it is no younger for having been written to"


def test_what_mentions_the_person_loses_the_address_only(tmp_path: Path) -> None:
    path = tmp_path / "46-contact.snapshot"
    head = Head(portal_id=1, object_class="contact", properties=("email", "city"), schema=(), begun_at=1.0)
    file = SnapshotFile.make(path, KEY, head)
    columns = [["a@x.example", "b@x.example"], ["Galle", "with A@x.example"]]
    file.add(["1", "2"], columns, Place(records=2, ended_at=2.0))
    assert file.erase(re.compile(r"a@x\.example", re.IGNORECASE), frozenset()) == 1
    record = Snapshot(file).record(1)
    assert record is not None
    assert record.properties == {"email": "b@x.example", "city": "with (erased)"}


def test_the_screen_reads_while_an_answer_is_worked_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.connector.snapshot._RECORDS_KEPT", 2)
    snapshot = Snapshot(made(tmp_path / "46-contact.snapshot", count=5))

    def walk(step: int) -> set[str]:
        found = (snapshot.record(number * step % 4) for number in range(4_000))
        return {record.id for record in found if record is not None}

    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            seen = list(pool.map(walk, (1, 3, 1, 3)))
    finally:
        sys.setswitchinterval(often)
    snapshot.close()
    assert seen == [{"51000", "51001", "51002", "51003"}] * 4


def test_pruning_passes_over_what_is_gone_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = made(tmp_path / "46-contact.snapshot")
    file.remember_order("city", array("I", range(350)))
    file.close()
    seen = [*files(tmp_path), tmp_path / "46-contact.taking"]
    monkeypatch.setattr(snapshot_file, "files", lambda _: seen)
    assert remove_older(tmp_path, 1001.0) == 1


def test_pruning_goes_by_when_it_was_begun(tmp_path: Path) -> None:
    file = made(tmp_path / "46-contact.snapshot")
    file.remember_order("city", array("I", range(350)))
    file.close()
    assert remove_older(tmp_path, 999.0) == 0
    assert remove_older(tmp_path, 1001.0) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_nobody_waits_for_stops(snapshot: Snapshot) -> None:
    answer = snapshot.answer(Question(text="galle"))
    answer.cancel()
    answer.work()
    assert not answer.done
    assert len(answer) == 0


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_numbers_are_ordered_by_their_size(numbers: list[float]) -> None:
    key = key_of("number")
    texts = [f"{number:f}" for number in numbers]
    assert [float(text) for text in sorted(texts, key=key)] == sorted(map(float, texts))
