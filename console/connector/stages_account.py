"""The stages that ask HubSpot: scopes, account, what may be read and written, schema, allowance. Nothing is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Literal

from console.connector.allowance import describe_allowance
from console.connector.connector import Connector, bind_budget
from console.connector.rights import LEGACY, RIGHTS, lacking, right
from console.connector.stages import Problem, Said
from console.hubspot.budget import RateBudget
from console.hubspot.errors import HubSpotError, NotSent, OutcomeUnknown
from console.hubspot.grants import TokenFacts
from console.hubspot.hubspot import HubSpot
from console.hubspot.model import AccountDetails, ObjectType, PropertyDefinition
from console.hubspot.permissions import may_write
from console.settings.profile import Profile

CLASS_NAMES: dict[ObjectType, Literal["contact", "company"]] = {"contacts": "contact", "companies": "company"}


class AccountStages:
    """What HubSpot says to these credentials, one stage after the other. Methods raise Problem and HubSpotError."""

    def __init__(self, hubspot: HubSpot, profile: Profile, budget: RateBudget) -> None:
        self._hubspot, self._profile, self._budget = hubspot, profile, budget
        self._granted: frozenset[str] | None = None
        self._definitions: dict[ObjectType, list[PropertyDefinition]] = {}

    def steps(self) -> dict[str, Callable[[], Awaitable[Said]]]:
        """The stages that need no more than this, by their names."""
        return {
            "scopes": self.scopes,
            "contacts": partial(self.read, "contacts"),
            "companies": partial(self.read, "companies"),
            "contactProperties": partial(self.definitions, "contacts"),
            "companyProperties": partial(self.definitions, "companies"),
            "writeContacts": partial(self.write, "contacts"),
            "writeCompanies": partial(self.write, "companies"),
            "schema": self.schema,
            "allowance": self.allowance,
        }

    async def scopes(self) -> Said:
        """Each scope that an operation on an object class needs; a static token cannot be asked for its own."""
        facts = await self._introspected()
        if facts is None:
            return Said("HubSpot tells no scopes of a static token: what it may do is tried below", "skipped")
        if not facts.active:
            raise Problem(
                "HubSpot calls the access token that it just gave inactive.",
                "The app was uninstalled a moment ago.",
                "Connect the account again: hubspoke credentials login.",
            )
        self._granted = frozenset(facts.scopes)
        missing = lacking(self._granted)
        if not missing:
            old = LEGACY in self._granted
            return Said(
                "the legacy scope contacts covers all" if old else f"all that {len(RIGHTS)} kinds of operations need",
                "warn" if old else "pass",
                "The legacy scope contacts is not given to new apps." if old else "",
                "Give the app the crm.objects and crm.schemas scopes, then connect again." if old else "",
            )
        detail = f"{len(RIGHTS) - len(missing)} of {len(RIGHTS)} kinds of operations are covered"
        cause = "Missing: " + "; ".join(f"{' or '.join(one.any_of)} (to {one.words})" for one in missing) + "."
        advice = "Add them to the app and to scopes of the profile, then connect again: hubspoke credentials login."
        if all(one.operation == "write" and one.object_class.endswith("Properties") for one in missing):
            return Said(detail, "warn", cause, f"Property definitions cannot be changed. {advice}")
        raise Problem(f"{detail}.", cause, advice)

    async def _introspected(self) -> TokenFacts | None:
        try:
            return await self._hubspot.account.introspect()
        except (NotSent, OutcomeUnknown):
            raise
        except HubSpotError as error:
            raise Problem(
                f"HubSpot did not tell the token's scopes: {error.message}",
                "Its introspection endpoint refuses the app's credentials.",
                error.advice or "What the token may do is tried below.",
            ) from None

    async def account(self, details: AccountDetails) -> Said:
        """Which account, of which kind; from here on its allowance is counted."""
        await bind_budget(self._hubspot, details)
        kind = "STANDARD, PRODUCTION" if details.is_production else details.account_type
        name = f"{details.portal_name} " if details.portal_name else ""
        return Said(
            f"{name}{details.portal_id}, {kind}, time zone {details.time_zone or 'unknown'}, "
            f"hosted in {details.data_hosting_location or 'an unknown place'}"
        )

    async def read(self, object_type: ObjectType) -> Said:
        """The first record."""
        if self._denied(object_type, "SEARCH", "GET"):
            return Said("operationOptions denies SEARCH and GET", "skipped")
        page = await self._hubspot.objects(object_type).at("interactive").list(limit=1)
        return Said(f"{object_type} can be read" if page.results else f"{object_type} can be read; there are none")

    async def definitions(self, object_type: ObjectType) -> Said:
        """All property definitions."""
        found = await self._hubspot.properties(object_type, "interactive")
        self._definitions[object_type] = found
        return Said(f"{len(found)} definitions, {sum(one.writable for one in found)} of them writable")

    async def write(self, object_type: ObjectType) -> Said:
        """Whether records may be written, without writing one."""
        if self._denied(object_type, "CREATE", "UPDATE", "DELETE"):
            return Said("operationOptions denies CREATE, UPDATE and DELETE", "skipped")
        needed = right(CLASS_NAMES[object_type], "write")
        if self._granted is not None:
            if any(
                one.object_class == needed.object_class and one.operation == "write" for one in lacking(self._granted)
            ):
                raise Problem(
                    f"{object_type} cannot be written.",
                    f"The token lacks the scope {needed.any_of[0]}.",
                    "Add it to the app and connect again: hubspoke credentials login.",
                )
            return Said(f"{object_type} may be written, its scopes say")
        if await may_write(self._hubspot.client, object_type):
            return Said(f"{object_type} may be written: a change of record 0 was not refused, only not found")
        return Said(
            f"whether {object_type} may be written is not known",
            "warn",
            "HubSpot answered the change of a record that does not exist in another way than expected.",
            f"The first write will tell; the scope for it is {needed.any_of[0]}.",
        )

    def _denied(self, object_type: ObjectType, *operations: str) -> bool:
        return all(self._profile.icf.denied(operation, CLASS_NAMES[object_type]) for operation in operations)

    async def schema(self) -> Said:
        """Which schema the connector works with, and what of the account it does not know."""
        if self._profile.read_schema:
            if len(self._definitions) < len(CLASS_NAMES):
                return Said("the account's own, which could not be read above", "skipped")
            return Said(f"the account's own: {self._counts({k: len(v) for k, v in self._definitions.items()})}")
        connector = Connector(self._hubspot, self._profile)
        known = {kind: await connector.schema(name) for kind, name in CLASS_NAMES.items()}
        strange = sum(one.name not in known[kind] for kind, found in self._definitions.items() for one in found)
        more = f"; {strange} of the account's are not in it" if strange else ""
        return Said(f"the built-in one: {self._counts({k: len(v) for k, v in known.items()})}{more}")

    @staticmethod
    def _counts(found: dict[ObjectType, int]) -> str:
        return f"{found['contacts']} contact and {found['companies']} company properties"

    async def allowance(self) -> Said:
        """What is left of today, and what the profile's ceilings cost."""
        usage = await self._hubspot.account.at("interactive").daily_usage()
        if usage is not None:
            self._budget.set_daily(usage.limit, usage.used)
        detail, cause, advice = describe_allowance(self._budget.snapshot(), self._profile)
        return Said(detail, "warn" if cause else "pass", cause, advice)
