"""One person told from end to end on a real simulator: who left, who failed, who was left out; sources remembered and tried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from console.connector.browse import Browse
from console.journal.model import Approver, RunState
from console.provisioning.apply import Applier
from console.provisioning.mappings import Mappings
from console.provisioning.person_finding import MOST
from console.provisioning.person_steps import Step
from console.provisioning.person_story import PersonStories, Story
from console.provisioning.runs import Runs
from console.settings.paths import Paths
from console.sources.errors import SourceError
from console.sources.remembered import forget, known_sources, remember, remembered
from console.sources.trying import SourceStage, try_source
from tests.provisioning.plan_support import MAPPING, Desk, desk
from tests.support.simulator import Simulator

HEADER = "id,mail,first,last,phone,active"


async def no_secret(_spec: str) -> None:
    return None


def stories(on: Desk) -> PersonStories:
    runs = Runs(on.journal, on.paths, on.connector.profile)
    browse = Browse(on.connector)
    return PersonStories(on.connector, on.journal, Mappings(on.paths), on.plans, runs, browse, no_secret)


async def applied(on: Desk, **asked: Any) -> None:
    plan = await on.plan(**asked)
    await on.journal.approve(plan, Approver(login="tester"))
    assert (await Applier(on.connector, on.journal, plan, owner="tester").run()).state is RunState.DONE


def step(story: Story, name: str) -> Step:
    return next(one for one in story.steps if one.id == name)


async def test_who_was_written_who_left_and_who_is_found_by_words(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people("1,ann@x.org,Ann,Archer,0112345678,true", "2,bob@x.org,Bob,Brown,,true", "3,cy@x.org,Cy,Cox,,false")
        service = stories(on)
        (hit,) = await service.find(on.mapping, "archer ann")
        assert (hit.source_id, hit.label, hit.line) == ("1", "Ann Archer", 2)
        story = await service.tell(on.mapping, "1")
        assert [one.state for one in story.steps] == [
            "pass", "pass", "pass", "pass", "info", "pass", "pass", "pass", "info",
        ]  # fmt: skip
        assert story.to_write
        assert "phone = +94112345678" in [line.text for line in step(story, "values").lines]
        planned = await service.plan(on.mapping, "1")
        assert (planned.plan.writes, planned.entry is not None) == (1, True)
        await applied(on)
        story = await service.tell(on.mapping, "1")
        assert step(story, "action").detail == "nothing to do: HubSpot has it all already"
        assert step(story, "history").lines[0].text.endswith("ABSENT CREATE")
        assert not story.to_write
        on.people("2,bob@x.org,Bob,Brown,,true")
        story = await service.tell(on.mapping, "1")
        assert (step(story, "source").state, story.label) == ("fail", "Ann Archer")
        assert "SOURCE_MISSING" in step(story, "situation").detail
        (left,) = await service.find(on.mapping, "ann@x.org")
        assert left.uid
        record = await service.tell_record(on.mapping, left.uid)
        assert "the person left the source" in step(record, "link").detail


async def test_who_was_left_out_and_whose_write_failed(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people("1,ann@x.org,Ann,Archer,,true", "2,bob@x.org,Bob,Brown,,true")
        await applied(on, exclude=("2",))
        story = await stories(on).tell(on.mapping, "2")
        assert "excluded" in step(story, "history").lines[0].note
        hubspot.rules("contacts.jobtitle")
        await applied_with_failures(on)
        story = await stories(on).tell(on.mapping, "2")
        assert step(story, "letters").state == "fail"
        assert "dead-letters" in step(story, "letters").lines[0].text
        hubspot.rules()


async def applied_with_failures(on: Desk) -> None:
    plan = await on.plan()
    await on.journal.approve(plan, Approver(login="tester"))
    await Applier(on.connector, on.journal, plan, owner="tester").run()


async def test_several_records_may_be_the_persons(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        text = MAPPING.replace('source_id = "id"', 'source_id = "id"\ntarget = "company"').replace(
            '["email"]', '["domain"]'
        )
        text = text[: text.index("[properties]")] + "[properties]\nname = 'source.first'\ndomain = 'source.mail'\n"
        on.write_mapping(text.replace('["domain"]', '["domain"]\nallow_unkeyed_creates = true'))
        for name in ("Acme", "ACME Ltd"):
            hubspot.post("/crm/v3/objects/companies", {"properties": {"name": name, "domain": "acme.example"}})
        on.people("1,acme.example,Acme,x,,true")
        story = await stories(on).tell(on.mapping, "1")
        assert step(story, "correlation").state == "fail"
        assert "2 records may be this person's" in step(story, "correlation").detail
        assert "AMBIGUOUS" in step(story, "situation").detail
        assert not story.to_write


async def test_somebody_who_shares_a_key_is_told_so_as_a_plan_would(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people("1,ann@x.org,Ann,Archer,,true", "2,ANN@x.org,Anna,Archer,,true", "3,ann@x.org,A,A,,false")
        service = stories(on)
        story = await service.tell(on.mapping, "1")
        assert step(story, "valid").state == "fail"
        assert "email ann@x.org stands in the source more than once (also at 3)" in step(story, "valid").lines[0].text
        assert not story.to_write
        planned = await service.plan(on.mapping, "1")
        assert planned.plan.writes == 0
        assert planned.entry is not None
        assert planned.entry.cause == "duplicate_key"


async def test_no_more_hits_than_somebody_would_read(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people(*[f"{n},p{n}@x.org,Pat,{n},,true" for n in range(200)])
        service = stories(on)
        assert len(await service.find(on.mapping, "pat")) == MOST
        assert [hit.source_id for hit in await service.find(on.mapping, "7")] == ["7"]
        assert await service.find(on.mapping, "nobody-has-this-word") == []


def test_sources_are_remembered_without_passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = Paths(config=tmp_path / "config", state=tmp_path / "state")
    monkeypatch.chdir(tmp_path)
    assert remembered(paths) == []
    kept = remember(paths, "people.csv")
    assert kept == str(tmp_path / "people.csv")
    ldap = "ldaps://ldap.example.org/dc=example?(mail=*)"
    assert remember(paths, ldap) == ldap
    remember(paths, "people.csv")
    assert remembered(paths) == [kept, ldap]
    for bad in ("ldaps://u:secret@ldap.example.org/dc=x", "people.docx", "gopher://x", ""):
        with pytest.raises(SourceError) as refused:
            remember(paths, bad)
        assert "secret" not in refused.value.message
    with pytest.raises(SourceError) as refused:
        remember(paths, "postgresql://u:secret@db/hr#people")
    assert "credentials set" in refused.value.remedy
    found = known_sources([("people", "people.csv", tmp_path), ("other", "gone.docx", tmp_path)], remembered(paths))
    assert [(one.used_by, one.kind, one.remembered) for one in found] == [
        (("people",), "csv", True), (("other",), "", False), ((), "ldap", True),
    ]  # fmt: skip
    assert found[2].secret == "source/ldap.example.org"
    assert found[1].wrong
    forget(paths, kept)
    assert remembered(paths) == [ldap]
    assert (paths.config / "sources.toml").stat().st_mode & 0o777 == 0o600


async def test_a_source_is_tried_stage_by_stage(tmp_path: Path) -> None:
    async def stages(spec: str) -> list[SourceStage]:
        return [stage async for stage in try_source(spec, base=tmp_path, secrets=no_secret)]

    (tmp_path / "good.csv").write_text("id,mail\n1,a@x.org\n")
    (tmp_path / "empty.csv").write_text("id,mail\n")
    (tmp_path / "bad.csv").write_text("id,mail,mail\n1,a,b\n")
    assert [stage.state for stage in await stages("good.csv")] == ["pass"] * 4
    assert [stage.state for stage in await stages("empty.csv")] == ["pass", "pass", "pass", "warn"]
    failed = await stages("bad.csv")
    assert [stage.state for stage in failed] == ["pass", "pass", "fail", "skipped"]
    assert "mail" in failed[2].cause
    assert failed[2].advice
    refused = await stages("ldaps://u:p@host/dc=x")
    assert refused[0].state == "fail"
    assert "credentials set" in refused[0].advice
    away = await stages("ldap://127.0.0.1:9/dc=x")
    assert [stage.state for stage in away] == ["pass", "warn", "fail", "skipped"]
    assert "credentials set source/127.0.0.1" in away[1].advice
