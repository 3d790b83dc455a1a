"""The states of mappings, sources and a person, for their pictures: real files, and a person told from samples."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

from textual.screen import Screen

from console.journal.model import (
    Candidate,
    Change,
    Entry,
    EntryState,
    Problem,
    RunProgress,
    RunState,
    Situation,
)
from console.provisioning.explain import Clause, Explanation
from console.provisioning.mapping_preview import PersonPreview, ValuePreview
from console.provisioning.person_finding import Hit
from console.provisioning.person_steps import Line, Step, Touched, story_steps
from console.provisioning.person_story import Planned, Story
from screens.app import HubspokeApp
from screens.screens.mapping.editor import MappingEditor
from screens.screens.mapping.screen import MappingScreen
from screens.screens.person import PersonScreen
from screens.screens.sources.screen import SourcesScreen
from tests.screens import samples

PEOPLE = """\
employee_id,mail,given_name,family_name,title,town,telephone,active
E1,Ada@Acme.example,Ada,Lovelace,Analyst,London,+44 20 7946 0958,yes
E2,grace@acme.example,Grace,Hopper,Rear Admiral,Arlington,+1 202 555 0140,yes
E3,radia@acme.example,Radia,Perlman,Fellow,,,no
"""
MAPPING = """\
version = 1
name = "people-to-contacts"
source = "people.csv"
source_id = "employee_id"
target = "contact"
scope = 'active eq "yes"'
correlate = ["email"]

[properties]
email = 'source.mail.lowerAscii()'
firstname = 'source.given_name'
lastname = 'source.family_name'
city = { value = 'source.town', write = "if_empty" }

[policy]
SOURCE_MISSING = "UNLINK"

[guard]
deletes = "5% or 50"
"""
SYNC = """\
{"mappings": [{"name": "managedUser_hubspotContact", "source": "managed/user", "target": "system/hubspot/contact",
 "properties": [{"source": "mail", "target": "email"}, {"source": "givenName", "target": "firstname"},
  {"source": "sn", "target": "lastname", "transform": {"type": "text/javascript", "source": "library.fold(source)"}}],
 "correlationQuery": [{"linkQualifier": "default", "expressionTree": {"any": ["email"]}}],
 "onDelete": {"type": "text/javascript", "file": "ui/onDelete.js"}, "taskThreads": 10,
 "policies": [{"situation": "ABSENT", "action": "CREATE"}, {"situation": "SOURCE_MISSING", "action": "UNLINK"}]}]}
"""


class State(NamedTuple):
    """One state: the screen, what is done to its files and app before, the keys that lead there.

    `between` changes the files once the screen is open.
    """

    name: str
    screen: Callable[[], Screen[Any]]
    keys: tuple[str, ...] = ()
    prepare: Callable[[Path, HubspokeApp], None] | None = None
    between: Callable[[Path], None] | None = None
    then: tuple[str, ...] = ()


def people(folder: Path, _app: HubspokeApp | None = None) -> None:
    """A mapping with more to it, and its source."""
    mappings = folder / "config" / "mappings"
    (mappings / "people.csv").write_text(PEOPLE)
    (mappings / "people-to-contacts.toml").write_text(MAPPING)


def several(folder: Path, app: HubspokeApp) -> None:
    """Two more mappings, one with problems."""
    people(folder, app)
    mappings = folder / "config" / "mappings"
    (mappings / "companies.toml").write_text(
        'version = 1\nname = "companies"\nsource = "people.csv"\nsource_id = "employee_id"\ntarget = "company"\n'
        "correlate = [\"domain\"]\n\n[properties]\ndomain = 'domain(source.mail)'\n"
    )
    (mappings / "broken.toml").write_text(
        MAPPING.replace('"people-to-contacts"', '"broken"')
        .replace("lowerAscii()", "lowrAscii()")
        .replace("SOURCE_MISSING", "SOURCE_MISING")
    )


def misspelt(folder: Path, _app: HubspokeApp) -> None:
    """One expression that does not compile."""
    people(folder)
    path = folder / "config" / "mappings" / "people-to-contacts.toml"
    path.write_text(MAPPING.replace("lowerAscii()", "lowrAscii()"))


def nothing(folder: Path, _app: HubspokeApp) -> None:
    """No mapping at all."""
    for path in (folder / "config" / "mappings").glob("*.toml"):
        path.unlink()


def sync(folder: Path, _app: HubspokeApp) -> None:
    """A sync.json where the field finds it."""
    people(folder)
    Path("sync.json").write_text(SYNC)


def theirs(folder: Path) -> None:
    """Somebody else changes the file."""
    path = folder / "config" / "mappings" / "people-to-contacts.toml"
    path.write_text(path.read_text() + "# theirs\n")


def bad_source(folder: Path, _app: HubspokeApp) -> None:
    """A source whose columns cannot be told apart."""
    people(folder)
    (folder / "config" / "mappings" / "people.csv").write_text("id,mail,mail\n1,a@x.org,b@x.org\n")


def servers(folder: Path, app: HubspokeApp) -> None:
    """Sources named by hand, too."""
    people(folder, app)
    listed = '["ldaps://ldap.acme.example/ou=people,dc=acme?(mail=*)", "postgresql://db.acme.example/hr#staff"]'
    (folder / "config" / "sources.toml").write_text(f"sources = {listed}\n")


def told(name: str) -> Callable[[Path, HubspokeApp], None]:
    """The person's service answers with a sample."""

    def prepare(_folder: Path, app: HubspokeApp) -> None:
        app.stories = SampleStories(name)  # type: ignore[attr-defined]

    return prepare


def person() -> Screen[Any]:
    """The screen of a person, with the app's sample service."""
    return StillPerson()


class StillPerson(PersonScreen):
    """Asks the samples."""

    async def _service(self, session: Any) -> Any:
        return self.app.stories  # type: ignore[attr-defined]


def values(**wrong: str) -> PersonPreview:
    """Ann as her mapping sees her."""
    given = {"email": "ann@acme.example", "firstname": "Ann", "lastname": "Archer", "city": "Galle"}
    made = []
    for name, value in given.items():
        problem = Problem(message=wrong[name], field=name) if name in wrong else None
        made.append(
            ValuePreview(name=name, expression=f"source.{name}", result=value, canonical=value, problem=problem)
        )
    return PersonPreview(source_id="E7", label="Ann Archer", line=8, in_scope=True, values=tuple(made))


def explained(**changed: Any) -> Explanation:
    """Ann explained."""
    base: dict[str, Any] = {
        "source_id": "E7",
        "mapping": "people-to-contacts",
        "source": "people.csv",
        "line": 8,
        "clauses": (Clause(text='active eq "yes"', holds=True, found="active is 'yes'"),),
        "keys": (("email", "ann@acme.example", ("51000007",)),),
        "situation": Situation.FOUND,
        "meaning": "not linked; a key leads to one record",
        "action": "UPDATE",
        "why": "the default",
        "uid": "51000007",
        "changes": (
            Change(name="firstname", before="Anne", after="Ann"),
            Change(name="city", after="Galle"),
        ),
    }
    return Explanation(**{**base, **changed})


def touched(state: EntryState = EntryState.DONE, outcome: str = "") -> list[Touched]:
    """One plan that named her."""
    entry = Entry(
        number=7,
        situation=Situation.ABSENT,
        action=samples.entry(1).action,
        state=state,
        outcome=outcome,
        uid="51000007",
    )
    run = samples.run("5dq2", RunState.DONE)
    return [Touched(plan_id="p-20261120-5dq2", planned_at="2026-11-20T08:01:00+00:00", entry=entry, run=run)]


OUT = explained(
    clauses=(
        Clause(text="all of", holds=False),
        Clause(text='active eq "yes"', holds=True, depth=1, found="active is 'yes'"),
        Clause(text='!(department eq "Robots")', holds=False, depth=1, found="department is 'Robots'"),
    ),
    in_scope=False,
    keys=(),
    uid="",
    situation=Situation.SOURCE_IGNORED,
    meaning="out of scope, and not linked",
    action="REPORT",
    changes=(),
)
TWO = explained(
    uid="",
    situation=Situation.AMBIGUOUS,
    meaning="the keys lead to several records",
    action="EXCEPTION",
    changes=(),
    keys=(("email", "ann@acme.example", ("51000007",)), ("staff_no", "E7", ("51000044",))),
    candidates=(
        Candidate(uid="51000007", label="Ann Archer", key="email ann@acme.example"),
        Candidate(uid="51000044", label="A. Archer", key="staff_no E7"),
    ),
)
BAD = explained(
    uid="",
    keys=(),
    situation=Situation.INVALID,
    meaning="the source object cannot be used",
    action="EXCEPTION",
    why="an invalid person is never sent",
    changes=(),
    problems=(
        Problem(message='"ann at acme" is not an email address', remedy="Correct it in the source.", field="email"),
    ),
)
SAME = explained(
    situation=Situation.CONFIRMED,
    meaning="linked, and the record is there",
    action="NONE",
    why="nothing differs",
    changes=(),
    linked_to="51000007",
    created_by_us=True,
)
ALONE = (
    Step(id="source", title="Source", state="fail", detail="nobody in people.csv has these words"),
    Step(
        id="correlation",
        title="Record",
        state="pass",
        detail="record 51000007",
        lines=(Line("info", "email = ann@acme.example"), Line("info", "firstname = Ann")),
    ),
    Step(id="link", title="Link", state="info", detail="no link of this mapping leads to it"),
    Step(
        id="situation",
        title="Situation",
        state="warn",
        detail="UNASSIGNED: a record that nobody of the source speaks for",
    ),
    Step(id="action", title="Action", state="info", detail='nobody looks: target_phase = "linked"'),
)


class SampleStories:
    """Answers with one sample; after it was provisioned, with a person who has it all."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.written = False

    async def find(self, mapping: str, words: str) -> list[Hit]:
        if self.name == "nobody":
            return []
        if self.name == "several":
            return [
                Hit(source_id="E7", label="Ann Archer", note="E7 · ann@acme.example · Galle", line=8),
                Hit(source_id="E9", label="Ann Miller", note="E9 · ann.miller@acme.example · Kandy", line=10),
            ]
        return [Hit(source_id="" if self.name == "alone" else "E7", uid="51000007", label="Ann Archer")]

    async def tell(self, mapping: str, source_id: str) -> Story:
        found = SAME if self.written else {"out": OUT, "ambiguous": TWO, "invalid": BAD}.get(self.name, explained())
        letters = (
            touched(EntryState.FAILED, "HubSpot says: PROPERTY_DOESNT_EXIST, staff_no")
            if self.name == "letter"
            else touched()
        )
        seen = values(email='"ann at acme" is not an email address') if self.name == "invalid" else values()
        steps = story_steps(found, seen, letters if self.name in ("letter", "found") or self.written else [])
        return Story(mapping=mapping, source_id="E7", label="Ann Archer", steps=tuple(steps), explanation=found)

    async def tell_record(self, mapping: str, uid: str) -> Story:
        return Story(mapping=mapping, source_id="", label="Ann Archer", steps=ALONE, uid=uid)

    async def plan(self, mapping: str, source_id: str) -> Planned:
        import msgspec

        plan = msgspec.structs.replace(
            samples.PLAN, guards=(), actions={"UPDATE": 1}, situations={"FOUND": 1}, requests_spent=3
        )
        return Planned(plan=plan, entry=samples.entry(2), seconds=0.4)

    async def apply(self, planned: Planned) -> AsyncIterator[RunProgress]:
        self.written = True
        yield samples.run("7f3k", RunState.DONE, requests=2)

    async def outcome(self, planned: Planned) -> Entry:
        import msgspec

        return msgspec.structs.replace(samples.entry(2), state=EntryState.DONE)


def editor() -> Screen[Any]:
    """The editor of the sample mapping."""
    return MappingEditor("people-to-contacts")


ANN = ("a", "n", "n", "enter")
STATES = (
    State("mappings_empty", MappingScreen, prepare=nothing),
    State("mappings_full", MappingScreen, prepare=people),
    State("mappings_problems", MappingScreen, prepare=several),
    State("mapping_editor", editor, ("down", "down", "down"), prepare=people),
    State("mapping_editor_problem", editor, prepare=misspelt),
    State("mapping_editor_out", editor, ("full_stop", "full_stop"), prepare=people),
    State("mapping_caret", editor, ("enter", *".lowr()"), prepare=people),
    State("mapping_completing", editor, ("down", "enter", *" + source.t"), prepare=people),
    State("mapping_options", editor, ("o",), prepare=people),
    State("mapping_suggestions", editor, ("s",), prepare=people),
    State("mapping_settings", editor, ("2", *["down"] * 3), prepare=people),
    State("mapping_policy", editor, ("2", *["down"] * 11, "enter"), prepare=people),
    State("mapping_text", editor, ("3",), prepare=people),
    State("mapping_changed_on_disk", editor, ("x",), prepare=people, between=theirs, then=("ctrl+s",)),
    State("mapping_leaving", editor, ("down", "x", "escape"), prepare=people),
    State("mapping_imported", MappingScreen, ("i", *"sync.json", "enter"), prepare=sync),
    State("sources_empty", SourcesScreen, prepare=nothing),
    State("sources_list", SourcesScreen, ("down",), prepare=servers),
    State("sources_adding", SourcesScreen, ("a", *"ldaps://u:p@h"), prepare=people),
    State("sources_tested", SourcesScreen, ("t",), prepare=people),
    State("sources_failed", SourcesScreen, ("t",), prepare=bad_source),
    State("source_statistics", SourcesScreen, ("enter",), prepare=people),
    State("source_rows", SourcesScreen, ("enter", "tab"), prepare=people),
    State("source_unreadable", SourcesScreen, ("enter",), prepare=bad_source),
    State("person_empty", person, prepare=told("found")),
    State("person_found", person, ANN, prepare=told("found")),
    State("person_out_of_scope", person, ANN, prepare=told("out")),
    State("person_ambiguous", person, ANN, prepare=told("ambiguous")),
    State("person_invalid", person, ANN, prepare=told("invalid")),
    State("person_dead_letter", person, ANN, prepare=told("letter")),
    State("person_only_in_hubspot", person, ANN, prepare=told("alone")),
    State("person_several", person, ANN, prepare=told("several")),
    State("person_not_found", person, ANN, prepare=told("nobody")),
    State("person_asked", person, (*ANN, "a"), prepare=told("found")),
    State("person_provisioned", person, (*ANN, "a"), prepare=told("found"), then=("y",)),
)
