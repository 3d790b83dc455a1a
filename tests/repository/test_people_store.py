"""The managed repository: what is written is there, sealed, in the order of its changes, and can be forgotten."""

from __future__ import annotations

import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from console.repository.errors import BadPerson, Changed, NameTaken, NoSuchPerson, RepositoryError, RepositoryLocked
from console.repository.people import People, ticket_of
from console.repository.store import PeopleStore
from console.sources.model import Incremental, SourceRow
from console.sources.opening import open_source, secret_name

KEY = b"k" * 32
NAMES = st.sampled_from(["ann", "Bob", "CARL", "bøb", "ann@example.org"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=4,
).filter(lambda value: "\\u0000" not in repr(value) and "\\x00" not in repr(value))
ATTRIBUTES = st.dictionaries(st.sampled_from(["mail", "givenName", "tags"]), VALUES, max_size=3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "people.sqlite"


class Repository(RuleBasedStateMachine):
    """Any order of changes leaves what a dictionary would hold, and the stream of changes tells all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: dict[str, tuple[str, dict[str, Any], bool]] = {}
        self.copy: dict[str, tuple[str, dict[str, Any], bool]] = {}
        self.read = 0

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = PeopleStore.open(Path(self.folder.name) / "people.sqlite", KEY)

    def _owner(self, name: str) -> str | None:
        return next((uid for uid, one in self.wanted.items() if one[0].casefold() == name.casefold()), None)

    @rule(name=NAMES, attributes=ATTRIBUTES, active=st.booleans())
    def add(self, name: str, attributes: dict[str, Any], active: bool) -> None:
        if self._owner(name) is not None:
            with pytest.raises(NameTaken):
                self.store.add(name, attributes, active=active)
            return
        person = self.store.add(name, attributes, active=active)
        self.wanted[person.uid] = (name, attributes, active)

    @rule(old=NAMES, name=NAMES | st.none(), attributes=ATTRIBUTES | st.none(), active=st.booleans() | st.none())
    def replace(self, old: str, name: str | None, attributes: dict[str, Any] | None, active: bool | None) -> None:
        uid = self._owner(old)
        if uid is None:
            with pytest.raises(NoSuchPerson):
                self.store.get(old)
            return
        if name is not None and self._owner(name) not in (None, uid):
            with pytest.raises(NameTaken):
                self.store.replace(uid, user_name=name)
            return
        present = self.wanted[uid]
        given = (name, attributes, active)
        self.wanted[uid] = tuple(now if new is None else new for new, now in zip(given, present, strict=True))  # type: ignore[assignment]
        self.store.replace(uid, user_name=name, attributes=attributes, active=active)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        uid = self._owner(name)
        if uid is not None:
            self.store.remove(uid)
            del self.wanted[uid]

    @rule()
    def follow(self) -> None:
        while page := self.store.changes(self.read, 2):
            self.read = page[-1].change
            for person in page:
                self.copy.pop(person.uid, None)
                if not person.removed:
                    self.copy[person.uid] = (person.user_name, person.attributes, person.active)
        assert self.copy == self.wanted

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "store"):
            return
        found = {one.uid: (one.user_name, one.attributes, one.active) for one in self.store.page(limit=100)}
        assert found == self.wanted
        assert self.store.count() == len(self.wanted)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()


TestRepository = Repository.TestCase
TestRepository.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


def on_disk(path: Path) -> bytes:
    """Every byte of the repository's files."""
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_people_are_sealed_and_the_files_private(path: Path) -> None:
    store = PeopleStore.open(path, KEY)
    store.add("ann.lee", {"mail": "ann@example.org"})
    assert store.sealed
    assert b"ann" not in on_disk(path)
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    store.close()
    for key in (None, b"x" * 32):
        with pytest.raises(RepositoryLocked, match="sealed"):
            PeopleStore.open(path, key)


def test_people_of_a_time_without_a_vault_are_sealed_later(path: Path) -> None:
    store = PeopleStore.open(path, None)
    ann = store.add("ann.lee", {"mail": "ann@example.org"})
    assert not store.sealed
    store.close()
    store = PeopleStore.open(path, KEY)
    assert store.get("ANN.LEE") == ann
    assert b"ann" not in on_disk(path)
    store.close()


@pytest.mark.parametrize("key", [KEY, None])
def test_who_is_forgotten_leaves_no_byte(path: Path, key: bytes | None) -> None:
    store = PeopleStore.open(path, key)
    kept = store.add("bob", {"mail": "bob@example.org"})
    store.add("ann.lee", {"emails": [{"value": "Ann.Lee@Example.org"}], "family": "Leeeee"})
    store.replace(
        store.get("ann.lee").uid, attributes={"emails": [{"value": "Ann.Lee@Example.org"}], "family": "Moore"}
    )
    assert store.forget("nobody@example.org") == 0
    assert store.forget("ann.lee@example.ORG") == 1
    assert store.page() == [kept]
    assert not [word for word in (b"Ann.Lee", b"ann.lee", b"Moore", b"Leeeee") if word in on_disk(path)]
    store.close()


@pytest.mark.parametrize("key", [KEY, None])
def test_who_only_mentions_the_forgotten_one_stays_without_the_address(path: Path, key: bytes | None) -> None:
    store = PeopleStore.open(path, key)
    ann = store.add("ann", {"emails": [{"value": "Ann.Lee@Example.org"}]})
    gone = store.add("ann.lee@example.org", {"mail": None})
    bob = store.add(
        "bob", {"mail": "bob@example.org", "assistant": "ann.lee@example.org", "note": "or ANN.LEE@example.org!"}
    )
    eve = store.add(
        "eve", {"urn:x:User": {"manager": {"mail": "Ann.Lee@example.org", "value": "7"}}, "otherMails": ["e@x.org"]}
    )
    cy = store.add("cy", {"mail": "joann.lee@example.org", "tags": ["ann.lee@example.org", None, "b"]})
    team = store.groups.put(
        None,
        "ann.lee@example.org's",
        {"owner": "ann.lee@example.org"},
        {ann.uid: "Ann", bob.uid: "for Ann.Lee@example.org"},
    )
    assert store.forget("Ann.Lee@example.org") == 2
    assert {one.uid for one in store.page()} == {bob.uid, eve.uid, cy.uid}
    assert store.get(bob.uid).attributes == {"mail": "bob@example.org", "note": "or (erased)!"}
    assert store.get(eve.uid).attributes == {"urn:x:User": {"manager": {"value": "7"}}, "otherMails": ["e@x.org"]}
    assert store.get(cy.uid).attributes == {"mail": "joann.lee@example.org", "tags": [None, "b"]}
    assert [one.uid for one in store.addressed("ann.lee@example.org")] == []
    left = store.groups.get(team.uid)
    assert (left.name, left.attributes, left.members) == (f"(erased {team.uid[:8]})'s", {}, {bob.uid: "for "})
    assert store.groups.named("ann.lee@example.org's") is None
    data = on_disk(path).lower().replace(b"joann.lee@", b"")
    assert b"ann.lee@example.org" not in data
    assert gone.uid not in {one.uid for one in store.changes()}
    store.close()


def test_people_are_found_by_every_address_of_theirs(path: Path) -> None:
    store = PeopleStore.open(path, KEY)
    ann = store.add("ann", {"emails": [{"value": "Ann@Example.org"}], "note": "ask ann@other.org"})
    bob = store.add("bob@example.org", {"assistant": "ann@example.ORG"})
    assert [one.uid for one in store.addressed("ANN@example.org")] == sorted([ann.uid, bob.uid])
    assert store.addressed("ann@other.org") == []
    ann = store.replace(ann.uid, attributes={})
    assert [one.uid for one in store.addressed("ann@example.org")] == [bob.uid]
    store.remove(bob.uid)
    assert store.addressed("bob@example.org") == []
    store.close()


def test_a_change_is_made_for_the_state_that_was_seen(path: Path) -> None:
    store = PeopleStore.open(path, KEY)
    ann = store.add("ann", {})
    later = store.replace(ann.uid, active=False, if_change=ann.change)
    with pytest.raises(Changed):
        store.replace(ann.uid, active=True, if_change=ann.change)
    assert store.replace(ann.uid, active=False) == later
    assert later.modified_at >= later.created_at
    store.close()


def test_an_origin_comes_back_under_its_id(path: Path) -> None:
    store = PeopleStore.open(path, KEY)
    ann = store.add("ann", {}, origin="hubspot/1/contact/42")
    store.remove(ann.uid)
    assert store.of_origins(["hubspot/1/contact/42"])["hubspot/1/contact/42"].removed
    again = store.add("ann", {"mail": "a"}, origin="hubspot/1/contact/42")
    assert again.uid == ann.uid
    assert store.origins_between("hubspot/1/contact/", 0, 41) == []
    assert store.origins_between("hubspot/1/contact/", 41, None) == [(42, ann.uid)]
    assert store.origins_between("hubspot/2/contact/", 0, None) == []
    store.close()


@pytest.mark.parametrize(
    ("name", "attributes"),
    [("", {}), (" ", {}), ("x" * 400, {}), ("a\nb", {}), ("a", {"x": "\ud800"}), ("a", {"x": "\0"}), ("a", {"x": "y" * 2_000_000})],
)  # fmt: skip
def test_what_is_no_person_is_refused(path: Path, name: str, attributes: dict[str, Any]) -> None:
    store = PeopleStore.open(path, KEY)
    with pytest.raises(BadPerson) as caught:
        store.add(name, attributes)
    assert caught.value.remedy
    assert store.count() == 0
    store.close()


def test_a_file_that_is_no_repository_is_said(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(RepositoryError, match="damaged or no managed repository"):
        PeopleStore.open(path, KEY)


def test_several_processes_write_at_once(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from console.repository.store import PeopleStore\n"
        "store = PeopleStore.open(Path(sys.argv[1]), b'k' * 32)\n"
        "for n in range(20): store.add(f'{sys.argv[2]}-{n}', {})"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), who]) for who in ("a", "b", "c")]
    assert [process.wait(30) for process in running] == [0, 0, 0]
    store = PeopleStore.open(path, KEY)
    assert store.count() == 60
    assert [person.change for person in store.changes()] == list(range(1, 61))
    store.close()


async def test_it_is_a_source(path: Path) -> None:
    people = await People.open(path, master_key=KEY)
    await people.add("ann", {"mail": "ann@example.org", "id": "not ours"})
    bob = await people.add("bob", {}, active=False)
    assert secret_name("people:") == "source/people:"
    assert ticket_of(people.ticket()) == (path, KEY)
    source = open_source("people:", secret=people.ticket())
    found = [row.values for row in source.rows() if isinstance(row, SourceRow)]
    assert {"id": bob.uid, "userName": "bob", "active": False} in found
    assert [one["mail"] for one in found if one["userName"] == "ann"] == ["ann@example.org"]
    assert isinstance(source, Incremental)
    mark = source.mark()
    await people.replace(bob.uid, active=True)
    again = open_source("people:", secret=people.ticket())
    assert isinstance(again, Incremental)
    assert [row.values["userName"] for row in again.changes(mark) if isinstance(row, SourceRow)] == ["bob"]
    await people.aclose()
