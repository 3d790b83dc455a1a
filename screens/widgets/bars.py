"""The first line (where am I, whose data is this), the gauges, and the line of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.events import Click
from textual.widget import Widget

from screens.literal import literal, row
from screens.terminal.relaid import Relaid
from screens.widgets.gauges import gauge_line
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from screens.app import HubspokeApp
    from screens.standing import Standing

PLACES = {"app.perform('back')": 0, "app.perform('help')": 2, "app.perform('quit')": 3}
"""Where in the line of keys: the way back first, help and the way out last."""


class TopBar(Widget):
    """Brand and screen on the left; portal name, id, kind, profile and warnings on the right."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._shown = Content("")

    def renew(self) -> None:
        """Paint it where it says something else than what is shown."""
        if not self._line().is_same(self._shown):
            self.refresh()

    def retitle(self, title: str) -> None:
        """Name the screen anew."""
        if title != self._title:
            self._title = title
            self.refresh()

    def render(self) -> Content:
        """One line."""
        self._shown = self._line()
        return self._shown

    def _line(self) -> Content:
        """As much as fits; warnings and the kind of portal are never dropped."""
        standing = cast("HubspokeApp", self.app).standing
        width = self.size.width
        left = row(("  hubspoke", "$bar-accent bold"), ("  ", ""), (self._title, "$bar-foreground"))
        for right in _rights(standing):
            if left.cell_length + right.cell_length + 3 <= width:
                break
        space = max(1, width - left.cell_length - right.cell_length - 1)
        if left.cell_length + right.cell_length + 2 > width:
            left = left.truncate(max(0, width - right.cell_length - 3), ellipsis=True)
            space = max(1, width - left.cell_length - right.cell_length - 1)
        return Content("").join([left, literal(" " * space), right, literal(" ")])


def _rights(standing: Standing) -> list[Content]:
    """Ever shorter versions of the right side."""
    badges = [*standing.warnings, *([standing.kind] if standing.kind else [])]
    marks = [literal(f" {badge.glyph} {badge.word} ", badge.style) for badge in badges]
    gap = literal(" ")
    name = literal(standing.portal_name, "$bar-foreground bold", limit=28)
    profile = literal(standing.profile, "$bar-muted", limit=20)
    number = literal(standing.number, "$bar-foreground")
    dot = literal(" · ", "$bar-muted")
    shown = [part for part in (name, number) if part.plain]
    versions = [
        [dot.join([*([profile] if profile.plain else []), *shown]), *marks],
        [dot.join(shown), *marks],
        [
            dot.join(
                [
                    part
                    for part in (literal(standing.portal_name, "$bar-foreground bold", limit=12), number)
                    if part.plain
                ]
            ),
            *marks,
        ],
        [number, *marks],
        marks,
    ]
    return [gap.join([part for part in parts if part.plain]) for parts in versions]


class GaugeBar(Line):
    """The allowance while anything uses it."""

    def on_mount(self) -> None:
        """Start with what the app knows."""
        self.renew()

    def renew(self) -> None:
        """Show the app's newest state of the budget."""
        app = cast("HubspokeApp", self.app)
        self.display = app.gauges_up
        if app.gauges_up:
            self.show(gauge_line(app.budget_state, self.size.width or app.size.width))


class KeyBar(Relaid, Widget):
    """The keys that work here, each with its word; two rows where one is too short."""

    def __init__(self) -> None:
        super().__init__()
        self._spots: list[tuple[int, int, int, str]] = []
        self._keys: list[tuple[str, str, str]] = []

    def on_mount(self) -> None:
        """Follow the screen's bindings."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.renew())
        self.renew()

    def renew(self) -> None:
        """Ask anew which keys work; under a dialog the line stays as it was."""
        if self.app.screen is self.screen:  # `is_current` is true below a dialog, too
            keys = self._working()
            if keys != self._keys:
                self._keys = keys
                self.refresh(layout=True)

    def on_resize(self) -> None:
        """Wrap anew."""
        self.refresh(layout=True)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:  # noqa: ARG002 - Textual's signature
        """One row, or as many as the keys take."""
        return max(1, len(self._wrapped(width)))

    def render(self) -> Content:
        """The keys."""
        rows = []
        self._spots = []
        for y, keys in enumerate(self._wrapped(self.size.width)):
            parts, x = [], 0
            for display, label, action in keys:
                part = row((f" {display}", "$accent bold"), (f" {label} ", "$muted"))
                self._spots.append((y, x, x + part.cell_length, action))
                x += part.cell_length
                parts.append(part)
            rows.append(Content("").join(parts))
        return Content("\n").join(rows)

    def _wrapped(self, width: int) -> list[list[tuple[str, str, str]]]:
        rows: list[list[tuple[str, str, str]]] = [[]]
        used = 0
        for display, label, action in self._keys:
            length = len(display) + len(label) + 3
            if used + length > width and rows[-1]:
                rows.append([])
                used = 0
            rows[-1].append((display, label, action))
            used += length
        return rows

    def _working(self) -> list[tuple[str, str, str]]:
        found: dict[str, tuple[str, str, str]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled and binding.description:
                display = binding.key_display or self.app.get_key_display(binding)
                found.setdefault(binding.action, (display, binding.description, binding.action))
        return sorted(found.values(), key=lambda key: PLACES.get(key[2], 1))

    async def on_click(self, event: Click) -> None:
        """A key can be clicked, too."""
        for y, start, end, action in self._spots:
            if event.y == y and start <= event.x < end:
                await self.screen.run_action(action)
                return
