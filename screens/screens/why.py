"""Why one person is in or out of a plan: scope, keys, link, situation, action, changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from console.journal.model import Action
from screens import theme, words
from screens.keys import bindings
from screens.literal import literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.entry_view import change_line
from screens.widgets.panel import Line
from screens.widgets.problems import problem_rows

if TYPE_CHECKING:
    from console.provisioning.explain import Clause, Explanation
    from console.session import Session


class WhyScreen(ConsoleScreen[None]):
    """Read now, from the source and from HubSpot; nothing is kept."""

    PLACE = "why"
    CSS_PATH = theme.sheets("review")
    HEADING = "Why?"
    BINDINGS = bindings("why")

    def __init__(self, mapping: str, source_id: str) -> None:
        super().__init__()
        self._mapping = mapping
        self._source_id = source_id

    def body(self) -> ComposeResult:
        """One text."""
        with VerticalScroll(classes="panel fill") as box:
            box.border_title = literal(f"Person {self._source_id}")
            yield Line(literal("Reading the source and HubSpot …", "$muted"), id="why")

    def session_opened(self, session: Session) -> None:
        """Look the person up."""
        self.work(lambda: self._read(session), group="why", failed=self._failed)

    async def _read(self, session: Session) -> None:
        found = await (await session.plans).explain(self._mapping, self._source_id)
        self.query_one("#why", Line).show(why_rows(found))

    def _failed(self, error: BaseException) -> None:
        told = self.console.trouble(error)
        self.query_one("#why", Line).show(row(("✗ ", "$error bold"), (told.text, "")))


def why_rows(found: Explanation) -> Content:
    """The steps in their order, each with its outcome."""
    place = f"line {found.line} of {found.source}" if found.line else f"not in {found.source}"
    rows = [_step(bool(found.line), "In the source", place)]
    if found.line:
        rows.append(_step(found.in_scope, "In scope", "yes" if found.in_scope else "no: the mapping's scope leaves it"))
        rows += [_clause(clause) for clause in found.clauses]
    for name, value, records in found.keys:
        leads = f"record {', '.join(records)}" if records else "no record"
        rows.append(_step(len(records) == 1, f"By {name}", f"{value}: {leads}"))
    ours = ", which Hubspoke made" if found.created_by_us else ""
    rows.append(
        _step(bool(found.linked_to), "Linked", f"to record {found.linked_to}{ours}" if found.linked_to else "no")
    )
    sign = words.ACTION_SIGNS[Action(found.action)]
    rows += [
        literal(""),
        row((f"{'Situation':<18}", "$muted"), (f"{found.situation.value}  ", "bold"), (found.meaning, "")),
        row(
            (f"{'So':<18}", "$muted"),
            (str(sign), f"{sign.style} bold"),
            (f"  {found.why}", ""),
        ),
    ]
    if found.changes:
        width = max(len(change.name) for change in found.changes)
        rows += [literal(""), *(change_line(change, min(width, 28)) for change in found.changes)]
    rows += [row(("+ ", "$success bold"), (f"{tie.object_class} {tie.uid}  {tie.key}", "")) for tie in found.ties]
    rows += [
        row(("? ", "$warning bold"), (f"{one.uid}  {one.label}", ""), (f"  by {one.key}", "$muted"))
        for one in found.candidates
    ]
    if found.problems:
        rows += [literal(""), problem_rows(found.problems)]
    return stack(*rows)


def _step(holds: bool, name: str, told: str) -> Content:
    sign, style = ("✓", "$success bold") if holds else ("·", "$muted")
    return row((f"{sign} ", style), (f"{name:<16}", "$muted"), (told, ""))


def _clause(clause: Clause) -> Content:
    sign, style = ("✓", "$success") if clause.holds else ("✗", "$error bold")
    found = f"   {clause.found}" if clause.found else ""
    return row((" " * 18 + "  " * clause.depth, ""), (f"{sign} ", style), (clause.text, ""), (found, "$muted"))
