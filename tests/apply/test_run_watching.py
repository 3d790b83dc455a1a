"""What is asked about a run: causes with examples and advice, what is in flight, the last minutes, who did what."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from console.journal.model import EntryState, RunState
from console.provisioning.causes import in_short, in_words
from console.provisioning.errors import PlanRefused
from console.provisioning.keeping import keep, suggested
from console.provisioning.proving import export_to, parsed_head
from console.provisioning.run_watching import RunWatching
from console.provisioning.undo import plan_undo
from console.settings.errors import SettingsError
from tests.apply.apply_parts import Parts, create, email
from tests.support.simulator import Simulator


async def test_failures_are_grouped_by_cause_with_examples_and_advice(parts: Parts, sim: Simulator) -> None:
    wrong = [create(number, email=f"bad {number}") for number in range(2, 7)]
    plan = await parts.approved(sim.portal_id, [create(1), *wrong])
    run = await parts.apply(plan)
    watching = RunWatching(parts.store, parts.paths)
    (group,) = await watching.causes(run)
    assert (group.count, [one.number for one in group.examples]) == (5, [2, 3, 4])
    assert group.title == "email: not a valid email address"
    assert "source" in group.advice
    assert {one.state for one in group.examples} == {EntryState.FAILED}
    assert [one.number for one in await watching.entries(run, group.cause)] == [2, 3, 4, 5, 6]
    assert [one.number for one in await watching.entries(run, group.cause, after=3, limit=2)] == [4, 5]
    assert await watching.causes(run) == [group]


async def test_the_last_minutes_are_known_to_whoever_comes_back(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(number) for number in range(1, 31)])
    run = await parts.apply(plan)
    watching = RunWatching(parts.store, parts.paths)
    assert sum((await watching.past(run)).values()) == 30
    assert (await watching.in_flight(run)).records == 0
    assert await watching.owner(run) is None


async def test_what_is_in_flight_is_counted_by_batches(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(number) for number in range(1, 11)])
    run = await parts.store.begin_run((await parts.store.progress(plan.id)).id, "here")
    await parts.store.claim(run, [1, 2, 3])
    await parts.store.claim(run, [4])
    watching = RunWatching(parts.store, parts.paths)
    flying = await watching.in_flight(run)
    assert (flying.records, flying.requests) == (4, 2)


async def test_the_preview_of_an_undo_says_what_comes_back_and_what_stays(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(number) for number in range(1, 5)])
    run = await parts.apply(plan)
    (changed,) = [id_ for id_, values in sim.dump().items() if values["email"] == email(2)]
    sim.mutate("contacts", changed, firstname="Somebody else")
    watching = RunWatching(parts.store, parts.paths)
    preview = await watching.preview_undo(await plan_undo(parts.target, parts.store, run.id))
    assert preview.effects == ((3, "records that the run created are archived"),)
    assert preview.effects
    (reason,) = preview.left
    assert (reason.count, reason.numbers) == (1, (2,))
    assert reason.message.startswith("the record was changed after the run made it")
    assert changed not in reason.message, "records of one reason are not counted together"
    assert "HubSpot" in reason.remedy
    assert not preview.archived


async def test_a_receipt_is_kept_for_its_owner_alone_and_nothing_is_overwritten(
    parts: Parts, sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await parts.apply(await parts.approved(sim.portal_id, [create(1)]))
    assert run.state is RunState.DONE
    watching = RunWatching(parts.store, parts.paths)
    receipt = await watching.receipt(run, "Acme")
    monkeypatch.chdir(tmp_path)
    text = suggested(run.id)
    keep(receipt, text)
    keep(receipt, tmp_path / "page.html")
    keep(receipt, tmp_path / "receipt.json")
    assert f"RECEIPT OF RUN {run.id}" in text.read_text()
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert f'"id":"{run.id}"' in (tmp_path / "receipt.json").read_text()
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (text, tmp_path / "page.html"))
    assert suggested(run.id) != text
    with pytest.raises(SettingsError, match="there already"):
        keep(receipt, text)
    assert "approve" in [event.kind for event in await watching.trail(run)]


async def test_an_export_that_fails_leaves_no_file(tmp_path: Path) -> None:
    async def lines() -> object:
        yield {"line": 1}
        raise PlanRefused("The journal went away.")

    with pytest.raises(PlanRefused, match="went away"):
        await export_to(tmp_path / "journal.jsonl", lines())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "12", "12:xyz", "²:0123456789abcdef0123456789abcdef", "12:0123"])
def test_what_is_no_end_of_a_chain_is_none(text: str) -> None:
    assert parsed_head(text) is None


@pytest.mark.parametrize(
    ("cause", "title"),
    [
        ("INVALID_EMAIL (email)", "email: not a valid email address"),
        ("changed meanwhile (jobtitle)", "jobtitle: changed in HubSpot since the plan"),
        ("not accepted (lifecyclestage)", "lifecyclestage: HubSpot answered 200 and kept another value"),
        ("uncertain", "nobody knows whether it was written"),
        ("INVALID_MAX_LENGTH (zip)", "zip: not allowed here (max length)"),
        ("SOME_NEW_CODE (phone)", "phone: some new code"),
        ("Whatever else", "Whatever else"),
        ("", "needs a decision"),
    ],
)
def test_a_cause_is_told_in_words_with_advice(cause: str, title: str) -> None:
    told, advice = in_words(cause)
    assert told == title
    assert advice.endswith((".", "!")) or "hubspoke" in advice


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (
            'Property values were not valid: [{"message":"Email \\"x\\" is invalid"},{"message":"Too long"}]',
            'Email "x" is invalid; Too long',
        ),
        ("Property values were not valid: email", "email"),
        ("Changed in HubSpot.", "Changed in HubSpot."),
        ("", ""),
    ],
)
def test_what_hubspot_said_is_told_without_its_json(outcome: str, told: str) -> None:
    assert in_short(outcome) == told
