"""Why is Ann not there? One person from the source's row to HubSpot, every step in sight; and provisioned now."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from console.provisioning.person_steps import Step
from screens import theme
from screens.keys import bindings
from screens.literal import literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.screens.person.words import BESIDE, nothing_step, outcome_step, planned_step, running_step, step_rows
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.provisioning.person_finding import Hit
    from console.provisioning.person_story import PersonStories, Planned, Story
    from console.session import Session

LAID_OUT = 0.05
NOBODY = "Type a source id, or words such as a name or an address, then Enter."
_NO_MAPPING = "There is no mapping yet. Escape, then m: a mapping can be suggested."


class PersonScreen(ConsoleScreen[None]):
    """Who, then the steps; `a` plans, approves and writes just this person."""

    PLACE = "person"
    CSS_PATH = theme.sheets("widgets", "mapping", "person")
    HEADING = "Person"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("person"),
        Binding("slash", "who", "Find", key_display="/"),
        Binding("o", "other", "Other mapping"),
        Binding("ctrl+r", "again", "Read again", key_display="^r"),
    ]
    AUTO_FOCUS = "#person-who"

    def __init__(self, mapping: str = "", source_id: str = "") -> None:
        super().__init__()
        self._mapping = mapping
        self._wanted = source_id
        self._names: list[str] = []
        self._stories: PersonStories | None = None
        self._done: list[Step] = []
        self._busy = ""
        self._failure: Content | None = None
        self.story: Story | None = None

    def body(self) -> ComposeResult:
        """Whom to look for, and what is known."""
        with Horizontal(id="person-ask"):
            field = Input(placeholder="source id, name or address", id="person-who", compact=True)
            field.cursor_blink = False
            yield field
            yield Line("", id="person-mapping")
        with Container(id="person-both"):
            with VerticalScroll(id="person-story", classes="panel") as steps:
                steps.border_title = "Nobody yet"
                yield Line(literal(NOBODY, "$muted"), id="person-steps")
            with VerticalScroll(id="person-values", classes="panel wide-only", can_focus=False) as beside:
                beside.border_title = "Values"
                yield Line("", id="person-beside")

    def session_opened(self, session: Session) -> None:
        """Which mappings there are; begin with the one that was named."""
        self.work(lambda: self._begin(session), group="person", failed=self._failed)

    async def _begin(self, session: Session) -> None:
        mappings = await session.mappings
        self._names = await asyncio.to_thread(mappings.names)
        self._mapping = self._mapping or (self._names[0] if self._names else "")
        self._show()
        if self._wanted and self._mapping:
            self.query_one("#person-who", Input).value = self._wanted
            await self._tell(session, self._wanted)

    async def _service(self, session: Session) -> PersonStories:
        if self._stories is None:
            from console.provisioning.person_story import PersonStories
            from console.session import source_secret

            async def secret(spec: str) -> str | None:
                return await source_secret(session, spec)

            self._stories = PersonStories(
                await session.connector,
                await session.journal,
                await session.mappings,
                await session.plans,
                await session.runs,
                await session.browse,
                secret,
            )
        return self._stories

    # ---- finding

    def action_who(self) -> None:
        """The field."""
        self.query_one("#person-who", Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Look."""
        session, text = self.session, event.value.strip()
        if session is not None and text and self._mapping:
            self.work(lambda: self._find(session, text), group="person", failed=self._failed)

    async def _find(self, session: Session, text: str) -> None:
        self._say(f"Looking for {text} in the source of {self._mapping} …")
        hits = await (await self._service(session)).find(self._mapping, text)
        if len(hits) == 1:
            await self._take(session, hits[0])
        elif hits:
            self._say("")
            self._choose(session, hits)
        else:
            self.story = None
            told = f"Nobody has the words {text}: neither in the source of {self._mapping}, nor in HubSpot."
            self._failure = stack(
                literal(f"✗ {told}", "$error bold"), literal("Try fewer words, or another mapping (o).", "$muted")
            )
            self._say("")

    def _choose(self, session: Session, hits: list[Hit]) -> None:
        from screens.screens.mapping.dialogs import Pick
        from screens.widgets.choices import Choice

        by = {f"{hit.source_id}\0{hit.uid}\0{hit.line}": hit for hit in hits}

        def answered(key: str | None) -> None:
            if key is not None:
                self.work(lambda: self._take(session, by[key]), group="person", failed=self._failed)

        offered = [Choice(key, f"{hit.label}  {hit.source_id}", hit.note) for key, hit in by.items()]
        where = "in the source" if hits[0].line else "in HubSpot, nobody in the source"
        text = literal(f"{len(hits)} people have these words ({where}).", "$muted")
        self.app.push_screen(Pick("Who is meant?", text, offered), answered)

    async def _take(self, session: Session, hit: Hit) -> None:
        if hit.source_id:
            await self._tell(session, hit.source_id)
        elif hit.uid:
            self._say(f"Reading record {hit.uid} …")
            self._tale(await (await self._service(session)).tell_record(self._mapping, hit.uid))
        else:
            self._failure = stack(
                literal(f"✗ {hit.label} stands on line {hit.line} of the source, without a source id.", "$error bold"),
                literal("Nobody can tell who this is: fill it in the source. The person is never sent.", "$muted"),
                literal(hit.note, ""),
            )
            self.story = None
            self._say("")

    async def _tell(self, session: Session, source_id: str) -> None:
        self._say(f"Reading {source_id} …")
        self._tale(await (await self._service(session)).tell(self._mapping, source_id))

    def _tale(self, story: Story) -> None:
        if self.story is None or (self.story.source_id, self.story.uid) != (story.source_id, story.uid):
            self._done = self._done if self.story is not None and story.source_id == self.story.source_id else []
        self.story = story
        self._failure = None
        self._say("")
        self.query_one("#person-story").focus()
        self.refresh_bindings()

    def _failed(self, error: BaseException) -> None:
        """What stopped, in its own words, where the steps would stand."""
        message, remedy = getattr(error, "message", ""), getattr(error, "remedy", "") or getattr(error, "advice", "")
        self._busy = ""
        if isinstance(message, str) and message:
            rows = [literal(f"✗ {message}", "$error bold")]
            rows += [row(("→ ", "$accent"), (remedy, ""))] if remedy else []
            self._failure = stack(*rows, literal("^r reads again.", "$muted"))
        else:
            self.console.trouble(error)
        self._show()

    def action_again(self) -> None:
        """Read again."""
        session, story = self.session, self.story
        text = self.query_one("#person-who", Input).value.strip()
        if session is None or not self._mapping:
            return
        if story is not None and story.source_id:
            self.work(lambda: self._tell(session, story.source_id), group="person", failed=self._failed)
        elif text:
            self.work(lambda: self._find(session, text), group="person", failed=self._failed)

    def action_other(self) -> None:
        """By another mapping."""
        from screens.screens.mapping.dialogs import Pick
        from screens.widgets.choices import Choice

        def answered(name: str | None) -> None:
            if name is not None and name != self._mapping:
                self._mapping, self._done = name, []
                self.action_again()
                self._show()

        offered = [Choice(name, name) for name in self._names]
        self.app.push_screen(Pick("By which mapping?", "", offered, at=self._mapping), answered)

    def do_mapping_edit(self) -> None:
        """The mapping itself."""
        from screens.screens.mapping.editor import MappingEditor

        if self._mapping:
            self.app.push_screen(MappingEditor(self._mapping))

    def do_plan(self) -> None:
        """A plan of everybody."""
        from screens.screens.new_plan import NewPlanScreen

        self.app.push_screen(NewPlanScreen(False, self._mapping))

    def offers(self, action: str) -> bool:
        """Only somebody who is in the source can be provisioned."""
        if action == "person_provision":
            return self.story is not None and self.story.to_write and not self._busy
        if action == "mapping_edit":
            return bool(self._mapping)
        return super().offers(action)

    # ---- provisioning

    def do_person_provision(self) -> None:
        """Plan just this person, ask, write."""
        session, story = self.session, self.story
        if session is not None and story is not None:
            self.work(lambda: self._plan(session, story), group="provision", failed=self._stopped)

    async def _plan(self, session: Session, story: Story) -> None:
        self._done = []
        self._say("Planning …")
        planned = await (await self._service(session)).plan(self._mapping, story.source_id)
        self._done = [planned_step(planned.plan, planned.entry, planned.seconds)]
        self._say("")
        if not planned.plan.writes:
            self._done.append(nothing_step(planned.entry))
            self._show()
        elif any(guard.holds for guard in planned.plan.guards):
            from screens.screens.plan import PlanScreen

            self.console.say("A guard holds this plan: look at it before you approve it.", severity="warning")
            self.app.push_screen(PlanScreen(planned.plan.id))
        else:
            self._ask(session, story, planned)

    def _ask(self, session: Session, story: Story, planned: Planned) -> None:
        from screens.screens.dialogs import Confirm
        from screens.widgets.details import change_line

        entry = planned.entry
        standing = self.console.standing
        kind = f"  {standing.kind.glyph} {standing.kind.word}" if standing.kind else ""
        changes = entry.payload.changes if entry is not None and entry.payload is not None else ()
        action = entry.action.value.lower() if entry is not None else "write"
        head = row((f"{action} ", "bold"), (story.label, "bold"), (" in ", ""), (standing.portal_name, "bold"))
        told = stack(
            row(head, (f" {standing.number}{kind}", "$warning")),
            *(change_line(change, 14).truncate(54, ellipsis=True) for change in changes[:8]),
            *([literal(f"and {len(changes) - 8} more", "$muted")] if len(changes) > 8 else []),
            literal("Writes may start HubSpot workflows.", "$muted"),
        )

        def answered(yes: bool | None) -> None:
            if yes:
                self.work(lambda: self._write(session, story, planned), group="provision", failed=self._stopped)
            else:
                self._done.append(Step(id="no", title="Approval", state="info", detail="not approved; nothing written"))
                self._show()

        self.app.push_screen(Confirm("Write this person now?", told, "Approve and write", "Leave"), answered)

    async def _write(self, session: Session, story: Story, planned: Planned) -> None:
        begun = time.monotonic()
        service = await self._service(session)
        self._done.append(Step(id="approval", title="Approval", state="pass", detail="approved, exactly this plan"))
        self._say("Starting the runner …")
        async for progress in service.apply(planned):
            self._done = [step for step in self._done if step.id != "run"] + [running_step(progress)]
            self._say("")
        self._done.append(outcome_step(await service.outcome(planned), time.monotonic() - begun + planned.seconds))
        done = self._done
        self._say("Reading again …")
        again = await service.tell(self._mapping, story.source_id)
        self._tale(again)
        self._done = done
        self._show()

    def _stopped(self, error: BaseException) -> None:
        """Why it went no further; what is known of the person stays."""
        self._busy = ""
        message = getattr(error, "message", "")
        if isinstance(message, str) and message:
            remedy = getattr(error, "remedy", "") or getattr(error, "advice", "")
            self._done.append(Step(id="stopped", title="Stopped", state="fail", detail=f"{message} {remedy}".strip()))
        else:
            self.console.trouble(error)
        self._show()

    # ---- showing

    def _say(self, text: str) -> None:
        self._busy = text
        self._show()

    def on_resize(self) -> None:
        """Cut the rows anew."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        mapping = (
            row(("by ", "$muted"), (self._mapping, "bold")) if self._mapping else literal("no mapping", "$warning")
        )
        self.query_one("#person-mapping", Line).show(mapping)
        panel = self.query_one("#person-story", VerticalScroll)
        width = max(30, (panel.content_size.width or 74) - 1)
        wide = self.has_class("-wide")
        story = self.story
        panel.border_title = literal(story.label if story is not None else "Nobody yet")
        rows: list[Content] = []
        if story is not None and self._failure is None:
            for step in story.steps:
                if not (wide and step.id in BESIDE):
                    rows += step_rows(step, width, 8 if step.id == "values" else 40)
        if self._failure is not None:
            rows.append(self._failure)
        if self._done:
            rows += [literal(""), literal("Provisioned now", "$primary bold")]
            for step in self._done:
                rows += step_rows(step, width)
        if self._busy:
            rows.append(literal(f"◐ {self._busy}", "$primary"))
        if not rows:
            rows.append(literal(NOBODY if self._mapping else _NO_MAPPING, "$muted"))
        self.query_one("#person-steps", Line).show(stack(*rows))
        self._show_beside(wide)
        self.refresh_bindings()
        if self._done or self._busy:
            # once it is laid out: what is shown may have become shorter
            self.set_timer(LAID_OUT, partial(panel.scroll_end, animate=False))

    def _show_beside(self, wide: bool) -> None:
        beside = self.query_one("#person-values", VerticalScroll)
        width = max(30, (beside.content_size.width or 50) - 1)
        rows: list[Content] = []
        if wide and self.story is not None and self._failure is None:
            for step in self.story.steps:
                if step.id in BESIDE:
                    rows += [*step_rows(step, width), literal("")]
        self.query_one("#person-beside", Line).show(stack(*rows) if rows else "")
