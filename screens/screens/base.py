"""What every screen has: the first line, gauges while something runs, the keys, and workers that may fail."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.css.query import NoMatches
from textual.worker import Worker

from screens.terminal.survive import SurvivingScreen
from screens.widgets.bars import GaugeBar, KeyBar, TopBar

if TYPE_CHECKING:
    from console.session import Session
    from screens.app import HubspokeApp

T = TypeVar("T")


class ConsoleScreen(SurvivingScreen[T]):
    """A screen of the console. Subclasses take their BINDINGS from screens/keys.py and write `body()`."""

    PLACE: ClassVar[str] = ""
    """The screen's name in screens/keys.py."""
    HEADING: ClassVar[str] = ""
    AUTO_FOCUS = "*"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual reads it from the class

    @property
    def console(self) -> HubspokeApp:
        """The app, by its own type."""
        return cast("HubspokeApp", self.app)

    @property
    def session(self) -> Session | None:
        """The open profile; None until it is open."""
        return self.console.session

    def compose(self) -> ComposeResult:
        """The four bands of a screen."""
        self.fit_width()
        yield TopBar(self.HEADING)
        with Vertical(id="body"):
            yield from self.body()
        yield GaugeBar()
        yield KeyBar()

    def fit_width(self) -> None:
        """Narrow or wide from the first frame on: Textual says so only once it was painted."""
        for least, name in self.HORIZONTAL_BREAKPOINTS:
            beyond = [other for other, _ in self.HORIZONTAL_BREAKPOINTS if other > least]
            self.set_class(least <= self.app.size.width < min(beyond, default=10_000), name)

    @abstractmethod
    def body(self) -> ComposeResult:
        """What is special to this screen."""

    def on_mount(self) -> None:
        """Begin work when the profile is open; now, or when it will be."""
        if self.session is not None:
            self.session_opened(self.session)

    def on_screen_resume(self) -> None:
        """What the first line, the gauges and the keys said before the screen was covered may be old."""
        self.console.renew_bars()
        self.refresh_bindings()

    def session_opened(self, session: Session) -> None:
        """A profile is open: the first time, or anew."""

    def retitle(self, heading: str) -> None:
        """Name the screen in the first line."""
        self.query_one(TopBar).retitle(heading)

    def offers(self, action: str) -> bool:
        """Whether an action of the registry makes sense at this moment."""
        return hasattr(self, f"do_{action}") or self.console.goes_to(action)

    def work(
        self,
        job: Callable[[], Coroutine[Any, Any, None]],
        *,
        group: str = "default",
        failed: Callable[[BaseException], object] | None = None,
    ) -> Worker[None]:
        """Run `job` beside the screen; a second one of the same group replaces the first.

        What goes wrong is told in words (`failed`, or the app's way), and the console goes on.
        """
        return self.run_worker(partial(self._guarded, job, failed), group=group, exclusive=True, exit_on_error=False)

    async def _guarded(
        self, job: Callable[[], Awaitable[None]], failed: Callable[[BaseException], object] | None
    ) -> None:
        try:
            await job()
        except Exception as error:  # noqa: BLE001 - every failure of a worker is told, none ends the console
            if isinstance(error, NoMatches) and not self.display:
                return  # it came back to a screen that is being taken down: the operator left meanwhile
            (failed or self.console.trouble)(error)
