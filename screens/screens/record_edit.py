"""Editing one property: a fitting editor, what is wrong with the value beside it, before and after, then the write."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.worker import Worker

from console.connector.editing import ChangedMeanwhile, Edited, Judged, edit, judge
from console.journal.model import Change
from screens import theme
from screens.literal import lines, literal, row, stack
from screens.operating import operations
from screens.terminal.survive import SurvivingModal
from screens.widgets.details import change_line, option_words
from screens.widgets.panel import Line
from screens.widgets.value_editor import ValueEditor

if TYPE_CHECKING:
    from console.connector.sheet import Field, Sheet
    from screens.app import HubspokeApp

Stage = Literal["edit", "confirm", "writing"]


class EditScreen(SurvivingModal[Edited]):
    """Gives back what HubSpot returned, or None where nothing was written."""

    CSS_PATH = theme.sheets("widgets", "records")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Cancel"),
        Binding("ctrl+s", "go_on", "Go on"),
        Binding("y", "write", "Write"),
    ]
    AUTO_FOCUS = None

    def __init__(self, object_class: str, sheet: Sheet, field: Field) -> None:
        super().__init__()
        self._class = object_class
        self._sheet = sheet
        self._field = field
        self._before = field.value
        self._judged: Judged | None = None
        self._stage: Stage = "edit"

    def compose(self) -> ComposeResult:
        """The property, its present value, the editor, what is wrong, the keys."""
        with VerticalScroll(classes="sheet-dialog", can_focus=False) as box:
            box.border_title = literal(f"Edit {self._field.name}").markup
            yield Line(self._what())
            yield Line(self._now(), id="edit-now")
            yield ValueEditor(self._field)
            yield Line("", id="wrong")
            yield Line("", id="edit-change")
            yield Line("", classes="dialog-keys", id="edit-keys")

    def on_mount(self) -> None:
        """Write at once."""
        self.query_one(ValueEditor).focus_value()
        self._show_keys()

    # ---- looks

    def _what(self) -> Content:
        field = self._field
        unique = ", unique" if field.definition is not None and field.definition.unique else ""
        return literal(" · ".join(filter(None, (field.label, f"{field.kind}{unique}"))), "$muted")

    def _now(self) -> Content:
        if not self._before:
            return row(("now ", "$muted"), ("(blank)", "$muted"))
        said = option_words(self._field)
        return row(("now ", "$muted"), literal(self._before, limit=300), (f"  {said}" if said else "", "$muted"))

    def _show_keys(self) -> None:
        if self._stage == "writing":
            parts = [row(("▶ writing …", "$primary"))]
        elif self._stage == "confirm":
            parts = [_key("y", "write it"), _key("esc", "back to the value")]
        else:
            parts = [*(_key(*one) for one in self.query_one(ValueEditor).keys), _key("esc", "cancel")]
        self.query_one("#edit-keys", Line).show(Content("").join(parts))

    def _enter(self, stage: Stage) -> None:
        self._stage = stage
        editor = self.query_one(ValueEditor)
        editor.disabled = stage != "edit"
        self.query_one("#edit-change").display = stage != "edit"
        if stage == "edit":
            editor.focus_value()
        else:
            self.set_focus(None)
        self._show_keys()

    def _complain(self, content: Content | str) -> None:
        self.query_one("#wrong", Line).show(content)

    # ---- the value

    def on_value_editor_changed(self) -> None:
        """What is wrong with it is said as it is typed."""
        judged = self._judge()
        self._complain(complaint(judged) if judged.wrong else _hint(self._field, judged))

    def _judge(self) -> Judged:
        return judge(self._sheet, self._field.name, self.query_one(ValueEditor).value)

    def on_value_editor_submitted(self) -> None:
        """Before and after, and the question."""
        self.action_go_on()

    def action_go_on(self) -> None:
        """Before and after, and the question; or what is wrong."""
        if self._stage != "edit":
            return
        judged = self._judge()
        if judged.wrong:
            self._complain(complaint(judged))
            return
        if (judged.value or "") == (self._before or ""):
            self._complain(literal("That is the value that it has: nothing to write.", "$muted"))
            return
        self._judged = judged
        change = Change(name=self._field.name, before=self._before or None, after=judged.value)
        portal = self.console_app.standing
        kind = portal.kind
        self.query_one("#edit-change", Line).show(
            stack(
                literal(""),
                change_line(change, len(self._field.name)),
                row(
                    ("in ", "$muted"),
                    (portal.portal or "this account", "bold"),
                    (f"  {kind}" if kind else "", "$warning bold" if portal.is_production else "$muted"),
                ),
                literal("Only this is sent. It can start workflows in HubSpot.", "$muted"),
            )
        )
        self._complain(literal(judged.note, "$warning", limit=400) if judged.note else "")
        self._enter("confirm")

    # ---- the write

    @property
    def console_app(self) -> HubspokeApp:
        """The app, by its own type."""
        return cast("HubspokeApp", self.app)

    def action_write(self) -> None:
        """Write it, if it is still what was seen."""
        if self._stage != "confirm" or self._judged is None or self.console_app.session is None:
            return
        self._enter("writing")
        job: Callable[[], Coroutine[Any, Any, None]] = partial(self._write, self._judged.value)
        self._writing: Worker[None] = self.run_worker(job, group="write", exclusive=True, exit_on_error=False)

    async def _write(self, after: str | None) -> None:
        session = self.console_app.session
        assert session is not None
        try:
            service = await operations(session)
            done = await edit(service, self._class, self._sheet.found.uid, self._field.name, self._before, after)
        except ChangedMeanwhile as conflict:
            self._before = conflict.present
            self.query_one("#edit-now", Line).show(self._now())
            self._enter("edit")
            said = stack(row(("↯ ", "$warning bold"), (conflict.message, "$warning")), _arrow(conflict.advice))
            self._complain(said)
        except Exception as error:  # noqa: BLE001 - whatever went wrong stands beside the value, which is kept
            self._enter("edit")
            self._complain(failure(self.console_app, error))
        else:
            self.dismiss(done)

    def action_give_up(self) -> None:
        """Back to the value, then to the record; a write that is under way is awaited."""
        if self._stage == "confirm":
            self._enter("edit")
        elif self._stage == "edit":
            self.dismiss(None)


def complaint(judged: Judged) -> Content:
    """What is wrong with a value, and what it takes."""
    said = lines(f"✗ {judged.wrong}", "$error", limit=400)
    return stack(said, _arrow(judged.remedy)) if judged.remedy else said


def failure(console: HubspokeApp, error: BaseException) -> Content:
    """Why something was not done, beside the field; a mistake of our own gets its apology as well."""
    from screens.apology import expected

    known = expected(error)
    if known is None:
        return lines(f"✗ {console.trouble(error).text}", "$error", limit=600)
    said = lines(f"✗ {known.message}", "$error", limit=800)
    return stack(said, _arrow(known.remedy)) if known.remedy else said


def _arrow(text: str) -> Content:
    return row(("→ ", "$accent"), (text, ""))


def _key(key: str, text: str) -> Content:
    return row((f"{key} ", "$accent bold"), (f"{text}   ", "$muted"))


def _hint(field: Field, judged: Judged) -> Content:
    """What a value means, where that is not plain."""
    if judged.note:
        return literal(judged.note, "$warning", limit=400)
    if field.kind == "date" and judged.value:
        import datetime as dt

        return literal(f"{dt.date.fromisoformat(judged.value):%A, %d %B %Y}", "$muted")
    return literal("")
