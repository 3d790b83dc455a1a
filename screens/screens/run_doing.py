"""What can be done about a run, from every screen that shows one: steer it, and see or take back what it did."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from console.journal.model import RunProgress, RunState
from console.provisioning.run_note import RESUMABLE, RETRIABLE, after_canary, can_undo, has_dead_letters
from screens import words
from screens.screens.reading import Reading

if TYPE_CHECKING:
    from console.session import Session

RESTING = RESUMABLE | {RunState.DONE, RunState.CANCELLED}


class RunDoing(Reading):
    """A screen with a run in it; `run` is the one that is meant."""

    _asked = ""

    @property
    @abstractmethod
    def run(self) -> RunProgress | None:
        """The run, None where there is none."""

    @property
    def is_resting(self) -> bool:
        """Whether nobody writes it at this moment."""
        run = self.run
        return run is not None and (run.state in RESTING or run.interrupted)

    def offers(self, action: str) -> bool:
        """What makes sense about this run now."""
        run = self.run
        match action:
            case "report" | "receipt":
                return run is not None
            case "dead_letters":
                return run is not None and has_dead_letters(run)
            case "run_undo":
                return run is not None and can_undo(run)
            case "run_pause":
                return run is not None and run.state is RunState.RUNNING and not run.interrupted
            case "run_resume":
                return run is not None and (run.state in RESUMABLE or run.interrupted)
            case "run_cancel":
                return run is not None and run.state not in (RunState.DONE, RunState.CANCELLED)
            case "run_retry":
                return run is not None and self.is_resting and _retriable(run) > 0
        return super().offers(action)

    def forget_command(self) -> None:
        """The run moved: the same command may be given again."""
        self._asked = ""

    def command_given(self) -> None:
        """A command was left in the journal, or a runner was started."""

    # ---- steering

    def do_run_pause(self) -> None:
        """Finish what is under way, then wait."""
        self._command("pause", "Pausing: what is in flight is finished first, nothing new is sent.")

    def do_run_resume(self) -> None:
        """Go on."""
        run = self.run
        if run is None:
            return
        waiting = run.states.get("planned", 0) + run.states.get("inflight", 0)
        said = {
            RunState.APPROVED: "Starting the runner.",
            RunState.QUARANTINED: "Trying again at once.",
        }.get(run.state, f"Going on with the {words.counted(waiting, 'record')} that wait.")
        self._command("resume", "The first ones were looked at. " + said if after_canary(run) else said)

    def do_run_cancel(self) -> None:
        """Stop for good, after a question."""
        from screens.screens.dialogs import Confirm

        def answered(yes: bool | None) -> None:
            if yes:
                self._command("cancel", "Cancelling: what is in flight is finished and recorded, the rest is not sent.")

        text = "What is under way is finished and recorded; the rest is not sent. A cancelled run cannot go on."
        self.app.push_screen(Confirm("Cancel this run?", text, "Cancel the run", "Let it go on"), answered)

    def _command(self, command: str, said: str) -> None:
        session, run = self.session, self.run
        if session is None or run is None or self._asked == command:
            return
        self._asked = command
        run_id = run.id

        async def give() -> None:
            runs = await session.runs
            await getattr(runs, command)(run_id)
            self.console.say(said)
            self.command_given()

        self.work(give, group="command", failed=self._refused)

    def do_run_retry(self) -> None:
        """Send what failed once more, and look up what is uncertain."""
        session, run = self.session, self.run
        if session is not None and run is not None and self._asked != "retry":
            self._asked = "retry"
            self.work(lambda: self._retry(session, run), group="command", failed=self._refused)

    async def _retry(self, session: Session, run: RunProgress) -> None:
        many = await retry(session, run.id)
        self.console.say(f"{words.counted(many, 'entry', 'entries')} tried again, as approved.")
        self.command_given()

    def _refused(self, error: BaseException) -> None:
        self._asked = ""
        self.console.trouble(error)

    # ---- looking at it

    def do_report(self) -> None:
        """What it did, in full."""
        if self.run is not None:
            from screens.screens.report import ReportScreen

            self.app.push_screen(ReportScreen(self.run.id))

    def do_receipt(self) -> None:
        """Who approved what, and what came of it, on one page."""
        if self.run is not None:
            from screens.screens.receipt import ReceiptScreen

            self.app.push_screen(ReceiptScreen(self.run.id))

    def do_dead_letters(self) -> None:
        """What it left behind."""
        if self.run is not None:
            from screens.screens.dead_letters import DeadLettersScreen

            self.app.push_screen(DeadLettersScreen(self.run.id))

    def do_run_undo(self) -> None:
        """A plan that takes it back; nothing is written by it."""
        if self.run is not None:
            from screens.screens.undo import UndoScreen

            self.app.push_screen(UndoScreen(self.run.id))


async def retry(session: Session, run_id: str, numbers: tuple[int, ...] = ()) -> int:
    """Reopen failed entries and start the runner; how many they are."""
    await session.account  # a runner that cannot reach HubSpot should be told of here, not found out later
    runs = await session.runs
    many = await runs.retry(run_id, numbers)
    await runs.start(run_id)
    return many


def _retriable(run: RunProgress) -> int:
    return sum(run.states.get(name, 0) for name in RETRIABLE) if run.state is not RunState.CANCELLED else 0
