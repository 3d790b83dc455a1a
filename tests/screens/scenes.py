"""Scenes of the screens around a connection: each a screen in one state, made of data that never changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, cast

import msgspec
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from console.bundle import Part
from console.connector.stages import STAGES, Stage
from console.connector.tryout import Opened
from console.doctor import Finding
from console.glance import HomeGlance, LastTest, Matter
from console.hubspot.requestfile import RequestFile, request_file
from console.hubspot.requestlog import RequestEntry
from console.journal.model import Plan, RunState
from console.provisioning.errors import PlanRefused
from console.settings.profile import Profile
from console.settings.profiles import Profiles
from console.settings.unfinished import Unfinished, save
from screens.literal import stack
from screens.standing import standing_of
from screens.widgets.panel import Line
from screens.widgets.stages import StageList
from tests.screens import plan_samples, samples
from tests.screens.sample_app import MAPPING, StillApp
from tests.screens.sample_session import Ready, SamplePlans

Prepare = Callable[[StillApp], None]
Act = Callable[[Pilot[Any]], Awaitable[None]]


class Scene(NamedTuple):
    """`before` the app runs; `act` once it stands."""

    before: Prepare | None = None
    act: Act | None = None


# ------------------------------------------------------------------- home


def _home(profile: Profile | None = samples.PROFILE, session: bool = True, **changes: Any) -> Scene:
    def before(app: StillApp) -> None:
        base: dict[str, Any] = {"profile": profile, "account": samples.ACCOUNT, "budget": samples.BUDGET, "runs": ()}
        app.glance = HomeGlance(**{**base, **changes})
        app.standing = standing_of(profile, app.glance.account, demo=False)
        app.active_runs = 0
        app.budget_state = app.glance.budget
        if not session:
            app.session = None

    return Scene(before)


def _unreachable(app: StillApp) -> None:
    _home(samples.PROFILE, session=False).before(app)  # type: ignore[misc]
    app.opening_failed = "No connection to api.hubapi.com within 5 seconds."


ATTENTION = (
    Matter("acceptSelfSignedCertificates is on: certificates that nobody vouches for are taken", "connector"),
    Matter("The last test of the connection failed at TLS: test it again.", "test"),
    Matter("Run r-20261121-5dq2 of people-to-contacts: 6 records need a decision.", "run_watch", "r-20261121-5dq2"),
    Matter("A guard holds plan p-20261121-7f3k of people-to-contacts: 14 clears where 5 are usual.", "diff", "p-1"),
    Matter("Mapping people-to-contacts: its source people.csv is not there.", "mapping_check"),
)
TESTED = LastTest(origin=samples.PROFILE.api_base_url, at=samples.NOW - 7200, state="pass")
UNSAFE = msgspec.structs.replace(samples.PROFILE, accept_self_signed_certificates=True, disable_host_name_verifier=True)

# ------------------------------------------------------------------- test

PASSED = [
    Stage(name=name, title=title, state="pass", detail=f"what was seen of {title.lower()}", milliseconds=12.0)
    for name, title in STAGES.items()
]
FAILED = [
    *PASSED[:3],
    Stage(
        name="tls",
        title="TLS",
        state="fail",
        detail="The certificate of api.hubapi.com is not valid for that name.",
        cause="It is for *.proxy.example: something on the way opens the connection and shows its own.",
        advice="Ask who runs the proxy for its authority's certificate, and name it as caFile.",
        milliseconds=31.0,
    ),
    *(Stage(name=name, title=title, state="skipped") for name, title in list(STAGES.items())[4:]),
]


def _stages(stages: list[Stage], running: bool = False) -> Act:
    async def act(pilot: Pilot[Any]) -> None:
        found = pilot.app.screen.query_one(StageList)
        found.stages, found.running, found.ended = list(stages), running, not running
        found.cursor = next((n for n, stage in enumerate(stages) if stage.state == "fail"), 0)
        found._show()
        found._look_at_cursor()

    return act


def _opens(module: str, name: str, *arguments: Any, then: Act | None = None) -> Act:
    async def act(pilot: Pilot[Any]) -> None:
        from importlib import import_module

        app = cast("StillApp", pilot.app)
        held, app.session = app.session, None if module == "connection" else app.session
        await app.push_screen(getattr(import_module(f"screens.screens.{module}"), name)(*arguments))
        await pilot.pause()
        app.session = held
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        if then is not None:
            await then(pilot)
        await pilot.pause()

    return act


def _keys(*keys: str) -> Act:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press(*keys)
        await pilot.pause()

    return act


# ------------------------------------------------------------------ setup


def _at(kind: str, place: int, typed: dict[str, str] | None = None, *, live: Opened | None = None) -> Act:
    async def act(pilot: Pilot[Any]) -> None:
        screen = cast("Any", pilot.app.screen)
        screen.state.kind = kind
        screen._show(place)
        await pilot.app.workers.wait_for_complete()
        for name, value in (typed or {}).items():
            field = screen.query_one(f"#{name}", Input)
            field.focus()
            field.value = value
            await pilot.pause()
        if getattr(screen.step, "_timer", None) is not None:
            screen.step._timer.stop()
        if live is not None:
            from screens.screens.setup.judging import opened_rows

            screen.query_one("#setup-live", Line).show(stack(*opened_rows(live, screen.step.content_size.width)))

    return act


def _tested(stages: list[Stage]) -> Act:
    async def act(pilot: Pilot[Any]) -> None:
        held, pilot.app.session = pilot.app.session, None  # type: ignore[attr-defined]
        await _at("token", 3)(pilot)
        pilot.app.session = held  # type: ignore[attr-defined]
        await _stages(stages)(pilot)

    return act


async def _source_read(pilot: Pilot[Any]) -> None:
    await _at("token", 4)(pilot)
    pilot.app.screen.query_one("#setup-source", Input).value = "people.csv"
    await pilot.press("enter")
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    told = "people.csv  csv, the first 2 rows looked at"  # not where the test's own folder is
    pilot.app.screen.query_one("#preview-head", Line).show(told)


def _mapped(place: int, text: str = "") -> Act:
    """The mapping step or the plan's; with a text in place of the suggestion, which is then checked."""

    async def act(pilot: Pilot[Any]) -> None:
        state = cast("Any", pilot.app.screen).state
        state.source, state.mapping = "people.csv", "people-to-contacts"
        await _at("token", place)(pilot)
        if text:
            await pilot.press("f6")
            editor = pilot.app.screen.query_one("#setup-mapping", TextArea)
            editor.text = text
            await pilot.press("ctrl+n")
            await pilot.pause()
            await pilot.app.workers.wait_for_complete()

    return act


class Maker(SamplePlans):
    """Makes a plan, or none."""

    def __init__(self, plan: Plan | None) -> None:
        super().__init__()
        self.plan = plan

    async def create(self, mapping: str, **rest: Any) -> Plan:
        if self.plan is None:
            raise PlanRefused(
                "The source changed while it was read.", remedy="Plan again when nobody writes to people.csv."
            )
        return self.plan


def _makes(plan: Plan | None) -> Prepare:
    def before(app: StillApp) -> None:
        cast("Any", app.session).plans = Ready(Maker(plan))

    return before


def _left(app: StillApp) -> None:
    save(app.paths, Unfinished(kind="token", step="Source", profile="acme", source="/srv/people.csv"))


# -------------------------------------------------------------------- log


def _requests(app: StillApp) -> None:
    file = RequestFile(request_file(app.paths), "acme")
    fates = (
        (200, ""),
        (201, ""),
        (429, "RateLimited"),
        (200, ""),
        (404, "NotFound"),
        (502, "ServerFault"),
        (None, "OutcomeUnknown"),
    )
    paths = ("contacts/batch/read", "contacts/batch/create", "contacts/{key}", "companies/search")
    for number in range(40):
        status, category = fates[number % len(fates)]
        entry = RequestEntry(
            at=samples.NOW - 60 + number,
            method="GET" if number % 4 == 2 else "POST",
            path=f"/crm/objects/2026-09/{paths[number % 4]}",
            status=status,
            milliseconds=80.0 + 7 * number,
            attempt=2 if number % 9 == 8 else 1,
            waited=3.0 * number,
            category=category,
            correlation_id=f"0193a7c2-{number:04d}",
            id=f"{0x5F3A00 + number:06x}",
        )
        file.add(entry)
    file.close()
    path = request_file(app.paths)
    lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    path.write_bytes(b"".join(msgspec.json.encode({**line, "pid": 4242}) + b"\n" for line in lines))


PARTS = [
    Part("README.txt", "what is in this bundle", b"A support bundle of Hubspoke. No secret is in it.\n"),
    Part("versions.json", "Hubspoke, Python, system, libraries", b'{\n  "hubspoke": "1.0",\n  "python": "3.11.7"\n}\n'),
    Part("doctor.json", "what doctor says", b"x" * 1200),
    Part("requests.jsonl", "the last requests: paths without values, statuses, times", b"x" * 48_000),
    Part("problems-with-values.jsonl", "the same entries with names, keys and values", b"x" * 900, personal=True),
]


async def _bundled(pilot: Pilot[Any]) -> None:
    screen = cast("Any", pilot.app.screen)
    from screens.screens.bundle import part_row
    from screens.widgets.paged_rows import PagedRows
    from screens.widgets.record_table import RecordTable

    screen._parts = PARTS
    screen.query_one(RecordTable).show(PagedRows.of(PARTS, part_row))
    screen.query_one("#bundle-told", Line).show(screen._told())
    screen._look_into()
    await pilot.press("down")


FINDINGS = [
    Finding("terminal", "ok", "tmux-256color"),
    Finding("size", "ok", "80 x 24"),
    Finding("encoding", "ok", "UTF-8"),
    Finding("colours", "ok", "256", "For 16 million, if your terminal has them: on the way here: ssh -o SendEnv=COLORTERM"),
    Finding("line", "ok", "over SSH, 182 ms there and back, one frame in flight", "ssh -C makes scrolling up to 45 times lighter; on this line it will be felt."),
    Finding("tmux", "ok", "inside tmux", "To copy from the console: set -g set-clipboard on"),
    Finding("python", "ok", "3.11.7, SQLite 3.40.1"),
    Finding("state", "warn", "/var/lib/hubspoke, 0.1 GB free", "Make room: the journal must never stop."),
    Finding("vault", "warn", "vault file: locked", "Unlock it with u on the Credentials screen."),
]  # fmt: skip


async def _examined(pilot: Pilot[Any]) -> None:
    screen = cast("Any", pilot.app.screen)
    screen._found = list(FINDINGS)
    screen._show()


def _profiles(app: StillApp) -> None:
    profiles = Profiles(app.paths)
    for name, title in (("acme", "Acme"), ("rehearsal", "Rehearsal account"), ("sandbox", "Sandbox")):
        profiles.save(msgspec.structs.replace(samples.PROFILE, name=name, display_name=title))
    profiles.use("acme")


class SampleSecrets:
    """One secret is there."""

    async def get(self, name: str) -> str | None:
        return "there" if name == "accessToken" else None

    def source(self, name: str) -> str:
        return "vault file"


def _secrets(app: StillApp) -> None:
    session = cast("Any", app.session)
    session.secrets = Ready(SampleSecrets())


def _field(name: str, value: str) -> Act:
    async def act(pilot: Pilot[Any]) -> None:
        field = pilot.app.screen.query_one(name, Input)
        field.focus()
        field.value = value
        await pilot.pause()

    return act


SETUP = ("setup.screen", "SetupScreen")
WRONG = MAPPING.replace("source.given_name", "source.given_nam").replace("correlate", "corelate")
LACKING = Opened(account="Acme Manufacturing 46123456, STANDARD, PRODUCTION, time zone x", lacking=("Write companies",))
GOOD = Opened(account="Acme Manufacturing 46123456, STANDARD, PRODUCTION, time zone x")
BAD = Opened(
    failed=Stage(
        name="credentials",
        title="Credentials",
        state="fail",
        detail="HubSpot does not take them.",
        advice="Copy the key once more: it may have been rotated or deleted since.",
    )
)
TOKEN = "pat-na1-12345678-abcd-4321-dcba-1234567890ab"
TYPED = {"setup-name": "production", "setup-token": TOKEN}

SCENES: dict[str, Scene] = {
    "home-no-profile": _home(
        None,
        session=False,
        account=None,
        budget=None,
        matters=(Matter("No profile yet: start the guided setup.", "setup"),),
    ),
    "home-no-runs": _home(tested=TESTED),
    "home-running": _home(runs=samples.RUNS, tested=TESTED),
    "home-attention": _home(runs=samples.RUNS[1:], matters=ATTENTION),
    "home-unreachable": Scene(_unreachable),
    "home-tls-off": _home(UNSAFE, runs=(samples.run("5dq2", RunState.DONE),), matters=ATTENTION[:1]),
    "setup-account": Scene(act=_opens(*SETUP)),
    "setup-token": Scene(act=_opens(*SETUP, then=_at("token", 1))),
    "setup-token-wrong": Scene(act=_opens(*SETUP, then=_at("token", 1, {"setup-token": "Bearer pat-na1-1234"}))),
    "setup-token-good": Scene(act=_opens(*SETUP, then=_at("token", 1, TYPED, live=GOOD))),
    "setup-token-lacking": Scene(act=_opens(*SETUP, then=_at("token", 1, TYPED, live=LACKING))),
    "setup-token-refused": Scene(act=_opens(*SETUP, then=_at("token", 1, TYPED, live=BAD))),
    "setup-oauth": Scene(act=_opens(*SETUP, then=_at("oauth", 1, {"setup-client": TOKEN}))),
    "setup-options": Scene(act=_opens(*SETUP, then=_at("token", 2))),
    "setup-test-passed": Scene(act=_opens(*SETUP, then=_tested(PASSED))),
    "setup-test-failed": Scene(act=_opens(*SETUP, then=_tested(FAILED))),
    "setup-source": Scene(act=_opens(*SETUP, then=_source_read)),
    "setup-mapping": Scene(act=_opens(*SETUP, then=_mapped(5))),
    "setup-mapping-wrong": Scene(act=_opens(*SETUP, then=_mapped(5, WRONG))),
    "setup-plan": Scene(_makes(plan_samples.FULL), _opens(*SETUP, then=_mapped(6))),
    "setup-plan-refused": Scene(_makes(None), _opens(*SETUP, then=_mapped(6))),
    "setup-resumed": Scene(_left, _opens(*SETUP)),
    "connector-wrong": Scene(act=_opens("connector", "ConnectorScreen", then=_field("#field-apiBaseUrl", "http://x"))),
    "connector-cost": Scene(act=_opens("connector", "ConnectorScreen", then=_field("#field-permitsPerSecond", "3"))),
    "test-running": Scene(act=_opens("connection", "ConnectionScreen", then=_stages(PASSED[:5], running=True))),
    "test-passed": Scene(act=_opens("connection", "ConnectionScreen", then=_stages(PASSED))),
    "test-failed": Scene(act=_opens("connection", "ConnectionScreen", then=_stages(FAILED))),
    "log-empty": Scene(act=_opens("log", "LogScreen")),
    "log": Scene(_requests, _opens("log", "LogScreen", then=_keys("up", "up"))),
    "log-filtered": Scene(_requests, _opens("log", "LogScreen", then=_field("#log-filter", "failed batch"))),
    "bundle": Scene(act=_opens("bundle", "BundleScreen", then=_bundled)),
    "doctor": Scene(act=_opens("doctor", "DoctorScreen", then=_examined)),
    "profiles": Scene(_profiles, _opens("profiles", "ProfilesScreen")),
    "profiles-none": Scene(act=_opens("profiles", "ProfilesScreen")),
    "credentials": Scene(_secrets, _opens("credentials", "CredentialsScreen")),
    "help-found": Scene(act=_opens("help", "HelpScreen", then=_field("#help-find", "undo"))),
}
"""Every one is pictured at 80x24 and at 140x40."""
