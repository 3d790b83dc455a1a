"""What a run did: sums, failures by cause, and the records that need a human."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from console.provisioning.causes import in_words
from screens import words
from screens.keys import bindings
from screens.literal import hanging, literal, row, stack
from screens.screens.run_doing import RunDoing
from screens.widgets.details import who
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.journal.model import Entry, RunProgress
    from console.provisioning.report import Report
    from console.session import Session


class ReportScreen(RunDoing):
    """The same report as `hubspoke runs report`."""

    PLACE = "report"
    HEADING = "Report"
    BINDINGS = bindings("report")
    AUTO_FOCUS = "VerticalScroll"
    SAYS = "#report"

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id
        self._report: Report | None = None

    @property
    def run(self) -> RunProgress | None:
        """The run, once it is read."""
        return self._report.run if self._report is not None else None

    def body(self) -> ComposeResult:
        """One text."""
        with VerticalScroll(classes="panel fill") as box:
            box.border_title = "Report"
            yield Line(literal("Reading …", "$muted"), id="report")

    def on_mount(self) -> None:
        """Name the run."""
        self.retitle(f"Report {self._run_id}")

    def session_opened(self, session: Session) -> None:
        """Read it."""

        async def read() -> None:
            self._report = await (await session.runs).report(self._run_id)
            self._show()
            self.refresh_bindings()

        self.read(read)

    def on_resize(self) -> None:
        """Words wrap anew."""
        self._show()

    def _show(self) -> None:
        if self._report is not None:
            self.query_one("#report", Line).show(report_text(self._report, max(40, self.app.size.width - 8)))


def report_text(report: Report, width: int) -> Content:
    """The report as a page."""
    run, plan = report.run, report.plan
    sign = words.run_sign(run)
    states = [
        row((f"{words.number(run.states[state]):>9}  ", "bold"), (str(mark), mark.style))
        for state, mark in words.ENTRY_SIGNS.items()
        if run.states.get(state)
    ]
    causes = sorted(run.failures.items(), key=lambda item: -item[1])
    undo = ", ".join(f"{words.number(count)} {name}" for name, count in report.undo.items() if count)
    rows: list[Content] = [
        row((str(sign), f"{sign.style} bold"), (f"   {run.message}" if run.message else "", "$muted")),
        _pair("Mapping", f"{run.mapping}, {run.object_class} in portal {run.portal_id}"),
        _pair("Plan", f"{plan.id}, hash {plan.hash[:16]}"),
        _pair("Approved", f"by {run.approved_by}" if run.approved_by else "not recorded"),
        _pair("Began", words.moment(run.started_at)),
        _pair(
            "Took",
            f"{words.span(report.seconds)}, {words.counted(run.requests, 'request')}, {run.rate_limited} refused with 429",
        ),
        _pair("Undo", undo or "nothing to undo"),
        literal(""),
        literal("Records", "$primary bold"),
        *(states or [literal("        none", "$muted")]),
    ]
    if causes:
        rows += [literal(""), literal("Failures by cause", "$primary bold")]
        rows += [
            row((f"{words.number(count):>9}  ", "$error bold"), (in_words(cause)[0], "")) for cause, count in causes
        ]
    if report.problems:
        rows += [literal(""), literal("Records that need attention", "$primary bold")]
        rows += [line for entry in report.problems for line in _problem(entry, width)]
    if report.more_problems > 0:
        rows.append(
            literal(
                f"and {words.number(report.more_problems)} more: hubspoke runs report {run.id} --format csv", "$muted"
            )
        )
    return stack(*rows)


def _pair(name: str, value: str) -> Content:
    return row((f"{name:<10}", "$muted"), (value, ""))


def _problem(entry: Entry, width: int) -> list[Content]:
    """Who and what state; why beside it, or below it where that is longer than the line."""
    sign = words.ENTRY_SIGNS[entry.state]
    payload = entry.payload
    why = entry.outcome or (payload.problems[0].message if payload and payload.problems else "")
    head = row((f"{entry.number:>9}  ", "$muted"), (f"{sign!s:<18}", sign.style), (f"{who(entry)}  ", "bold"))
    beside = row(head, (why, "$muted"))
    return [beside] if beside.cell_length <= width else [head, *hanging(" " * 11, why, width, "$muted")]
