"""Every failure has its class of the identity connector framework, with what to do next."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest

from console.connector import errors
from console.connector.errors import (
    AlreadyExists,
    Configuration,
    ConnectionFailed,
    IcfError,
    InvalidCredential,
    InvalidFilter,
    PermissionDenied,
    Retryable,
    UnknownUid,
    icf_class,
    icf_error,
)
from console.connector.filter import FilterError, parse
from console.connector.operations import Operations
from console.hubspot import errors as hubspot
from console.hubspot.budget import MemoryStore, open_budget
from console.hubspot.hubspot import HubSpot
from console.settings.errors import VaultLocked
from tests.connector.connector_parts import Connector, secrets_for, settings_for
from tests.connector.operation_parts import operating, refused
from tests.support.simulator import Simulator, start_simulator

STATUSES = {
    "AlreadyExists": 412, "Configuration": 500, "ConnectionFailed": 503, "OperationTimeout": 503, "Retryable": 503,
    "UnknownUid": 404, "InvalidCredential": 401, "PermissionDenied": 403, "InvalidAttributeValue": 400,
    "InvalidFilter": 400, "PreconditionFailed": 412, "PreconditionRequired": 428, "UnsupportedOperation": 404,
    "NotSupported": 501, "Connector": 500,
}  # fmt: skip


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator(contacts=2) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def well_behaved(crm: Simulator) -> Iterator[None]:
    yield
    if crm.process.poll() is None:
        crm.faults()


def test_every_class_has_its_name_and_status() -> None:
    found = {
        kind.__name__: kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, IcfError) and kind is not IcfError
    }
    assert {name: kind.http_status for name, kind in found.items()} == STATUSES
    assert all(kind.name == name for name, kind in found.items())


def test_every_error_of_hubspots_has_a_class() -> None:
    kinds = [kind for _, kind in inspect.getmembers(hubspot, inspect.isclass) if issubclass(kind, hubspot.HubSpotError)]
    found = {kind.__name__: icf_class(kind("x")) for kind in kinds}
    assert found["GrantDead"] is InvalidCredential
    assert found["TokenNotKept"] is Configuration
    assert found["DailyLimitReached"] is found["Migrating"] is found["Locked"] is Retryable
    assert found["Conflict"] is AlreadyExists
    assert found["NotFound"] is UnknownUid
    assert found["Unmentioned"].name == "Connector"


def test_what_is_known_of_an_error_is_kept() -> None:
    problem = hubspot.PropertyProblem("email", "INVALID_EMAIL", "no")
    found = icf_error(
        hubspot.Invalid("bad", problems=(problem,), correlation_id="c-1", advice="mend it"), "CREATE", "contact"
    )
    lost = icf_error(hubspot.OutcomeUnknown("lost"), "CREATE", "contact")
    locked = icf_error(VaultLocked("locked", "open it"), "GET", "contact", "7")
    assert (found.problems, found.correlation_id, found.advice) == ((problem,), "c-1", "mend it")
    assert found.message == "CREATE of contact: email: no"
    assert lost.outcome_unknown
    assert isinstance(locked, Configuration)
    assert (locked.message, locked.advice) == ("GET of contact 7: locked", "open it")
    assert icf_error(found, "GET") is found


def test_a_filter_error_points_at_the_character() -> None:
    with pytest.raises(FilterError) as raised:
        parse('email sw "a" and and')
    found = icf_error(raised.value, "SEARCH", "contact")
    assert isinstance(found, InvalidFilter)
    assert found.caret().splitlines()[-1].strip() == "^"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("503=5x@GET:/objects", Retryable),
        ("477=5x/30@GET:/objects", Retryable),
        ("423=5x@GET:/objects", Retryable),
    ],
)
async def test_what_hubspot_does_has_its_class(
    crm: Simulator, fault: str, kind: type[IcfError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.hubspot.retry.FIRST_WAIT", 0.01)
    monkeypatch.setattr("console.hubspot.retry.LOCK_WAIT", 0.01)
    monkeypatch.setattr("console.hubspot.classify.LOCK_SECONDS", 0.01)
    uid = next(iter(crm.dump()))
    async with operating(crm) as operations:
        crm.faults(fault)
        with refused(kind, f"GET of contact {uid}"):
            await operations.get("contact", uid)


async def test_wrong_credentials_and_missing_scopes(crm: Simulator) -> None:
    profile = settings_for(crm)
    budget = open_budget(MemoryStore(), app="test", portal=None, profile=profile)
    hubspot_ = HubSpot.open(profile, secrets_for(crm, accessToken="pat-na1-wrong"), budget)
    try:
        with refused(InvalidCredential) as raised:
            await Operations(Connector(hubspot_, profile)).test()
    finally:
        await hubspot_.aclose()
        await budget.aclose()
    assert raised.value.stops_run
    crm.credentials(scopes=["crm.objects.companies.read"])
    try:
        async with operating(crm, read_schema=False) as operations:
            with refused(PermissionDenied) as denied:
                await operations.get("contact", "1")
    finally:
        crm.reset()
    assert "crm.objects.contacts.read" in denied.value.advice


async def test_a_filter_that_names_what_is_not_there_is_a_filters_error(crm: Simulator) -> None:
    async with operating(crm) as operations:
        for filter_ in ("wingspan gt 5", "email sw", 'email zz "a"'):
            with refused(InvalidFilter):
                assert [one async for one in operations.search("contact", filter_)] == []
        with refused(InvalidFilter):
            assert [one async for one in operations.search("contact", sort="wingspan")] == []
        with refused(InvalidFilter):
            await operations.page("contact", cookie="not-a-cookie")


async def test_nobody_there_is_a_failed_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.hubspot.retry.FIRST_WAIT", 0.01)
    with start_simulator() as crm:
        async with operating(crm) as operations:
            await operations.test()
            crm.process.kill()
            crm.process.wait()
            with refused(ConnectionFailed) as raised:
                await operations.get("contact", "1")
    assert raised.value.http_status == 503
