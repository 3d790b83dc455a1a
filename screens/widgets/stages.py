"""The staged test of a connection: a checklist that fills in, with advice under what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from screens import words
from screens.literal import hanging, literal, row, stack
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.connector.stages import Stage
    from console.hubspot.fingerprint import PeerCertificate
    from console.session import Session


class StageList(VerticalScroll):
    """Runs `diagnose` and shows it."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes="panel fill")
        self.border_title = "From here to HubSpot"
        self.stages: list[Stage] = []
        self.running = False
        self.ended = False

    def compose(self) -> ComposeResult:
        """One text."""
        yield Line("", id="stages")

    @property
    def failed(self) -> bool:
        """Whether a stage failed."""
        return any(stage.state == "fail" for stage in self.stages)

    @property
    def certificate(self) -> PeerCertificate | None:
        """The certificate that the server showed and that waits for being accepted."""
        return next((stage.certificate for stage in self.stages if stage.acceptable), None)

    @property
    def passed(self) -> bool:
        """Whether the test ran to its end without a failure."""
        return self._complete and not self.running and not self.failed

    @property
    def _complete(self) -> bool:
        return len(self.stages) == len(_titles())

    async def test(self, session: Session) -> None:
        """Ask HubSpot, stage by stage."""
        from console.connector.diagnose import diagnose

        self.stages = []
        self.running = True
        self._show()
        try:
            async for stage in diagnose(session.profile, await session.secrets, session.budget):
                self.stages.append(stage)
                self._show()
        finally:
            self.running = False
            self.ended = True
            self._show()
            self.screen.refresh_bindings()  # a certificate may wait for being accepted
            self.call_after_refresh(self._look_at_the_end)

    @property
    def _width(self) -> int:
        # room for the scrollbar, which comes when the rows become many
        return (self.content_size.width or 76) - self.scrollbar_size_vertical

    @property
    def _untried(self) -> int:
        """How many stages at the end were passed over: where they are many, they would push the failure out of view."""
        count = 0
        while count < len(self.stages) and self.stages[-1 - count].state == "skipped":
            count += 1
        return count if count > 1 else 0

    def _look_at_the_end(self) -> None:
        """The verdict in view; after a failure the stage that failed, whatever comes below it."""
        above = 0
        for stage in self.stages:
            if stage.state == "fail":
                self.scroll_to(y=above, animate=False)
                return
            above += len(stage_rows(stage, self._width))
        self.scroll_end(animate=False)

    def on_resize(self) -> None:
        """Cut the rows anew."""
        self._cut_anew()

    def watch_show_vertical_scrollbar(self) -> None:
        """The scrollbar takes a column, or gives it back."""
        self.call_after_refresh(self._cut_anew)

    def _cut_anew(self) -> None:
        if self.running or self.ended:
            self._show()

    def _show(self) -> None:
        rows: list[Content] = []
        untried = 0 if self.running else self._untried
        for stage in self.stages[: len(self.stages) - untried]:
            rows += stage_rows(stage, self._width)
        if untried:
            sign = words.STAGE_SIGNS["skipped"]
            told = f"the {untried} stages after it were not tried"
            rows.append(row((f"{sign.glyph} ", sign.style), (told, "$muted")))
        if self.running:
            later = _titles()[len(self.stages) :]
            for place, title in enumerate(later):
                sign = words.STAGE_SIGNS["running" if place == 0 else "waiting"]
                rows.append(row((f"{sign.glyph} ", sign.style), (title, "" if place == 0 else "$muted")))
        elif self.ended:
            rows += [literal(""), self._verdict()]
        self.query_one("#stages", Line).show(stack(*rows))

    def _verdict(self) -> Content:
        if self.failed:
            return literal(
                "✗ The way to HubSpot is not open yet. Mend the stage above, then test again.", "$error bold"
            )
        if not self._complete:
            tried = f"{len(self.stages)} of {len(_titles())} stages"
            return literal(
                f"▲ The test ended early, after {tried}: what comes after them is not known.", "$warning bold"
            )
        if any(stage.state == "warn" for stage in self.stages):
            return literal("▲ It works; look at the warnings.", "$warning bold")
        return literal("✓ Everything works.", "$success bold")


def _titles() -> tuple[str, ...]:
    from console.connector.stages import STAGES

    return tuple(STAGES.values())


def stage_rows(stage: Stage, width: int) -> list[Content]:
    """A stage: sign, title, how long it took, what it found; cause and advice below, indented."""
    sign = words.STAGE_SIGNS[stage.state]
    took = f"{stage.milliseconds:.0f} ms" if stage.milliseconds else ""
    told = stage.detail or ("not tried" if stage.state == "skipped" else "")
    weight = "bold" if stage.state in ("warn", "fail") else ""
    head = row((f"{sign.glyph} ", sign.style), (f"{stage.title:<18} ", weight), (f"{took:>8}  ", "$muted"))
    told_row = row(head, (told, "$muted"))
    if told_row.cell_length <= width:
        rows = [told_row]
    elif stage.state in ("pass", "skipped"):
        rows = [told_row.truncate(width, ellipsis=True)]  # what went well may be cut
    else:
        rows = [head, *hanging("    ", told, width, "$muted")]
    if stage.state in ("warn", "fail"):
        rows += hanging("    ", stage.cause, width, sign.style)
        rows += hanging("  → ", stage.advice, width)
        if stage.correlation_id:
            rows.append(literal(f"    HubSpot's correlation id: {stage.correlation_id}", "$muted"))
    return rows
