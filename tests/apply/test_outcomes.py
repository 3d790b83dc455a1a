"""What lies open in the journal about a failure: names and numbers, never a value."""

from __future__ import annotations

import pytest

from console.hubspot.errors import (
    DailyLimitReached,
    HubSpotError,
    Invalid,
    Locked,
    PropertyProblem,
    ServerFault,
    Unauthorized,
)
from console.hubspot.model import PropertyDefinition, Record
from console.journal.model import Change, EntryState, RunState
from console.provisioning.outcomes import Values, cause_of, halt_for

CANARY = "ann.canary@example.com"


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (Invalid("m", problems=(PropertyProblem("email", "INVALID_EMAIL", "x"),)), "INVALID_EMAIL (email)"),
        (Invalid("m", problems=(PropertyProblem(CANARY, f"{CANARY} is wrong", "x"),)), "INVALID"),
        (Invalid("m", problems=(PropertyProblem("", "", ""),)), "INVALID"),
        (Locked("m", category="LOCKED"), "LOCKED"),
        (ServerFault("m", category=CANARY), "ServerFault"),
        (ServerFault("m", category="A" * 70), "ServerFault"),
    ],
)
def test_a_cause_holds_no_value(error: HubSpotError, cause: str) -> None:
    assert cause_of(error) == cause


@pytest.mark.parametrize(
    ("error", "state", "told"),
    [
        (ServerFault(f"{CANARY} failed", status=502, correlation_id="c-1"), RunState.QUARANTINED, "ServerFault 502 (correlation id c-1)."),
        (Locked(CANARY), RunState.QUARANTINED, "Locked."),
        (DailyLimitReached("You have reached your daily limit."), RunState.PAUSED_QUOTA, "daily limit"),
        (Unauthorized("There is no access token."), RunState.FAILED, "no access token"),
    ],
)  # fmt: skip
def test_the_message_of_a_run_quotes_hubspot_about_the_account_only(
    error: HubSpotError, state: RunState, told: str
) -> None:
    halt = halt_for(error)
    assert halt.state is state
    assert told in halt.message
    assert CANARY not in halt.message


DOMAIN = PropertyDefinition(name="domain")


@pytest.mark.parametrize(
    ("name", "before", "sent", "returned", "state"),
    [
        ("domain", None, "https://WWW.Acme.example/about?x", "acme.example", EntryState.DONE),
        ("website", None, "acme.example", "http://acme.example", EntryState.DONE),
        ("name", None, " ACME  Ltd. ", "Acme Ltd", EntryState.DONE),
        ("name", None, "Ann", "Annette", EntryState.NOT_ACCEPTED),
        ("name", "Acme", "ACME!", "Acme", EntryState.NOT_ACCEPTED),
        ("name", None, "!", "?", EntryState.NOT_ACCEPTED),
        ("size", None, "5", "5.5", EntryState.NOT_ACCEPTED),
    ],
)
def test_tidied_is_not_another_value(
    name: str, before: str | None, sent: str, returned: str, state: EntryState
) -> None:
    values = Values({"size": PropertyDefinition(name="size", type="number"), "domain": DOMAIN})
    taken = values.taken([Change(name=name, before=before, after=sent)], Record(id="1", properties={name: returned}))
    assert taken.state is state
    assert taken.accepted == {name: (sent, returned)}
