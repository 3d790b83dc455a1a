"""The staged test of a connection: a checklist that fills in, with advice under what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from screens import words
from screens.literal import hanging, literal, row, stack
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.connector.stages import Stage
    from console.hubspot.fingerprint import PeerCertificate
    from console.session import Session


class Stages(VerticalScroll):
    """The rows; up and down go from stage to stage."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
    ]

    def action_move(self, by: int) -> None:
        """The next stage, or the one before."""
        if isinstance(self.parent, StageList):
            self.parent.move(by)

    def watch_show_vertical_scrollbar(self) -> None:
        """The scrollbar takes a column, or gives it back."""
        if isinstance(self.parent, StageList):
            self.call_after_refresh(self.parent._cut_anew)


class StageList(Vertical):
    """Runs `diagnose` and shows it; the verdict stands below, always in view."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes="panel fill")
        self.border_title = "From here to HubSpot"
        self.stages: list[Stage] = []
        self.running = False
        self.ended = False
        self.cursor = 0

    def compose(self) -> ComposeResult:
        """The rows, the stage under the cursor in full, the verdict."""
        with Stages(id="stage-rows"):
            yield Line("", id="stages")
        yield Line("", id="stage-told")
        yield Line("", id="stage-verdict")

    def focus(self, scroll_visible: bool = True) -> Self:
        """The rows take the keys."""
        self.query_one(Stages).focus(scroll_visible)
        return self

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

    @property
    def current(self) -> Stage | None:
        """The stage under the cursor."""
        return self.stages[self.cursor] if self.ended and 0 <= self.cursor < len(self.stages) else None

    async def test(self, session: Session, only: str = "") -> None:
        """Ask HubSpot, stage by stage; `only` tries the way there and this one stage once more."""
        from console.connector.diagnose import diagnose
        from console.hubspot.requestlog import RequestLog

        before = {stage.name: stage for stage in self.stages} if only and self.ended else {}
        log = RequestLog()
        log.on_entry = session.requests.add
        self.stages = []
        self.running = True
        self._show()
        try:
            async for stage in diagnose(session.profile, await session.secrets, session.budget, log=log, only=only):
                self.stages.append(stage)
                self._show()
        finally:
            if before:
                self.stages = _merged(before, self.stages)
            self.running = False
            self.ended = True
            self.cursor = next((n for n, stage in enumerate(self.stages) if stage.state == "fail"), self.cursor)
            self._show()
            self.screen.refresh_bindings()  # a certificate may wait for being accepted
            self.call_after_refresh(self._look_at_cursor)

    def move(self, by: int) -> None:
        """Stand on another stage."""
        if self.ended and self.stages:
            last = len(self.stages) - 1 - self._untried
            self.cursor = max(0, min(last, self.cursor + by))
            self._show()
            self._look_at_cursor()

    def as_text(self) -> str:
        """All of it, for a message to somebody."""
        rows = [part.plain for stage in self.stages for part in stage_rows(stage, 100)]
        return "\n".join([*rows, "", self._verdict().plain])

    @property
    def _width(self) -> int:
        # room for the scrollbar, which comes when the rows become many
        rows = self.query_one(Stages)
        return (rows.content_size.width or 76) - rows.scrollbar_size_vertical

    @property
    def _untried(self) -> int:
        """How many stages at the end were passed over: where they are many, they would push the failure out of view."""
        count = 0
        while count < len(self.stages) and self.stages[-1 - count].state == "skipped":
            count += 1
        return count if count > 1 else 0

    def _look_at_cursor(self) -> None:
        """The stage under the cursor in view, with its advice."""
        heights = [len(stage_rows(stage, self._width)) for stage in self.stages]
        above = sum(heights[: self.cursor])
        rows = self.query_one(Stages)
        room, top = rows.scrollable_content_region.height, round(rows.scroll_offset.y)
        below = above + (heights[self.cursor] if self.cursor < len(heights) else 0)
        if above < top or below - above > room:
            rows.scroll_to(y=above, animate=False)
        elif below > top + room:
            rows.scroll_to(y=below - room, animate=False)

    def on_resize(self) -> None:
        """Cut the rows anew."""
        self.call_after_refresh(self._cut_anew)

    def _cut_anew(self) -> None:
        if self.running or self.ended:
            self._show()

    def _show(self) -> None:
        rows: list[Content] = []
        untried = 0 if self.running else self._untried
        for place, stage in enumerate(self.stages[: len(self.stages) - untried]):
            rows += stage_rows(stage, self._width, here=self.ended and not self.running and place == self.cursor)
        if untried:
            sign = words.STAGE_SIGNS["skipped"]
            told = f"the {untried} stages after it were not tried"
            rows.append(row((f"{sign.glyph} ", sign.style), (told, "$muted")))
        if self.running:
            later = _titles()[len(self.stages) :]
            for place, title in enumerate(later):
                sign = words.STAGE_SIGNS["running" if place == 0 else "waiting"]
                rows.append(row((f"{sign.glyph} ", sign.style), (title, "" if place == 0 else "$muted")))
        self.query_one("#stages", Line).show(stack(*rows))
        done = self.ended and not self.running
        self.query_one("#stage-verdict", Line).show(self._verdict() if done else literal(""))
        self.query_one("#stage-told", Line).show(self._told() if done else literal(""))

    def _told(self) -> Content:
        """What a row had to cut."""
        stage = self.current
        if stage is None or stage.state in ("warn", "fail"):
            return literal("")  # those say all in their own rows
        whole = row((f"{stage.title}: ", "bold"), (stage.detail or "not tried", "$muted"))
        return whole.truncate(2 * self._width - 8, ellipsis=True)

    def _verdict(self) -> Content:
        took = sum(stage.milliseconds or 0 for stage in self.stages) / 1000
        if self.failed:
            return literal("✗ The way to HubSpot is not open yet. Mend that stage, then test again.", "$error bold")
        if not self._complete:
            tried = f"{len(self.stages)} of {len(_titles())} stages"
            return literal(
                f"▲ The test ended early, after {tried}: what comes after them is not known.", "$warning bold"
            )
        end = (f"   {words.span(took)} in all", "$muted")
        if any(stage.state == "warn" for stage in self.stages):
            return row(("▲ It works; look at the warnings.", "$warning bold"), end)
        return row(("✓ Everything works.", "$success bold"), end)


def _merged(before: dict[str, Stage], fresh: list[Stage]) -> list[Stage]:
    """Stages that were tried again in place of what they were; the others as they were."""
    now = {stage.name: stage for stage in fresh if stage.state != "skipped" or stage.name not in before}
    return [now.get(name) or before[name] for name in _names() if name in now or name in before]


def _names() -> tuple[str, ...]:
    from console.connector.stages import STAGES

    return tuple(STAGES)


def _titles() -> tuple[str, ...]:
    from console.connector.stages import STAGES

    return tuple(STAGES.values())


def stage_rows(stage: Stage, width: int, *, here: bool = False) -> list[Content]:
    """A stage: sign, title, how long it took, what it found; cause and advice below, indented."""
    sign = words.STAGE_SIGNS[stage.state]
    took = f"{stage.milliseconds:.0f} ms" if stage.milliseconds else ""
    told = stage.detail or ("not tried" if stage.state == "skipped" else "")
    weight = "$primary bold reverse" if here else "bold" if stage.state in ("warn", "fail") else ""
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
