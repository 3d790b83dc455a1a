"""How the gateway, its clients, its feed and its requests are shown."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.content import Content

from screens import words
from screens.literal import literal, row, stack
from screens.widgets.paged_rows import Row

if TYPE_CHECKING:
    from console.gateway.live import Served
    from console.gateway.settings import Client
    from console.gateway.status import FeedStatus, Status
    from console.journal.model import RunProgress

START = "hubspoke gateway"
SIGNS_IN = {"basic": "password", "bearer": "bearer token", "apiKey": "API key", "mtls": "certificate"}
_RIGHTS_SHORT = (("scim:read", "scim:write", "scim"), ("system:read", "system:write", "system"),
                 ("config:read", "config:write", "config"))  # fmt: skip


def state(status: Status | None, *, known: bool) -> Content:
    """Two or three lines: whether it runs, where, and since when."""
    if not known:
        return literal("Reading …", "$muted")
    if status is None:
        return stack(
            row(("○ not running", "$muted bold"), ("   What identity servers push is refused meanwhile.", "$muted")),
            row(("Start it in a shell, or by systemd: ", "$muted"), (START, "$accent"), ("   y copies that", "$muted")),
        )
    serving = status.state == "serving"
    sign = ("● serving", "$success bold") if serving else ("◌ stopping", "$warning bold")
    average = f"{status.seconds / status.requests * 1000:.0f} ms each" if status.requests else "none yet"
    first = row(
        sign, ("   ", ""), (status.url, "bold"), (f"   profile {status.profile}", "$muted"),
        (f"   since {words.ago(status.started_at).removesuffix(' ago')}", "$muted"),
    )  # fmt: skip
    second = row(
        (f"{words.number(status.requests)} requests", ""), (f"   {average}   ", "$muted"),
        (f"{status.under_way} under way", "" if status.under_way else "$muted"),
        (f"   process {status.pid} of {status.user}@{status.host}", "$muted"),
    )  # fmt: skip
    return stack(first, second, certificate(status))


def certificate(status: Status) -> Content:
    """The fingerprint, or that there is none."""
    if not status.certificate:
        return row(("TLS is off", "$warning"), (": plain HTTP, on this machine only", "$muted"))
    return row(("SHA-256 ", "$muted"), (status.certificate.replace(":", ""), ""))


def client_row(client: Client) -> Row:
    """One client as a line."""
    pushes = "scim:write" in client.rights
    answers = "after HubSpot" if client.blocking else "at once"
    mapping = client.mapping or ("kept here only" if pushes else "-")
    name, signs = client.name, SIGNS_IN[client.auth]
    return Row((name, signs, rights(client), mapping, answers if pushes else "-", client.scope))


def rights(client: Client) -> str:
    """Rights in few words: scim, system read, recon."""
    left, said = set(client.rights), []
    for read, write, short in _RIGHTS_SHORT:
        if {read, write} <= left:
            said.append(short)
        else:
            said += [f"{short} {right.partition(':')[2]}" for right in (read, write) if right in left]
        left -= {read, write}
    return ", ".join([*said, *sorted(left)]) or "none"


def feed_line(feed: FeedStatus) -> Content:
    """One mapping: what waits, since when, and why it stands still."""
    if feed.message:
        sign, word = ("✗", "$error"), "stands still"
    elif feed.behind_since:
        sign, word = ("◐", "$primary"), "under way"
    else:
        sign, word = ("✓", "$success"), "all is in HubSpot"
    behind = f", oldest {words.span(max(0.0, words.clock() - feed.behind_since))}" if feed.behind_since else ""
    waiting = f"{words.number(feed.waiting)} waiting{behind}" if feed.waiting or behind else ""
    line = row(
        sign, (" ", ""), (feed.mapping, "bold"), (f"  {word}", sign[1]), (f"  {waiting}" if waiting else "", ""),
        (f"  {words.number(feed.done)} done", "$muted"),
        (f"  {words.number(feed.failed)} failed" if feed.failed else "", "$error"),
    )  # fmt: skip
    return stack(line, row(("  → ", "$accent"), (feed.message, ""))) if feed.message else line


def letters_line(runs: list[RunProgress], count: int) -> Content:
    """What runs of the clients' mappings left behind."""
    which = words.counted(count, "dead letter")
    where = f"in {words.counted(len(runs), 'run')}" if len(runs) != 1 else f"in {runs[0].id}"
    return row(("✗ ", "$error"), (f"{which} {where}", ""), ("   d ", "$accent bold"), ("looks at them", "$muted"))


def feed(status: Status | None, mappings: list[str], runs: list[RunProgress], count: int) -> Content:
    """Every mapping's way to HubSpot, and what was left behind."""
    lines: list[Content] = []
    if status is not None:
        lines += [feed_line(one) for one in status.feeds]
        if not status.feeds:
            lines.append(literal("No client has a mapping: people are kept here, and nobody is provisioned.", "$muted"))
    elif mappings:
        lines.append(row(("○ ", "$muted"), (", ".join(mappings), ""), ("  goes on when the gateway runs", "$muted")))
    if count:
        lines.append(letters_line(runs, count))
    return stack(*lines) if lines else literal("")


def request_row(served: Served) -> Row:
    """One request as a line."""
    return Row(
        (
            time.strftime("%H:%M:%S", time.localtime(served.at)),
            served.client or served.address,
            served.method,
            served.path,
            str(served.status or "-"),
            f"{served.milliseconds:.0f}",
            served.note,
        ),
        tone(served),
    )


def tone(served: Served) -> str:
    """Errors of ours stand out most; what was refused is a warning."""
    if served.status >= 500 or not served.status:
        return "error"
    return "warning" if served.status >= 400 else ""
