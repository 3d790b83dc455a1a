"""A run's receipt, to be printed and filed: what was approved, by whom, what it did, and what can be taken back.

It holds no person's data. Its last line is the end of the audit chain: `journal verify --head` proves years later that
nothing before it was changed.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from console.journal.chain import Head
from console.journal.journal import Journal
from console.journal.model import AuditEvent, Plan, RunProgress
from console.text import html, safe

ReceiptFormat = Literal["text", "html", "json"]

_WIDTH = 78
_LABEL = 14
_EVENTS = 200
_SHOWN = 300
_UNDO = {
    "full": "can be taken back whole: the values from before are restored, what was created is archived",
    "partial": "can be taken back in part: read-only, computed and history-bearing properties stay as they are",
    "none": "cannot be taken back",
}
CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = (
    "body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;max-width:46em;color:#111;background:#fff}"
    "h1{font-size:1.3em}table{border-collapse:collapse;width:100%}td,th{border-top:1px solid #ccc;padding:.3em .6em;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}th{width:10em;font-weight:600}footer{margin-top:1.5em;"
    "font-size:.85em;color:#444}@media print{body{margin:0}}"
)


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt says. `planned_by` is empty for plans of a time before that was recorded."""

    run: RunProgress
    plan: Plan
    planned_by: str
    events: tuple[AuditEvent, ...]
    accepted: str
    head: Head | None
    portal_name: str = ""


async def build_receipt(journal: Journal, run: RunProgress, *, portal_name: str = "") -> Receipt:
    """Collect what the journal knows of a run; nothing that is sealed but the plan's own totals."""
    plan = await journal.plan(run.plan_id)
    made = [event for event in await journal.plan_events(run.plan_id) if event.kind == "plan"]
    events = await journal.events(run_id=run.id, limit=_EVENTS)
    approvals = [event for event in events if event.kind == "approve"]
    return Receipt(
        run=run,
        plan=plan,
        planned_by=made[-1].who.title if made else "",
        events=tuple(events),
        accepted=", ".join(filter(None, [event.detail for event in approvals])),
        head=await journal.head(),
        portal_name=portal_name,
    )


def facts(receipt: Receipt) -> list[tuple[str, str]]:
    """The receipt as labels and lines, foreign text as it came."""
    run, plan = receipt.run, receipt.plan
    portal = f"{receipt.portal_name} ({run.portal_id})" if receipt.portal_name else str(run.portal_id)
    rows = [
        ("run", f"{run.id}: {run.state.value}"),
        ("portal", portal),
        ("mapping", f"{run.mapping} to {run.object_class}"),
        ("source", plan.source or "not kept any more" if plan.pruned else plan.source),
        ("plan", f"{plan.id}, made {plan.created_at}{f' by {receipt.planned_by}' if receipt.planned_by else ''}"),
        ("plan hash", run.plan_hash),
        ("approved", f"{run.approved_by}, {moment(run.approved_at)}"),
        ("guards", f"let pass by number: {receipt.accepted}" if receipt.accepted else "none had to be let pass"),
        ("time", _span(run)),
        ("entries", f"{run.total:,}: {counted(run.states)}"),
        ("did", counted(run.actions)),
        ("requests", f"{run.requests:,}, of which {run.rate_limited:,} were answered 429 (rate limit)"),
    ]
    if run.failures:
        rows.append(("failures", counted(run.failures)))
    rows += [("undo", line) for line in _undo(receipt)]
    rows += [
        ("steered", f"{event.kind} by {event.who.title}, {moment(event.at)}") for event in _steering(receipt.events)
    ]
    if run.message:
        rows.append(("message", run.message))
    if receipt.head is not None:
        rows.append(("audit chain", f"{receipt.head.text} of journal {receipt.head.journal}"))
    return rows


def render_receipt(receipt: Receipt, form: ReceiptFormat) -> str:
    """The receipt as a text of at most 78 columns, as a page of its own, or as one JSON document."""
    if form == "json":
        return msgspec.json.encode(document(receipt)).decode()
    return _page(receipt) if form == "html" else _text(receipt)


def document(receipt: Receipt) -> dict[str, object]:
    """The receipt for a program."""
    run, plan = receipt.run, receipt.plan
    return {
        "id": run.id,
        "state": run.state.value,
        "portalId": run.portal_id,
        "mapping": run.mapping,
        "class": run.object_class,
        "plan": plan.id,
        "planHash": run.plan_hash,
        "plannedAt": plan.created_at,
        "plannedBy": receipt.planned_by,
        "approvedAt": moment(run.approved_at),
        "approvedBy": run.approved_by,
        "accepted": receipt.accepted,
        "startedAt": moment(run.started_at),
        "finishedAt": moment(run.finished_at),
        "total": run.total,
        "states": run.states,
        "actions": run.actions,
        "failures": run.failures,
        "requests": run.requests,
        "rateLimited": run.rate_limited,
        "undo": plan.undo,
        "head": receipt.head.text if receipt.head is not None else None,
    }


def _undo(receipt: Receipt) -> Iterable[str]:
    planned = receipt.plan.undo
    if receipt.plan.pruned:
        yield "nothing can be taken back any more: the values from before were pruned"
        return
    for name, words in _UNDO.items():
        if planned.get(name):
            yield f"{planned[name]:,} planned entries {words}"
    if receipt.run.undone_by:
        yield f"taken back already: {counted(receipt.run.undone_by)}"
    if any(planned.values()):
        yield f"what HubSpot's workflows did with these writes is never taken back; hubspoke runs undo {receipt.run.id}"
    else:
        yield "nothing was planned that could be taken back"


def _steering(events: Sequence[AuditEvent]) -> Iterable[AuditEvent]:
    return (event for event in events if event.kind in ("pause", "resume", "cancel", "retry"))


def _text(receipt: Receipt) -> str:
    lines = [f"RECEIPT OF RUN {safe(receipt.run.id)}", "=" * _WIDTH]
    for label, value in facts(receipt):
        shown = textwrap.wrap(safe(value, limit=_SHOWN), _WIDTH - _LABEL, break_on_hyphens=False) or [""]
        lines.append(f"{label:<{_LABEL}}{shown[0]}")
        lines += [f"{'':<{_LABEL}}{more}" for more in shown[1:]]
    lines += ["=" * _WIDTH, *textwrap.wrap(_closing(receipt), _WIDTH), ""]
    return "\n".join(lines)


def _page(receipt: Receipt) -> str:
    rows = "".join(
        f"<tr><th>{html(label)}</th><td>{html(value, limit=_SHOWN)}</td></tr>\n" for label, value in facts(receipt)
    )
    return page(
        f"Receipt of run {receipt.run.id}", f"<table>\n{rows}</table>\n<footer>{html(_closing(receipt))}</footer>"
    )


def page(title: str, body: str) -> str:
    """A page that loads and runs nothing. `body` is markup of ours, everything foreign in it escaped already."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html(CSP)}">\n'
        f"<title>{html(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{html(title)}</h1>\n{body}\n</body>\n</html>\n"
    )


def _closing(receipt: Receipt) -> str:
    head = f" To prove it: hubspoke journal verify --head {receipt.head.text}" if receipt.head is not None else ""
    return f"Times are UTC. This receipt names no person but those who planned and approved.{head}"


def _span(run: RunProgress) -> str:
    if run.started_at is None:
        return "not begun"
    until = run.finished_at or run.updated_at or run.started_at
    ended = moment(run.finished_at) or "not ended"
    return f"{moment(run.started_at)} to {ended}, {max(0.0, until - run.started_at):,.1f} s"


def counted(numbers: dict[str, int]) -> str:
    """`12 done, 3 failed`."""
    return ", ".join(f"{number:,} {name}" for name, number in numbers.items() if number) or "none"


def moment(seconds: float | None) -> str:
    """A time as it is printed; empty for none."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds") if seconds else ""
