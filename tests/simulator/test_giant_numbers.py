"""Numbers of more digits than any id has: a refusal or nothing, never a crash of the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.simulator import Simulator, start_simulator

GIANT = "9" * 5_000
CONTACTS = "/crm/v3/objects/contacts"
PAIRS = "/crm/v4/associations/contact/company"


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator(contacts=3, companies=1) as simulator:
        yield simulator


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{CONTACTS}/batch/update", {"inputs": [{"id": GIANT, "properties": {"firstname": "A"}}]}, 207),
        (f"{CONTACTS}/batch/upsert", {"inputs": [{"id": GIANT, "properties": {"firstname": "A"}}]}, 207),
        (f"{CONTACTS}/batch/archive", {"inputs": [{"id": GIANT}]}, 204),
        (f"{CONTACTS}/batch/read", {"inputs": [{"id": GIANT}]}, 207),
        (f"{CONTACTS}/merge", {"primaryObjectId": GIANT, "objectIdToMerge": GIANT}, 404),
        (f"{CONTACTS}/gdpr-delete", {"objectId": GIANT}, 404),
        (f"{PAIRS}/batch/read", {"inputs": [{"id": GIANT}]}, 207),
    ],
)
def test_an_id_of_five_thousand_digits_is_nobodys(
    hubspot: Simulator, path: str, body: dict[str, Any], status: int
) -> None:
    answer = hubspot.post(path, body)
    assert answer.status == status, answer.text


@pytest.mark.parametrize("query", [f"limit={GIANT}", f"after={GIANT}"])
def test_paging_of_associations_by_five_thousand_digits_is_refused(hubspot: Simulator, query: str) -> None:
    first = hubspot.get(f"{CONTACTS}?limit=1").json["results"][0]["id"]
    answer = hubspot.get(f"/crm/v4/objects/contact/{first}/associations/company?{query}")
    assert (answer.status, answer.json["category"]) == (400, "VALIDATION_ERROR")


def test_a_challenge_that_is_no_base64_is_refused_before_there_is_a_code(hubspot: Simulator) -> None:
    query = f"client_id={hubspot.client_id}&redirect_uri=http://localhost:8765/callback&scope=oauth"
    challenge = f"code_challenge_method=S256&code_challenge={quote('é' * 43)}"
    answer = hubspot.get(f"/oauth/authorize?{query}&{challenge}", token=None)
    assert answer.status == 400
    assert "code_challenge" in answer.text
