"""What this terminal, line, vault and machine can do, and what to set."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from console.doctor import Finding, Seen, machine_findings, terminal_findings, vault_finding
from screens import theme, words
from screens.copying import copy
from screens.keys import bindings
from screens.literal import hanging, literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from screens.app import HubspokeApp

SIGNS = {
    "ok": words.Sign("✓", "fine", "$success"),
    "warn": words.Sign("▲", "look", "$warning"),
    "fail": words.Sign("✗", "mend", "$error"),
}
NAME = 11


class DoctorScreen(ConsoleScreen[None]):
    """Findings, one below the other; what is to be done stands under each."""

    PLACE = "doctor"
    CSS_PATH = theme.sheets("forms")
    HEADING = "Doctor"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("doctor"),
        Binding("r", "again", "Look again"),
        Binding("y", "copy", "Copy"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._found: list[Finding] = []
        self._vault_asked = False

    def body(self) -> ComposeResult:
        """The list."""
        with VerticalScroll(classes="panel fill") as box:
            box.border_title = "This terminal and machine"
            yield Line(literal("▶ Looking …", "$primary"), id="findings")
        yield Line("", id="doctor-verdict")

    def on_mount(self) -> None:
        """Look."""
        self.action_again()

    def action_again(self) -> None:
        """Look, and look again."""
        self.work(self._look, group="doctor")

    async def _look(self) -> None:
        self._vault_asked = False
        self._found = findings_of(self.console)
        self._show()
        vault = await self.session.vault if self.session is not None else None
        self._found.append(await vault_finding(self.console.paths, vault))
        self._vault_asked = True
        self._show()

    def on_resize(self) -> None:
        """Wrap anew; the size is one of the findings."""
        if self._vault_asked:
            self._found = [*findings_of(self.console), self._found[-1]]
            self._show()

    def _show(self) -> None:
        width = max(40, self.app.size.width - 10)
        rows = [part for finding in self._found for part in finding_rows(finding, width)]
        end = verdict(self._found) if self._vault_asked else literal("▶ asking the vault …", "$primary")
        self.query_one("#findings", Line).show(stack(*rows))
        self.query_one("#doctor-verdict", Line).show(end)

    def action_copy(self) -> None:
        """All of it as text."""
        copy(self.console, self.query_one("#findings", Line).shown.plain, "What doctor says")


def findings_of(app: HubspokeApp) -> list[Finding]:
    """Terminal and machine, as the console sees them."""
    seen = Seen(
        encoding=getattr(sys.__stdout__, "encoding", "") or "utf-8",
        size=(app.size.width, app.size.height),
        colours=app.console.color_system or "none",
        round_trip=app.fence_round_trip,
        fenced=app.fence_enabled if app.link.fence else None,
    )
    return [*terminal_findings(os.environ, seen), *machine_findings(app.paths, os.environ)]


def finding_rows(finding: Finding, width: int) -> list[Content]:
    """A finding, and its advice below."""
    sign = SIGNS.get(finding.state, SIGNS["warn"])
    first, *more = hanging("", finding.detail, width - NAME - 3) or [literal("")]
    rows = [row((f"{sign.glyph} ", sign.style), (f"{finding.id:<{NAME}} ", "$muted"), first)]
    rows += [row((" " * (NAME + 3), ""), line) for line in more]
    return rows + [row((" " * (NAME + 3), ""), line) for line in hanging("→ ", finding.advice, width - NAME - 3)]


def verdict(found: list[Finding]) -> Content:
    """All of it in a line."""
    open_ones = [finding.id for finding in found if finding.state != "ok"]
    if open_ones:
        return literal(f"▲ Worth a look: {', '.join(open_ones)}.", "$warning bold")
    return literal("✓ Nothing is in the way.", "$success bold")
