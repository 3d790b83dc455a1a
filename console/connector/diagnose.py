"""The connectivity test: the way to HubSpot stage by stage, each timed; a failure names its cause and what to do.

It works on settings that are not saved, keeps nothing, and writes nothing to HubSpot.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Literal

import msgspec

from console.connector import probe
from console.connector.allowance import describe_allowance
from console.connector.connector import bind_budget
from console.connector.probe import Problem, Streams, Way
from console.hubspot.auth import SecretStore
from console.hubspot.budget import MemoryStore, RateBudget, open_budget
from console.hubspot.errors import HubSpotError, MissingScopes, NotSent, Unauthorized
from console.hubspot.hubspot import HubSpot
from console.hubspot.model import AccountDetails
from console.hubspot.requestlog import RequestLog
from console.hubspot.secret import Secret
from console.hubspot.trust import checked_url, tls_context
from console.settings.errors import SettingsError
from console.settings.profile import Profile
from console.settings.profiles import checked
from console.settings.secrets import ACCESS_TOKEN, CLIENT_SECRET, PROXY_PASSWORD, REFRESH_TOKEN

State = Literal["pass", "warn", "fail", "skipped"]

STAGES = {
    "settings": "Settings",
    "name": "Name resolution",
    "connection": "Connection",
    "tls": "TLS",
    "credentials": "Credentials",
    "account": "Account",
    "contacts": "Read contacts",
    "companies": "Read companies",
    "allowance": "Allowance",
}


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One finished stage. `detail` is what was seen; `cause` and `advice` are for warnings and failures."""

    name: str
    title: str
    state: State
    detail: str = ""
    cause: str = ""
    advice: str = ""
    correlation_id: str = ""
    milliseconds: float | None = None


class _Said(msgspec.Struct, frozen=True):
    """What a stage that did not fail has to say."""

    detail: str
    state: State = "pass"
    cause: str = ""
    advice: str = ""


async def diagnose(
    profile: Profile, secrets: SecretStore, budget: RateBudget | None = None, *, log: RequestLog | None = None
) -> AsyncIterator[Stage]:
    """Every stage as it finishes, in order; those that a failed one leaves no ground for are skipped.

    `log` gets the requests that were sent, when the test ends.
    """
    test = _Test(profile, secrets, budget)
    try:
        async for stage in test.stages():
            yield stage
    finally:
        test.tell(log)
        await test.aclose()


class _Test:
    def __init__(self, profile: Profile, secrets: SecretStore, budget: RateBudget | None) -> None:
        self._profile, self._secrets = profile, secrets
        self._own_budget = budget is None
        self._budget = budget or open_budget(MemoryStore(), app=profile.name, portal=None, profile=profile)
        self._hubspot: HubSpot | None = None
        self._way: Way | None = None
        self._addresses: list[str] = []
        self._streams: Streams | None = None
        self._details: AccountDetails | HubSpotError | None = None
        self._details_took = 0.0

    async def stages(self) -> AsyncIterator[Stage]:
        steps: dict[str, Callable[[], Awaitable[_Said]]] = {
            "settings": self._settings,
            "name": self._name,
            "connection": self._connection,
            "tls": self._tls,
            "credentials": self._credentials,
            "account": self._account,
            "contacts": lambda: self._read("contacts"),
            "companies": lambda: self._read("companies"),
            "allowance": self._allowance,
        }
        blocked = False
        for name, step in steps.items():
            if blocked:
                yield Stage(name=name, title=STAGES[name], state="skipped")
                continue
            stage = await self._run(name, step)
            # reading contacts and companies are two rights: one does without the other
            blocked = stage.state == "fail" and name not in ("contacts", "companies")
            yield stage

    async def _run(self, name: str, step: Callable[[], Awaitable[_Said]]) -> Stage:
        began = time.monotonic()
        cause = advice = correlation = ""
        state: State = "fail"
        try:
            said = await step()
            state, detail, cause, advice = said.state, said.detail, said.cause, said.advice
        except Problem as problem:
            detail, cause, advice = problem.what, problem.cause, problem.advice
        except SettingsError as error:
            detail, advice = error.message, error.remedy
        except HubSpotError as error:
            detail, advice, correlation = error.message, error.advice, error.correlation_id
            cause = _cause(error)
        took = self._details_took if name == "account" else time.monotonic() - began
        if name == "credentials":
            took -= self._details_took
        return Stage(
            name=name,
            title=STAGES[name],
            state=state,
            detail=detail,
            cause=cause,
            advice=advice,
            correlation_id=correlation,
            milliseconds=round(max(0.0, took) * 1000, 1),
        )

    async def _settings(self) -> _Said:
        profile = checked(self._profile)
        parts = checked_url(profile.api_base_url)
        self._way = probe.way_of(profile, parts)
        if self._way.tls:
            await asyncio.to_thread(tls_context, profile)  # caFile must be readable
        needed = (ACCESS_TOKEN,) if profile.authentication == "token" else (CLIENT_SECRET, REFRESH_TOKEN)
        missing = [name for name in needed if not (await self._secrets.get(name) or "").strip()]
        if profile.authentication != "token" and not profile.client_id:
            raise Problem(
                "clientId is not set.",
                "The OAuth app's id is needed.",
                "Set clientId to the id on the app's Auth page.",
            )
        if missing:
            commands = " and ".join(f"hubspoke credentials set {name}" for name in missing)
            raise Problem(
                f"The vault has no {' and no '.join(missing)} for {profile.origin}.",
                "It was not entered yet, or it was entered for another apiBaseUrl: secrets belong to one.",
                f"Enter it here or with: {commands}",
            )
        return _Said(f"{profile.origin}, version {profile.api_version}, {profile.authentication}")

    async def _name(self) -> _Said:
        assert self._way is not None
        self._addresses = await _in_time(probe.resolve(self._way), f"No answer about the name {self._way.first[0]}")
        shown = ", ".join(self._addresses[:3])
        return _Said(f"{self._way.first[0]} is {shown}{' ...' if len(self._addresses) > 3 else ''}")

    async def _connection(self) -> _Said:
        assert self._way is not None
        self._streams = await probe.connect(self._way, self._addresses)
        if self._way.proxy and self._way.tls:
            password = Secret(await self._secrets.get(PROXY_PASSWORD) or "")
            await probe.tunnel(self._way, self._streams, self._profile.http_proxy_user, password)
        return _Said(self._way.words)

    async def _tls(self) -> _Said:
        assert self._way is not None
        assert self._streams is not None
        if not self._way.tls:
            return _Said("Plain http, to this machine only.", "skipped")
        secured = await probe.secure(self._way, self._streams, self._profile)
        detail = secured.version + (f", certificate by {secured.issuer}" if secured.issuer else "")
        if self._profile.accept_self_signed_certificates:
            cause = "acceptSelfSignedCertificates is on: anybody between could pose as HubSpot and read all."
            return _Said(detail, "warn", cause, "Put the authority's certificate into caFile and switch it off.")
        if self._profile.disable_host_name_verifier:
            cause = "disableHostNameVerifier is on: a certificate of another host is accepted."
            return _Said(detail, "warn", cause, "Switch it off unless you know why the names differ.")
        if secured.days_left is not None and secured.days_left < 14:
            return _Said(detail, "warn", f"The certificate runs out in {secured.days_left} days.", "Tell its owner.")
        return _Said(detail)

    async def _credentials(self) -> _Said:
        await self._hang_up()
        self._hubspot = HubSpot.open(self._profile, self._secrets, self._budget)
        await self._hubspot.client.tokens.token()
        began = time.monotonic()
        try:
            self._details = await self._hubspot.account.at("interactive").details()
        except Unauthorized:
            raise
        except HubSpotError as error:
            self._details = error  # the credentials are good; the next stage tells
        finally:
            self._details_took = time.monotonic() - began
        name = ACCESS_TOKEN if self._profile.authentication == "token" else REFRESH_TOKEN
        return _Said(f"{name} of the {self._secrets.source(name)} is good")

    async def _account(self) -> _Said:
        assert self._hubspot is not None
        if not isinstance(self._details, AccountDetails):
            raise self._details or NotSent("The account was not asked.")
        details = self._details
        await bind_budget(self._hubspot, details)
        kind = "STANDARD, PRODUCTION" if details.is_production else details.account_type
        name = f"{details.portal_name} " if details.portal_name else ""
        return _Said(f"{name}{details.portal_id}, {kind}, time zone {details.time_zone or 'unknown'}")

    async def _read(self, object_type: Literal["contacts", "companies"]) -> _Said:
        assert self._hubspot is not None
        page = await self._hubspot.objects(object_type).at("interactive").list(limit=1)
        return _Said(f"{object_type} can be read" if page.results else f"{object_type} can be read; there are none")

    async def _allowance(self) -> _Said:
        assert self._hubspot is not None
        usage = await self._hubspot.account.at("interactive").daily_usage()
        if usage is not None:
            self._budget.set_daily(usage.limit, usage.used)
        detail, cause, advice = describe_allowance(self._budget.snapshot(), self._profile)
        return _Said(detail, "warn" if cause else "pass", cause, advice)

    async def _hang_up(self) -> None:
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await streams[1].wait_closed()

    def tell(self, log: RequestLog | None) -> None:
        """Hand the requests over that were sent."""
        if log is not None and self._hubspot is not None:
            for entry in self._hubspot.log:
                log.add(entry)

    async def aclose(self) -> None:
        """Leave nothing open."""
        await self._hang_up()
        if self._hubspot is not None:
            await self._hubspot.aclose()
        if self._own_budget:
            await self._budget.aclose()


async def _in_time(work: Awaitable[list[str]], failure: str) -> list[str]:
    try:
        async with asyncio.timeout(probe.STEP_SECONDS):
            return await work
    except TimeoutError:
        raise Problem(
            f"{failure} within {probe.STEP_SECONDS:g} seconds.",
            "The name server of this machine does not answer.",
            "Check /etc/resolv.conf, or the network.",
        ) from None


def _cause(error: HubSpotError) -> str:
    if isinstance(error, MissingScopes) and error.scopes:
        return f"The credentials lack one of these scopes: {', '.join(error.scopes)}."
    if isinstance(error, Unauthorized):
        return "HubSpot does not accept the credentials."
    if isinstance(error, NotSent):
        return "The request did not reach HubSpot."
    return f"HubSpot answered {error.status}{f' ({error.category})' if error.category else ''}." if error.status else ""
