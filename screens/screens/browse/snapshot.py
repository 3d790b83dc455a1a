"""The dialog of the snapshot: what there is, how old it is, what a new one costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from screens import theme, words
from screens.literal import literal, row, stack
from screens.screens.browse.asking import age
from screens.screens.browse.showing import PLURALS
from screens.terminal.survive import SurvivingModal
from screens.widgets.choices import Choice, Choices
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.connector.snapshot import SnapshotInfo
    from console.connector.snapshots import SnapshotCost, Snapshots


class SnapshotScreen(SurvivingModal["str | None"]):
    """Answers open, live, take, fresh, stop or remove."""

    CSS_PATH = theme.sheets("widgets", "browse")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "Cancel")]
    AUTO_FOCUS = "Choices"

    def __init__(self, snapshots: Snapshots, object_class: str, properties: tuple[str, ...], *, in_use: bool) -> None:
        super().__init__()
        self._snapshots = snapshots
        self._class = object_class
        self._properties = properties
        self._in_use = in_use

    def compose(self) -> ComposeResult:
        """What there is, what it costs, what can be done."""
        with Vertical(classes="dialog panel browse-dialog") as box:
            box.border_title = literal(f"Snapshot of the {PLURALS[self._class]}")
            yield Line("", id="snapshot-present")
            yield Line("Asking HubSpot what a new one would cost …", id="snapshot-cost")
            yield Choices(id="snapshot-choices", empty="")
            yield Line(
                row((" ⏎ ", "$accent bold"), ("choose", "$muted"), ("  esc ", "$accent bold"), ("cancel", "$muted")),
                classes="dialog-keys",
            )

    def on_mount(self) -> None:
        """Look, then ask."""
        self.run_worker(self._look(), exit_on_error=False)

    async def _look(self) -> None:
        present = None
        try:
            present = await self._snapshots.info(self._class)
            self.query_one("#snapshot-present", Line).show(self._of(present))
        except Exception as error:  # noqa: BLE001 - a snapshot that cannot be read is said, and can be taken anew
            self.query_one("#snapshot-present", Line).show(literal(f"✗ {_said(error)}", "$error", limit=300))
        taking = self._snapshots.taking(self._class)
        if taking is not None and taking.running:
            self.query_one("#snapshot-cost", Line).show(literal("A new one is being taken.", "$primary"))
            self._offer(present, None, running=True)
            return
        self._offer(present, None, running=False)
        try:
            cost = await self._snapshots.cost(self._class, self._properties)
        except Exception as error:  # noqa: BLE001 - without HubSpot the one that is there can still be opened
            text = stack(
                literal(f"✗ {_said(error)}", "$warning", limit=300), literal("Now no new one can be taken.", "$muted")
            )
            self.query_one("#snapshot-cost", Line).show(text)
            return
        self.query_one("#snapshot-cost", Line).show(self._costs(cost))
        self._offer(present, cost, running=False)

    def _of(self, info: SnapshotInfo | None) -> Content:
        noun = PLURALS[self._class]
        if info is None:
            return literal(f"There is none yet. It would hold all {noun}, to search, filter and sort at once.", "")
        count = row((words.number(info.records), "bold"), (f" {noun}, ", ""), (f"{age(info.begun_at)} old", "bold"))
        if not info.complete:
            of = f" of {words.number(info.expected)}" if info.expected else ""
            return row(("‖ ", "$warning"), ("interrupted at ", ""), (f"{words.number(info.records)}{of}", "bold"))
        size = f", {info.size / 1e6:,.1f} MB, {'sealed' if info.sealed else 'not sealed'}"
        return row(("◆ ", "$secondary bold"), count, (size, "$muted"))

    def _costs(self, cost: SnapshotCost) -> Content:
        left = f" of {words.number(cost.daily_left)} left today" if cost.daily_left is not None else ""
        known = f" ({words.number(cost.resumes)} are here already)" if cost.resumes else ""
        lines = [
            row(
                ("A new one: ", "$muted"), (f"{words.number(cost.records)} {PLURALS[self._class]}", "bold"), (known, ""),
            ),
            row(
                (f"{words.number(cost.requests)} requests", "bold"), (left, "$muted"),
                (", about ", "$muted"), (words.span(cost.seconds), "bold"),
                (", beside your work.", "$muted"),
            ),
            literal(f"With {', '.join(cost.properties)}.", "$muted", limit=400),
        ]  # fmt: skip
        if not cost.sealed:
            lines.append(literal("▲ There is no vault to seal it with: 0600 is all that guards it.", "$warning"))
        return stack(*lines)

    def _offer(self, info: SnapshotInfo | None, cost: SnapshotCost | None, *, running: bool) -> None:
        choices: list[Choice] = []
        if self._in_use:
            choices.append(Choice("live", "Back to live"))
        elif info is not None and info.complete:
            choices.append(Choice("open", "Open it"))
        if running:
            choices.append(Choice("stop", "Stop taking", "What is read is kept; the next time it goes on there."))
        if cost is not None and cost.resumes:
            choices += [Choice("take", "Go on taking it"), Choice("fresh", "Begin anew")]
        elif cost is not None:
            choices.append(Choice("take", "Take a new one" if info is not None else "Take it"))
        if info is not None and not running:
            choices.append(Choice("remove", "Remove it"))
        self.query_one(Choices).offer(choices)

    def on_choices_picked(self, message: Choices.Picked) -> None:
        """Do it."""
        self.dismiss(message.choice.value)

    def action_give_up(self) -> None:
        """Nothing."""
        self.dismiss(None)


def _said(error: BaseException) -> str:
    said = getattr(error, "message", "")
    return said if isinstance(said, str) and said else "That did not work."
