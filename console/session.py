"""Session: opens and closes a profile, and holds its services.

Opening is cheap: the profile file is read and nothing else. A service is made when it is first
awaited, with everything that it needs:

    async with Session.open(paths, "production") as session:
        plans = await session.plans
        plan = await plans.create("people-to-contacts")

No network, no vault and no database is touched before that, and neither httpx nor SQLAlchemy nor
keyring is imported.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from console.hubspot.requestfile import RequestFile, request_file
from console.settings.errors import SettingsError
from console.settings.paths import Paths, private_dir
from console.settings.profile import Profile
from console.settings.profiles import Profiles

if TYPE_CHECKING:
    from console.connector.browse import Browse
    from console.connector.connector import Connector
    from console.connector.snapshots import Snapshots
    from console.hubspot.budget import RateBudget
    from console.hubspot.hubspot import HubSpot
    from console.hubspot.model import AccountDetails
    from console.hubspot.requestlog import RequestEntry
    from console.journal.journal import Journal
    from console.provisioning.mappings import Mappings
    from console.provisioning.plans import Plans
    from console.provisioning.pulls import Pulls
    from console.provisioning.runs import Runs
    from console.repository.people import People
    from console.settings.secrets import Secrets
    from console.settings.vault import Vault

T = TypeVar("T")

KEEPALIVE = "demo.alive"
"""A FIFO in the state folder of a demo: its simulator lives while any session holds it open."""


class Lazy(Generic[T]):
    """A service that is made when it is first awaited, once, however many await it.

    What went wrong while making it is not remembered: the next await tries again.
    """

    def __init__(self, make: Callable[[], Awaitable[T]], close: Callable[[T], Awaitable[None]] | None = None) -> None:
        self._make = make
        self._close = close
        self._lock = asyncio.Lock()
        self._made: list[T] = []

    @property
    def value(self) -> T | None:
        """The service, if something awaited it already."""
        return self._made[0] if self._made else None

    def __await__(self) -> Generator[Any, None, T]:
        return self._get().__await__()

    async def _get(self) -> T:
        if self._made:
            return self._made[0]
        async with self._lock:
            if not self._made:
                self._made.append(await self._make())
            return self._made[0]

    async def aclose(self) -> None:
        """Close the service if it was made; a later await makes it anew."""
        async with self._lock:
            if self._made:
                service = self._made.pop()
                if self._close is not None:
                    await self._close(service)


class Session:
    """One open profile and its services; make one with `Session.open`."""

    def __init__(
        self,
        paths: Paths,
        profiles: Profiles,
        profile: Profile,
        vault: Vault | None,
        interactive: bool,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.paths = paths
        self.profiles = profiles
        self.profile = profile
        self.interactive = interactive
        self.on_request: Callable[[RequestEntry], None] | None = None
        self.requests = RequestFile(request_file(paths), profile.name)
        self._given_vault = vault
        self._environ = environ
        self._keepalive = _hold_demo(paths)
        self.vault: Lazy[Vault] = Lazy(self._open_vault)
        self.secrets: Lazy[Secrets] = Lazy(self._open_secrets)
        self.budget: Lazy[RateBudget] = Lazy(self._open_budget, _close)
        self.hubspot: Lazy[HubSpot] = Lazy(self._open_hubspot, _close)
        self.connector: Lazy[Connector] = Lazy(self._open_connector)
        self.account: Lazy[AccountDetails] = Lazy(self._read_account)
        self.browse: Lazy[Browse] = Lazy(self._open_browse, _close)
        self.snapshots: Lazy[Snapshots] = Lazy(self._open_snapshots, _close)
        self.journal: Lazy[Journal] = Lazy(self._open_journal, _close)
        self.mappings: Lazy[Mappings] = Lazy(self._open_mappings)
        self.plans: Lazy[Plans] = Lazy(self._open_plans)
        self.runs: Lazy[Runs] = Lazy(self._open_runs)
        self.people: Lazy[People] = Lazy(self._open_people, _close)
        self.pulls: Lazy[Pulls] = Lazy(self._open_pulls)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        paths: Paths,
        profile: str | Profile | None = None,
        vault: Vault | None = None,
        *,
        interactive: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Session]:
        """Open `profile` (a name, a profile, or None for the current one).

        `vault` stands in for the operator's own (a demo's, or what a runner was handed over).
        `interactive` says that a human waits: bulk work is then paced to leave room. `environ` may bring secrets; None is
        this process's environment, or nothing where a vault was given.

        Raises:
            SettingsError: there is no such profile, or its file is wrong.
        """
        profiles = Profiles(paths)
        session = cls(paths, profiles, chosen_profile(profiles, profile), vault, interactive, environ)
        try:
            yield session
        finally:
            await session._aclose()

    async def _aclose(self) -> None:
        # the reverse of the order in which they lean on each other
        for service in (
            self.runs,
            self.plans,
            self.people,
            self.browse,
            self.snapshots,
            self.connector,
            self.hubspot,
            self.journal,
            self.budget,
        ):
            await service.aclose()
        self.requests.close()
        if self._keepalive is not None:
            os.close(self._keepalive)
            self._keepalive = None

    async def _open_vault(self) -> Vault:
        if self._given_vault is not None:
            return self._given_vault
        from console.settings.chain import open_vault  # cryptography comes with the first secret

        return await open_vault(self.paths)

    async def _open_secrets(self) -> Secrets:
        from console.settings.secrets import Secrets

        # a vault that was brought along must not be overruled by secrets of the operator's environment unasked
        environ = self._environ if self._environ is not None else os.environ if self._given_vault is None else {}
        return Secrets(await self.vault, self.profile.name, self.profile.origin, environ)

    async def _open_budget(self) -> RateBudget:
        from console.glance import cached_account
        from console.hubspot.budget import SqliteStore, open_budget

        known = cached_account(self.paths, self.profile)
        private_dir(self.paths.state)
        budget = open_budget(
            SqliteStore(self.paths.budget),
            app=await self._app(known.portal_id if known else None),
            portal=known.portal_id if known else None,
            profile=self.profile,
        )
        if self.interactive:
            budget.attach(interactive=True)
        return budget

    async def _app(self, portal_id: int | None) -> str:
        """Whom HubSpot counts our requests for: everyone with the same app and account shares one budget."""
        from console.hubspot.auth import open_tokens
        from console.hubspot.errors import Unauthorized
        from console.hubspot.transport import Transport
        from console.settings.secrets import PROXY_PASSWORD

        secrets = await self.secrets
        transport = Transport(self.profile, lambda: secrets.get(PROXY_PASSWORD))
        signs = self.profile
        if signs.remote_url:
            from console.connector.remote import as_remote

            signs = as_remote(signs)
        tokens = open_tokens(signs, secrets, transport, portal_id=portal_id)
        try:
            return await tokens.identity()
        except Unauthorized:  # no credentials yet: the connection test says so at its own stage
            return f"profile {self.profile.name}"
        finally:
            await tokens.aclose()
            await transport.aclose()

    async def _open_hubspot(self) -> HubSpot:
        if not self.profile.enabled:
            remedy = f"Switch it on: hubspoke --profile {self.profile.name} profile set enabled=true"
            raise SettingsError(f"The profile {self.profile.name} is switched off.", remedy, key="enabled")
        hubspot = await self._connected()
        hubspot.log.on_entry = self._log_request
        return hubspot

    async def _connected(self) -> HubSpot:
        """HubSpot, or what stands in for it at the profile's remoteUrl."""
        if self.profile.remote_url:
            from console.connector.remote import open_remote

            return open_remote(self.profile, await self.secrets, await self.budget)
        from console.hubspot.hubspot import connect  # httpx comes with the first request

        return await connect(self.profile, await self.secrets, await self.budget)

    def _log_request(self, entry: RequestEntry) -> None:
        self.requests.add(entry)
        if self.on_request is not None:
            self.on_request(entry)

    async def _open_connector(self) -> Connector:
        from console.connector.connector import Connector

        return Connector(await self.hubspot, self.profile)

    async def _read_account(self) -> AccountDetails:
        from console.glance import remember_account

        details = await (await self.hubspot).account.at("interactive").details()
        await (await self.budget).bind(details.portal_id, details.time_zone or details.utc_offset)
        remember_account(self.paths, self.profile, details)
        return details

    async def _open_browse(self) -> Browse:
        from console.connector.browse import Browse

        return Browse(await self.connector)

    async def _open_snapshots(self) -> Snapshots:
        from console.connector.snapshot_file import FOLDER
        from console.connector.snapshots import Snapshots
        from console.settings.journal_key import journal_key

        key = await journal_key(await self.secrets, self.paths)
        return Snapshots(self.paths.state / FOLDER, key, self._portal, self.connector._get)

    async def _portal(self) -> int:
        """The portal's id; of an account that was seen before without asking HubSpot."""
        from console.glance import cached_account

        known = cached_account(self.paths, self.profile)
        return known.portal_id if known is not None else (await self.account).portal_id

    async def _open_journal(self) -> Journal:
        from console.journal.journal import Journal  # SQLAlchemy comes with the first plan or run
        from console.settings.journal_key import journal_key

        return await Journal.open(self.paths.journal, master_key=await journal_key(await self.secrets, self.paths))

    async def _open_mappings(self) -> Mappings:
        from console.provisioning.mappings import Mappings

        return Mappings(self.paths)

    async def _open_plans(self) -> Plans:
        from console.provisioning.plans import Plans

        return Plans(await self.connector, await self.journal, await self.mappings, source_secret=self._source_secret)

    async def _open_people(self) -> People:
        from console.repository.people import People
        from console.settings.journal_key import journal_key

        return await People.open(self.paths.people, master_key=await journal_key(await self.secrets, self.paths))

    async def _open_pulls(self) -> Pulls:
        from console.provisioning.pulls import Pulls

        async def people() -> People:
            return await self.people

        return Pulls(await self.connector, self.paths, people, lambda spec: source_secret(self, spec))

    async def _source_secret(self, name: str) -> str | None:
        if name == "source/people:":  # the repository's place and key; the vault holds only the key
            return (await self.people).ticket()
        return await (await self.secrets).get(name)

    async def _open_runs(self) -> Runs:
        from console.provisioning.runs import Runs

        return Runs(await self.journal, self.paths, self.profile, self._handover)

    async def _handover(self) -> bytes:
        from console.settings.handover import pack

        return await pack(await self.vault, await self.secrets)


async def source_secret(session: Session, spec: str) -> str | None:
    """What the vault holds for a source; the vault is opened only for a kind of source that has secrets."""
    from console.sources.opening import secret_name

    name = secret_name(spec)
    return await session._source_secret(name) if name else None


def chosen_profile(profiles: Profiles, wanted: str | Profile | None) -> Profile:
    """The profile that is meant: itself, by name, or the current one."""
    if isinstance(wanted, Profile):
        return wanted
    name = wanted or profiles.current()
    if name is None:
        raise SettingsError(
            "There is no profile yet.", remedy="Start hubspoke for the guided setup, or: hubspoke profile add NAME"
        )
    return profiles.load(name)


def _hold_demo(paths: Paths) -> int | None:
    """Keep the simulator of a demo alive for as long as this session is open."""
    fifo = paths.state / KEEPALIVE
    with suppress(OSError):  # no demo here, or its simulator is gone: what needs it will say so
        if stat.S_ISFIFO(fifo.stat().st_mode):
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    return None


async def _close(service: Any) -> None:
    await service.aclose() if hasattr(service, "aclose") else await service.close()
