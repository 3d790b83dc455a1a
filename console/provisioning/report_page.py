"""A run's report as a page of its own: everything foreign escaped, nothing loaded, nothing run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from console.journal.model import Entry, Payload
from console.provisioning.receipt import counted, moment, page
from console.text import html

if TYPE_CHECKING:
    from console.provisioning.report import Report

_TOLD = 300
_PERSON = 80


def report_page(report: Report, told: Iterable[tuple[Entry, str]], interval: str) -> str:
    """The page; `told` are the entries that need a human, each with what there is to say."""
    run = report.run
    facts = [
        ("mapping", f"{run.mapping} to {run.object_class}"),
        ("source", report.plan.source),
        ("portal", str(run.portal_id)),
        ("plan", f"{run.plan_id}, hash {run.plan_hash[:16]}"),
        ("approved", f"{run.approved_by}, {moment(run.approved_at)}"),
        ("time", f"{moment(run.started_at)} to {moment(run.finished_at)}, {report.seconds:,.1f} s"),
        ("requests", f"{run.requests:,}, answered 429: {run.rate_limited:,}"),
        ("entries", f"{run.total:,}: {counted(run.states)}"),
        ("done", counted(run.actions)),
        ("undo", counted(report.undo)),
    ]
    body = [f"<p>{html(run.message)}</p>" if run.message else "", _table((), facts)]
    if run.failures:
        causes = sorted(run.failures.items(), key=lambda item: (-item[1], item[0]))
        body += ["<h2>Causes</h2>", _table(("cause", "entries"), [(cause, f"{count:,}") for cause, count in causes])]
    rows = list(_problems(told))
    if rows:
        body += ["<h2>What needs a human</h2>", _table(("entry", "action", "state", "person", "what"), rows)]
    if report.more_problems:
        body.append(f"<p>{report.more_problems:,} more: use the CSV or JSON lines report.</p>")
    body.append(f"<footer>{html(interval)}</footer>")
    return page(f"Run {run.id}: {run.state.value}", "\n".join(filter(None, body)))


def _problems(told: Iterable[tuple[Entry, str]]) -> Iterator[tuple[str, ...]]:
    for entry, words in told:
        payload = entry.payload or Payload(source_id="")
        person = " ".join(filter(None, [payload.source_id, payload.label]))
        yield str(entry.number), entry.action.value, entry.state.value, person[:_PERSON], words[:_TOLD]


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table; without heads the first cell of each row is one."""
    top = f"<tr>{''.join(f'<th>{html(head)}</th>' for head in heads)}</tr>\n" if heads else ""
    lines = []
    for row in rows:
        cells = [f"<td>{html(value)}</td>" for value in row]
        if not heads:
            cells[0] = f"<th>{html(row[0])}</th>"
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>\n{top}" + "\n".join(lines) + "\n</table>"
