"""The connectivity test: the way to HubSpot stage by stage, each timed; a failure names its cause and what to do.

It works on settings that are not saved, keeps nothing, and writes nothing to HubSpot.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from console.connector import probe
from console.connector.acceptance import reach
from console.connector.errors import icf_class
from console.connector.probe import Streams, Way
from console.connector.remote import as_remote, open_remote
from console.connector.stages import RIGHTS, STAGES, Problem, Said, Stage, State
from console.connector.stages_account import AccountStages
from console.connector.stages_tls import tls_stage
from console.hubspot.auth import SecretStore
from console.hubspot.budget import MemoryStore, RateBudget, open_budget
from console.hubspot.errors import (
    DailyLimitReached,
    HubSpotError,
    Migrating,
    MissingScopes,
    NotSent,
    OutcomeUnknown,
    Unauthorized,
)
from console.hubspot.hubspot import HubSpot
from console.hubspot.model import AccountDetails
from console.hubspot.requestlog import RequestLog
from console.hubspot.trust import checked_url, tls_context
from console.settings.errors import SettingsError
from console.settings.profile import Profile
from console.settings.profiles import checked
from console.settings.secrets import ACCESS_TOKEN, CLIENT_SECRET, REFRESH_TOKEN

__all__ = ["STAGES", "Stage", "State", "diagnose"]

# after one of these the next stage would only say the same again, after as long a wait
_ENDS = (NotSent, OutcomeUnknown, Unauthorized, DailyLimitReached, Migrating)
_GROUND = ("settings", "name", "connection", "tls", "credentials", "account")
"""What every other stage stands on."""
_ICF_ERRORS = {"settings": "Configuration", "credentials": "InvalidCredential"} | dict.fromkeys(
    RIGHTS, "PermissionDenied"
)


async def diagnose(
    profile: Profile,
    secrets: SecretStore,
    budget: RateBudget | Awaitable[RateBudget] | None = None,
    *,
    log: RequestLog | None = None,
    only: str = "",
) -> AsyncIterator[Stage]:
    """Every stage as it finishes, in order; those that a failed one leaves no ground for are skipped.

    `only` names one stage: then the way there and that stage are tried, and no other.

    `budget` may be one that is still to be opened: that waits until a request is about to be sent. `log` gets the
    requests that were sent, when the test ends.
    """
    test = _Test(profile, secrets, budget, only)
    try:
        async for stage in test.stages():
            yield stage
    finally:
        test.tell(log)
        await test.aclose()


class _Test:
    def __init__(
        self,
        profile: Profile,
        secrets: SecretStore,
        budget: RateBudget | Awaitable[RateBudget] | None,
        only: str = "",
    ) -> None:
        self._profile, self._secrets = as_remote(profile), secrets
        self._wanted = _wanted(only)
        self._given_budget = budget
        self._own_budget: RateBudget | None = None
        self._hubspot: HubSpot | None = None
        self._asking: AccountStages | None = None
        self._way: Way | None = None
        self._addresses: list[str] = []
        self._streams: Streams | None = None
        self._details: AccountDetails | HubSpotError | None = None
        self._details_took = 0.0
        self._details_correlation = ""
        self._over = False
        allowed = profile.icf.timeout("TEST")
        self._deadline = None if allowed is None else asyncio.get_running_loop().time() + allowed

    async def stages(self) -> AsyncIterator[Stage]:
        first: dict[str, Callable[[], Awaitable[Said]]] = {
            "settings": self._settings,
            "name": self._name,
            "connection": self._connection,
            "tls": self._tls,
            "credentials": self._credentials,
            "account": self._account,
        }
        for name in self._wanted:
            if self._over:
                yield Stage(name=name, title=STAGES[name], state="skipped")
                continue
            stage = await self._run(name, first.get(name) or self._ask.steps()[name])
            self._over = self._over or (stage.state == "fail" and name not in RIGHTS)
            yield stage

    @property
    def _ask(self) -> AccountStages:
        assert self._asking is not None
        return self._asking

    async def _run(self, name: str, step: Callable[[], Awaitable[Said]]) -> Stage:
        began, requests = time.monotonic(), self._requests
        said: Said | Problem
        correlation = ""
        limit = asyncio.timeout_at(self._deadline)
        try:
            async with limit:
                said = await step()
            if self._requests > requests and self._hubspot is not None:
                correlation = self._hubspot.log.entries()[-1].correlation_id
        except Problem as problem:
            said = problem
        except SettingsError as error:
            said = Problem(error.message, "", error.remedy, icf_error="Configuration")
        except HubSpotError as error:
            said, correlation = _told(error), error.correlation_id
            self._over = isinstance(error, _ENDS)
        except TimeoutError:
            if not limit.expired():
                raise
            said, self._over = _too_long(self._profile), True
        took = time.monotonic() - began
        if name == "account":
            took, correlation = self._details_took, correlation or self._details_correlation
        elif name == "credentials":
            took -= self._details_took
        stage = Stage(
            name=name,
            title=STAGES[name],
            state="pass",
            cause=said.cause,
            advice=said.advice,
            correlation_id=correlation,
            milliseconds=round(max(0.0, took) * 1000, 1),
            certificate=said.certificate,
        )
        if isinstance(said, Said):
            return msgspec.structs.replace(stage, state=said.state, detail=said.detail)
        return msgspec.structs.replace(
            stage,
            state="fail",
            detail=said.what,
            acceptable=said.acceptable,
            icf_error=said.icf_error or _ICF_ERRORS.get(name, "ConnectionFailed"),
        )

    @property
    def _requests(self) -> int:
        return self._hubspot.log.requests if self._hubspot is not None else 0

    async def _settings(self) -> Said:
        profile = checked(self._profile)
        if not profile.enabled:
            raise Problem(
                f"The profile {profile.name} is switched off.",
                "enabled is false, which stops every request of it.",
                f"Switch it on: hubspoke --profile {profile.name} profile set enabled=true",
            )
        if profile.icf.denied("TEST"):
            raise Problem(
                "The operation TEST is configured to be denied.",
                "operationOptions of the imported provisioner file says so.",
                "Allow it there and import the file again.",
                icf_error="PermissionDenied",
            )
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
        return Said(f"{profile.origin}, version {profile.api_version}, {profile.authentication}")

    async def _name(self) -> Said:
        assert self._way is not None
        self._addresses = await _in_time(probe.resolve(self._way), f"No answer about the name {self._way.first[0]}")
        shown = ", ".join(self._addresses[:3])
        return Said(f"{self._way.first[0]} is {shown}{' ...' if len(self._addresses) > 3 else ''}")

    async def _connection(self) -> Said:
        assert self._way is not None
        self._streams = await self._reach()
        return Said(self._way.words)

    async def _reach(self) -> Streams:
        assert self._way is not None
        return await reach(self._profile, self._secrets, self._way, self._addresses)

    async def _tls(self) -> Said:
        assert self._way is not None
        assert self._streams is not None
        if not self._way.tls:
            return Said("Plain http, to this machine only.", "skipped")
        return await tls_stage(self._profile, self._way, self._streams, self._reach)

    async def _credentials(self) -> Said:
        await self._hang_up()
        budget = await self._budget()
        open_it = open_remote if self._profile.remote_url else HubSpot.open
        self._hubspot = open_it(self._profile, self._secrets, budget)
        self._asking = AccountStages(self._hubspot, self._profile, budget)
        await self._hubspot.client.tokens.token()
        began = time.monotonic()
        try:
            self._details = await self._hubspot.account.at("interactive").details()
            self._details_correlation = self._hubspot.log.entries()[-1].correlation_id
        except Unauthorized:
            raise
        except HubSpotError as error:
            self._details = error  # the credentials are good; the stage of the account tells
        finally:
            self._details_took = time.monotonic() - began
        name = ACCESS_TOKEN if self._profile.authentication == "token" else REFRESH_TOKEN
        return Said(f"{name} of the {self._secrets.source(name)} is good")

    async def _budget(self) -> RateBudget:
        given = self._given_budget
        if given is None:
            self._own_budget = open_budget(MemoryStore(), app=self._profile.name, portal=None, profile=self._profile)
            return self._own_budget
        return given if isinstance(given, RateBudget) else await given

    async def _account(self) -> Said:
        if not isinstance(self._details, AccountDetails):
            raise self._details or NotSent("The account was not asked.")
        return await self._ask.account(self._details)

    async def _hang_up(self) -> None:
        streams, self._streams = self._streams, None
        if streams is not None:
            await probe.hang_up(streams)

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
        if self._own_budget is not None:
            await self._own_budget.aclose()


def _wanted(only: str) -> tuple[str, ...]:
    """The stages to be tried: all, or the one that is asked for with those that it stands on."""
    if only not in STAGES:
        return tuple(STAGES)
    needed = {*_GROUND, only, *(("contactProperties", "companyProperties") if only == "schema" else ())}
    return tuple(name for name in STAGES if name in needed)


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


def _told(error: HubSpotError) -> Problem:
    return Problem(error.message, _cause(error), error.advice, icf_error=icf_class(error).name)


def _too_long(profile: Profile) -> Problem:
    return Problem(
        f"The test took longer than {profile.icf.timeout('TEST'):g} seconds.",
        "operationTimeout of the imported provisioner file allows TEST no more.",
        "Try again; if it lasts, give TEST more milliseconds there and import the file again.",
        icf_error="OperationTimeout",
    )


def _cause(error: HubSpotError) -> str:
    if isinstance(error, MissingScopes) and error.scopes:
        return f"The credentials lack one of these scopes: {', '.join(error.scopes)}."
    if isinstance(error, Unauthorized):
        return "HubSpot does not accept the credentials."
    if isinstance(error, NotSent):
        return "The request did not reach HubSpot."
    return f"HubSpot answered {error.status}{f' ({error.category})' if error.category else ''}." if error.status else ""
