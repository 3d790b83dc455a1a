"""What this terminal, line, vault and machine can do, and what to set."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from screens.keys import bindings
from screens.literal import row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from screens.app import HubspokeApp


class Finding(NamedTuple):
    """One thing that was looked at; `advice` "" when nothing needs to be done."""

    name: str
    fine: bool
    detail: str
    advice: str = ""


class DoctorScreen(ConsoleScreen[None]):
    """Findings, one below the other."""

    PLACE = "doctor"
    HEADING = "Doctor"
    BINDINGS = bindings("doctor")

    def body(self) -> ComposeResult:
        """The list."""
        with VerticalScroll(classes="panel fill") as box:
            box.border_title = "This terminal and machine"
            yield Line("", id="findings")

    def on_mount(self) -> None:
        """Look."""
        super().on_mount()
        self.work(self._look, group="doctor")

    async def _look(self) -> None:
        found = [*terminal_findings(self.console), *machine_findings(self.console)]
        self._show(found)
        self._show([*found, await vault_finding(self.console)])

    def _show(self, found: list[Finding]) -> None:
        self.query_one("#findings", Line).show(stack(*(part for finding in found for part in finding_rows(finding))))


def finding_rows(finding: Finding) -> list[Content]:
    """A finding, and its advice below."""
    sign, style = ("✓", "$success") if finding.fine else ("▲", "$warning")
    rows = [row((f"{sign} ", style), (f"{finding.name:<12}", "$muted"), (finding.detail, ""))]
    return [*rows, row(("  → ", "$accent"), (finding.advice, ""))] if finding.advice else rows


def terminal_findings(app: HubspokeApp) -> list[Finding]:
    """The terminal as the console sees it."""
    size = app.size
    small = size.width < 80 or size.height < 24
    colours = app.console.color_system or "none"
    found = [
        Finding("terminal", True, os.environ.get("TERM", "unknown")),
        Finding("size", not small, f"{size.width} x {size.height}", "80 x 24 shows everything." if small else ""),
        Finding(
            "colours",
            True,
            colours,
            "" if colours == "truecolor" else "For all colours: COLORTERM=truecolor, or SendEnv COLORTERM in ssh.",
        ),
    ]
    if app.link.slow:
        trip = f", {app.fence_round_trip * 1000:.0f} ms there and back" if app.fence_round_trip else ""
        fence = "one frame in flight" if app.fence_enabled else "the terminal does not answer, no frame fence"
        found.append(
            Finding("line", True, f"over SSH, {fence}{trip}", "ssh -C makes scrolling up to 45 times lighter.")
        )
    else:
        found.append(Finding("line", True, "local"))
    if os.environ.get("TMUX"):
        found.append(Finding("tmux", True, "inside tmux", "To copy from the console: set -g set-clipboard on"))
    return found


def machine_findings(app: HubspokeApp) -> list[Finding]:
    """Python and folders."""
    version = ".".join(map(str, sys.version_info[:3]))
    found = [Finding("python", True, version)]
    for name, path in (("config", app.paths.config), ("state", app.paths.state)):
        there = path if path.exists() else next(parent for parent in path.parents if parent.exists())
        fine = os.access(there, os.W_OK)
        found.append(Finding(name, fine, str(path), "" if fine else f"Mend its permissions, or use --{name} DIR."))
    proxies = [name for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY") if os.environ.get(name)]
    if proxies:
        advice = "It is not used silently: set httpProxyHost and httpProxyPort in the profile."
        found.append(Finding("proxy", False, f"the environment names one in {', '.join(proxies)}", advice))
    return found


async def vault_finding(app: HubspokeApp) -> Finding:
    """Where secrets live here."""
    try:
        if app.session is not None:
            vault = await app.session.vault
        else:
            from console.settings.chain import open_vault

            vault = await open_vault(app.paths)
        status = await asyncio.wait_for(vault.status(), 15)
    except Exception as error:  # noqa: BLE001 - a vault that fails is a finding, not a failure
        return Finding("vault", False, getattr(error, "message", type(error).__name__), getattr(error, "remedy", ""))
    return Finding("vault", status.ready, f"{status.label}: {status.detail or status.state}", status.remedy)
