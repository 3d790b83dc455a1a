"""The snapshot from the browse screen: what it costs, taking it beside the work, opening and removing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.content import Content
from textual.timer import Timer

from screens import words
from screens.literal import row
from screens.screens.browse.asking import age
from screens.screens.browse.showing import PLURALS

if TYPE_CHECKING:
    from textual.app import App

    from console.connector.snapshot import Snapshot, SnapshotInfo
    from console.connector.snapshots import Snapshots, Taking
    from console.session import Session
    from screens.app import HubspokeApp

TELL_SECONDS = 1.0
"""How often the progress of a taking is said."""


class Takings:
    """The part of the browse screen for snapshots; a mixin."""

    if TYPE_CHECKING:
        object_class: str
        session: Session | None
        console: HubspokeApp
        app: App[Any]
        snapshot: Snapshot | None
        offered: SnapshotInfo | None
        chosen_columns: dict[str, tuple[str, ...]]
        work: Any
        set_interval: Any
        is_mounted: bool
        show_state: Callable[[], None]
        enter_snapshot: Callable[[Snapshot], None]
        go_live: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        self._telling: Timer | None = None

    def look_for_snapshot(self, session: Session) -> None:
        """Whether there is one to open; the vault is asked only where there is a folder of them."""
        self.offered = None
        object_class = self.object_class

        async def look() -> None:
            from console.connector.snapshot_file import FOLDER

            if not (session.paths.state / FOLDER).is_dir():
                return
            snapshots = await session.snapshots
            info = await snapshots.info(object_class)
            if object_class == self.object_class:
                self.offered = info if info is not None and info.complete else None
                self._follow(snapshots.taking(object_class))
                self.show_state()

        self.work(look, group="snapshot-look", failed=lambda _: None)

    def do_snapshot(self) -> None:
        """Open the snapshot, take one, or see what it is."""
        session = self.session
        if session is None:
            return

        async def choose() -> None:
            from screens.screens.browse.snapshot import SnapshotScreen

            snapshots = await session.snapshots
            properties = await self._properties(session)
            screen = SnapshotScreen(snapshots, self.object_class, properties, in_use=self.snapshot is not None)
            answer = await self.app.push_screen_wait(screen)
            await self._do_snapshot(snapshots, properties, answer or "")

        self.work(choose, group="snapshot")

    async def _properties(self, session: Session) -> tuple[str, ...]:
        import asyncio

        from console.connector.browse import USUAL_COLUMNS
        from console.connector.snapshots import columns_to_keep
        from console.settings import views

        known = await asyncio.to_thread(views.load, session.paths)
        usual = (*USUAL_COLUMNS[self.object_class], *self.chosen_columns.get(self.object_class, ()))
        return columns_to_keep(known, self.object_class, usual)

    async def _do_snapshot(self, snapshots: Snapshots, properties: tuple[str, ...], answer: str) -> None:
        if answer == "open":
            self.enter_snapshot(await snapshots.open(self.object_class))
        elif answer == "live":
            self.go_live()
        elif answer in ("take", "fresh"):
            taking = snapshots.start(
                self.object_class, properties, fresh=answer == "fresh", ended=self._told(self.object_class)
            )
            self._follow(taking)
            self.show_state()
        elif answer == "stop":
            await snapshots.stop(self.object_class)
            self.show_state()
        elif answer == "remove":
            if self.snapshot is not None:
                self.go_live()
            await snapshots.remove(self.object_class)
            self.offered = None
            self.show_state()

    def _told(self, object_class: str) -> Callable[[Taking], object]:
        """How the end of a taking is said, whatever screen is shown by then."""
        app, noun = self.console, PLURALS[object_class]

        def tell(taking: Taking) -> None:
            if taking.info is not None:
                app.say(f"The snapshot of {words.counted(taking.info.records, object_class, noun)} is complete.")
            elif taking.error is not None:
                app.say(f"The snapshot of the {noun} is interrupted; it goes on from where it is.", severity="warning")
                app.trouble(taking.error)

        return tell

    def _follow(self, taking: Taking | None) -> None:
        if self._telling is not None:
            self._telling.stop()
            self._telling = None
        if taking is not None and taking.running:
            self._telling = self.set_interval(TELL_SECONDS, lambda: self._tell(taking))

    def _tell(self, taking: Taking) -> None:
        if not taking.running:
            self._follow(None)
            if taking.info is not None and taking.info.object_class == self.object_class:
                self.offered = taking.info
        self.show_state()

    def more_state(self) -> list[Content]:
        """A taking that is under way, or a snapshot that could be opened."""
        session = self.session
        snapshots = session.snapshots.value if session is not None else None
        taking = snapshots.taking(self.object_class) if snapshots is not None else None
        if taking is not None and taking.running:
            progress = taking.progress
            said = f"{words.short(progress.records)} of {words.short(progress.expected)}" if progress else "begins"
            left = f", {words.span(progress.seconds_left)} left" if progress and progress.seconds_left else ""
            return [row(("▶ ", "$primary"), ("taking a snapshot: ", "$muted"), (f"{said}{left}", ""))]
        if self.snapshot is None and self.offered is not None:
            return [row(("l", "$accent bold"), (f" snapshot, {age(self.offered.begun_at)} old", "$muted"))]
        return []
