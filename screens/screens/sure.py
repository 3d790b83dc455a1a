"""Dialogs for what cannot be taken back lightly: who is meant, in which portal, and words that must be typed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input
from textual.worker import Worker

from screens import theme
from screens.literal import literal, row, stack
from screens.screens.record_edit import failure
from screens.terminal.survive import SurvivingModal
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.session import Session
    from screens.app import HubspokeApp

T = TypeVar("T")
Stage = Literal["reading", "asking", "doing", "told"]


class Question(NamedTuple):
    """What is asked, and the word that answers it."""

    prompt: Content
    word: str

    def answered(self, typed: str) -> bool:
        """Whether it was typed; counts may have their commas, names any case."""
        given, wanted = " ".join(typed.split()), self.word
        if wanted.isdigit():
            given = given.replace(",", "").replace("\u2009", "").replace(" ", "")
        return given.casefold() == wanted.casefold()


class SureScreen(SurvivingModal[T]):
    """Reads what it is about, asks, does it, and tells; Escape before that changes nothing."""

    CSS_PATH = theme.sheets("widgets", "records")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Cancel"),
        Binding("y", "yes", "Yes"),
        Binding("ctrl+r", "again", "Again", key_display="^r"),
    ]
    AUTO_FOCUS = None
    TITLE_TEXT: ClassVar[str] = ""
    VERB: ClassVar[str] = "do it"
    ALARM: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.stage: Stage = "reading"
        self._questions: list[Question] = []

    # ---- what a dialog is about

    @abstractmethod
    async def prepare(self, session: Session) -> Content:
        """Read what the operator must know, and say it. Nothing is written."""

    @abstractmethod
    def questions(self) -> Sequence[Question]:
        """What must be typed; none: a single key answers."""

    @abstractmethod
    async def perform(self, session: Session) -> None:
        """Do it; ends with `dismiss` or `tell`."""

    # ---- looks

    @property
    def console(self) -> HubspokeApp:
        """The app, by its own type."""
        return cast("HubspokeApp", self.app)

    def compose(self) -> ComposeResult:
        """What would happen, the questions, what went wrong, the keys."""
        with VerticalScroll(classes=f"sheet-dialog{' alarm' if self.ALARM else ''}", can_focus=False) as box:
            box.border_title = literal(self.TITLE_TEXT).markup
            yield Line(literal("Reading …", "$muted"), id="sure-statement")
            yield Vertical(id="sure-questions")
            yield Line("", id="wrong")
            yield Line("", classes="dialog-keys", id="sure-keys")

    def on_mount(self) -> None:
        """Begin."""
        self.begin()

    def begin(self) -> None:
        """Read what it is about."""
        self._enter("reading")
        self._beside(self._prepare)

    def _beside(self, job: Callable[[], Coroutine[Any, Any, None]]) -> Worker[None]:
        return self.run_worker(job, group="sure", exclusive=True, exit_on_error=False)

    async def _prepare(self) -> None:
        session = self.console.session
        if session is None:
            self.complain(literal("✗ The profile is not open yet.", "$error"))
            return
        try:
            statement = await self.prepare(session)
        except Exception as error:  # noqa: BLE001 - why it cannot be done stands in the dialog
            self.query_one("#sure-statement", Line).show(failure(self.console, error))
            self._keys(("^r", "try again"), ("esc", "close"))
            return
        self.query_one("#sure-statement", Line).show(stack(statement, portal_line(self.console)))
        self._questions = list(self.questions())
        await self._ask()
        self._enter("asking")

    async def _ask(self) -> None:
        place = self.query_one("#sure-questions", Vertical)
        await place.remove_children()
        for question in self._questions:
            field = Input(compact=True)
            field.cursor_blink = False
            await place.mount(Line(question.prompt, classes="question"), field)

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        fields = list(self.query(Input))
        for field in fields:
            field.disabled = stage != "asking"
        if stage == "asking" and fields:
            fields[0].focus()
            self._keys(("⏎", self.VERB), ("esc", "cancel"))
        elif stage == "asking":
            self._keys(("y", self.VERB), ("esc", "cancel"))
        elif stage == "told":
            self.query_one("#sure-questions").display = False
            self._keys(("esc", "close"))
        else:
            self._keys(("esc", "cancel")) if stage == "reading" else self._keys()

    def _keys(self, *keys: tuple[str, str]) -> None:
        parts = [row((f"{key} ", "$accent bold"), (f"{text}   ", "$muted")) for key, text in keys]
        self.query_one("#sure-keys", Line).show(Content("").join(parts))

    def complain(self, content: Content | str) -> None:
        """What is wrong, or how far it is."""
        self.query_one("#wrong", Line).show(content)

    def tell(self, content: Content) -> None:
        """The end of it, to be read before the dialog closes."""
        self.complain(content)
        self._enter("told")

    # ---- answers

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """To the next question, or do it."""
        fields = list(self.query(Input))
        place = fields.index(event.input)
        question = self._questions[place]
        if not question.answered(event.value):
            self.complain(row(("✗ ", "$error"), (f"Type exactly: {question.word}", "$error")))
        elif place + 1 < len(fields):
            self.complain("")
            fields[place + 1].focus()
        elif all(one.answered(field.value) for one, field in zip(self._questions, fields, strict=True)):
            self._go()

    def action_yes(self) -> None:
        """The single key, where nothing must be typed."""
        if self.stage == "asking" and not self._questions:
            self._go()

    def action_again(self) -> None:
        """Read again after a failure."""
        if self.stage == "reading":
            self.begin()

    def _go(self) -> None:
        self._enter("doing")
        self.complain(literal("▶ under way …", "$primary"))
        self._beside(self._perform)

    async def _perform(self) -> None:
        session = self.console.session
        assert session is not None
        try:
            await self.perform(session)
        except Exception as error:  # noqa: BLE001 - why it was not done stands below the questions, which stay
            self._enter("asking")
            self.complain(failure(self.console, error))

    def result(self) -> Any:
        """What the dialog gives back when it is closed without more."""
        return None

    def action_give_up(self) -> None:
        """Close; what is under way is awaited."""
        if self.stage != "doing":
            self.dismiss(self.result())


def portal_line(console: HubspokeApp) -> Content:
    """Whose data it is."""
    standing = console.standing
    kind = standing.kind
    return row(
        ("in ", "$muted"),
        (standing.portal or "this account", "bold"),
        (f"  {kind}" if kind else "", "$warning bold" if standing.is_production else "$muted"),
    )


def portal_question(console: HubspokeApp) -> list[Question]:
    """PRODUCTION wants the portal's name repeated; its number where it has no name."""
    standing = console.standing
    if not standing.is_production:
        return []
    word = standing.portal_name or str(standing.portal_id)
    return [
        Question(
            row(("This is a ", ""), ("PRODUCTION", "$warning bold"), (" account. Type its name, ", ""), (word, "bold")),
            word,
        )
    ]
