"""The story of one person, step by step, in words: from the row of the source to what a plan would do, and what was done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Literal

import msgspec

from console.journal.model import Action, Entry, EntryState, RunProgress, Situation
from console.journal.troubled import DEAD
from console.provisioning.explain import Explanation
from console.provisioning.mapping_preview import FATES, PersonPreview

State = Literal["pass", "fail", "warn", "info", "skipped"]
_STILL = (Action.REPORT, Action.IGNORE)


class Line(msgspec.Struct, frozen=True):
    """A line below a step: how it is, what it says, and a note in small."""

    state: State
    text: str
    note: str = ""
    depth: int = 0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: what it is about, how it went, in one sentence, and what there is to say below."""

    id: str
    title: str
    state: State
    detail: str
    lines: tuple[Line, ...] = ()


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """What one plan said of the person, and its run, where there was one."""

    plan_id: str
    planned_at: str
    entry: Entry
    run: RunProgress | None = None


def story_steps(found: Explanation, person: PersonPreview | None, touched: Sequence[Touched]) -> list[Step]:
    """All steps, in the order in which a plan goes; after one that ends it, the others are not tried."""
    ended = found.line is None or bool(found.problems)
    steps = [_source(found), _valid(found), _scope(found)]
    steps.append(_values(person, ended=ended or not found.in_scope))
    steps += [_correlation(found), _situation(found), _action(found)]
    if found.changes or found.ties:
        steps.append(_changes(found))
    return [*steps, *history_steps(touched)]


def history_steps(touched: Sequence[Touched]) -> list[Step]:
    """What plans and runs did about the person, and what of it still waits for somebody."""
    if not touched:
        return [Step(id="history", title="History", state="info", detail="no plan that is kept names this person")]
    lines = tuple(_touched(one) for one in touched)
    steps = [
        Step(id="history", title="History", state="info", detail=f"{len(touched)} of the newest plans", lines=lines)
    ]
    newest = touched[0]
    if newest.run is not None and newest.entry.state in DEAD:
        told = f"{newest.entry.state.value.replace('_', ' ')}: {newest.entry.outcome or newest.entry.cause}"
        remedy = Line("info", f"hubspoke runs dead-letters {newest.run.id}", "retry, mend or give up")
        steps.append(Step(id="letters", title="Dead letter", state="fail", detail=told, lines=(remedy,)))
    if newest.run is not None and newest.run.state.value == "quarantined":
        message = newest.run.message or "HubSpot stays bad"
        steps.append(Step(id="quarantine", title="Quarantine", state="warn", detail=f"{newest.run.id}: {message}"))
    return steps


def _source(found: Explanation) -> Step:
    name = PurePath(found.source).name if "://" not in found.source else found.source
    if found.line is None:
        detail = f"nobody in {name} has the source id {found.source_id}"
        return Step(id="source", title="Source", state="fail", detail=detail)
    return Step(id="source", title="Source", state="pass", detail=f"{name}, line {found.line:,}")


def _valid(found: Explanation) -> Step:
    if found.line is None:
        return _skipped("valid", "Valid")
    if not found.problems:
        return Step(id="valid", title="Valid", state="pass", detail="every value can be used")
    lines = tuple(
        Line("fail", f"{one.field}: {first}" if one.field and one.field not in first else first, one.remedy)
        for one in found.problems
        for first in [one.message.partition("\n")[0]]
    )
    return Step(id="valid", title="Valid", state="fail", detail="an invalid person is never sent", lines=lines)


def _scope(found: Explanation) -> Step:
    if found.line is None:
        return _skipped("scope", "Scope")
    lines = tuple(Line("pass" if one.holds else "fail", one.text, one.found, one.depth) for one in found.clauses)
    if not lines:
        return Step(id="scope", title="Scope", state="pass", detail="the mapping has no scope: everybody is in")
    if found.in_scope:
        return Step(id="scope", title="Scope", state="pass", detail="in scope", lines=lines)
    return Step(id="scope", title="Scope", state="fail", detail="out of scope", lines=lines)


def _values(person: PersonPreview | None, *, ended: bool) -> Step:
    if person is None:
        return _skipped("values", "Values")
    lines = []
    for value in person.values:
        if value.problem is not None:
            lines.append(Line("fail", f"{value.name}: {value.problem.message.partition(chr(10))[0]}"))
        elif value.fate in ("sent", "created", "filled", "key"):
            lines.append(
                Line("pass", f"{value.name} = {value.canonical}", "" if value.fate == "sent" else FATES[value.fate])
            )
        else:
            lines.append(Line("skipped", value.name, FATES[value.fate]))
    many = sum(line.state == "pass" for line in lines)
    state: State = "skipped" if ended else "pass"
    told = f"{many} of {len(lines)} rows have a value" + (", but nothing is sent" if ended else "")
    return Step(id="values", title="Values", state=state, detail=told, lines=tuple(lines))


def _correlation(found: Explanation) -> Step:
    lines = tuple(
        Line(
            "pass" if records else "info",
            f"{name} = {value}",
            f"record {', '.join(records)}" if records else "no record",
        )
        for name, value, records in found.keys
    )
    lines += tuple(Line("warn", f"record {one.uid}  {one.label}", f"by {one.key}") for one in found.candidates)
    if found.linked_to:
        ours = ", which Hubspoke created" if found.created_by_us else ""
        gone = found.situation in (Situation.MISSING, Situation.LINK_ONLY)
        told = f"linked to record {found.linked_to}{ours}{'; the record is gone' if gone else ''}"
        return Step(id="correlation", title="Record", state="warn" if gone else "pass", detail=told, lines=lines)
    if found.candidates:
        told = f"{len(found.candidates)} records may be this person's: somebody has to say which"
        return Step(id="correlation", title="Record", state="fail", detail=told, lines=lines)
    if found.uid:
        return Step(id="correlation", title="Record", state="pass", detail=f"found record {found.uid}", lines=lines)
    if found.line is None or found.problems or not found.in_scope:
        told = "not linked" if found.line is not None else "not linked, so nobody looks for a record"
        return Step(id="correlation", title="Record", state="skipped", detail=told, lines=lines)
    return Step(
        id="correlation", title="Record", state="info", detail="not linked, and no key leads to a record", lines=lines
    )


def _situation(found: Explanation) -> Step:
    fine = (Situation.CONFIRMED, Situation.FOUND, Situation.ABSENT)
    state: State = "pass" if found.situation in fine else "warn"
    return Step(id="situation", title="Situation", state=state, detail=f"{found.situation.value}: {found.meaning}")


def _action(found: Explanation) -> Step:
    detail = f"{found.action}: {found.why}"
    if found.action == "NONE":
        return Step(id="action", title="Action", state="pass", detail="nothing to do: HubSpot has it all already")
    state: State = "warn" if found.action == "EXCEPTION" else "info" if found.action in _STILL else "pass"
    return Step(id="action", title="Action", state=state, detail=detail)


def _changes(found: Explanation) -> Step:
    lines = []
    for one in found.changes:
        before = one.before or "(blank)"
        if one.clears:
            lines.append(Line("warn", f"{one.name}: {before} → cleared"))
        elif one.before is None:
            lines.append(Line("pass", f"{one.name}: + {one.after}"))
        else:
            lines.append(Line("pass", f"{one.name}: {before} → {one.after}"))
    lines += [Line("pass", f"+ {tie.object_class} {tie.uid}", f"by {tie.key}") for tie in found.ties]
    many = f"{len(found.changes)} value{'' if len(found.changes) == 1 else 's'}"
    return Step(id="changes", title="Changes", state="pass", detail=f"{many} would be sent", lines=tuple(lines))


def _touched(one: Touched) -> Line:
    entry = one.entry
    states: dict[EntryState, State] = {EntryState.DONE: "pass", EntryState.FAILED: "fail"}
    state = states.get(entry.state, "warn" if entry.state in DEAD else "info")
    who = f" by {one.run.approved_by}" if one.run is not None and one.run.approved_by else ""
    cause = f", {entry.cause}" if entry.cause else ""
    outcome = f"{entry.state.value.replace('_', ' ')}{cause}{who}"
    return Line(
        state, f"{one.planned_at[:16].replace('T', ' ')}  {entry.situation.value} {entry.action.value}", outcome
    )


def _skipped(id_: str, title: str) -> Step:
    return Step(id=id_, title=title, state="skipped", detail="not tried")
