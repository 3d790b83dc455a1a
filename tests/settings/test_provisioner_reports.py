"""The report of an import says what is so: no secret kept, nothing called honoured that has no effect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from console.settings.profile import AUTO
from console.settings.provisioner import exported, imported
from console.settings.provisioner_keys import CONNECTOR_REF


def file(**more: Any) -> dict[str, Any]:
    """A small provisioner file with more keys."""
    return {"name": "hubspot", "connectorRef": CONNECTOR_REF, **more}


@pytest.mark.parametrize("key", ["token", "authToken", "bearer", "db_pwd", "hapikey", "Bearer-Token"])
@pytest.mark.parametrize("place", ["top", "list", "configuration", "own"])
def test_a_text_whose_key_means_a_secret_is_left_out_wherever_it_stands(key: str, place: str) -> None:
    part = {key: "canary-5521"}
    document = {
        "top": file(extra=part),
        "list": file(extra=[1, {"deep": [part]}]),
        "configuration": file(configurationProperties=part),
        "own": file(hubspoke=part),
    }[place]
    found = imported(document)
    assert "canary-5521" not in json.dumps(exported(found.profile))
    assert any(note.key.endswith(key) and note.state == "left out" for note in found.notes)


def test_a_key_of_the_connector_in_the_own_section_is_not_called_honoured() -> None:
    found = imported(file(hubspoke={"httpProxyHost": "proxy.example", "maximumConnections": AUTO, "noProxy": "a"}))
    states = {note.key: note.state for note in found.notes}
    assert found.profile.http_proxy_host == ""
    assert states["hubspoke.httpProxyHost"] == "attention"
    assert states["hubspoke.maximumConnections"] == states["hubspoke.noProxy"] == "used"
    assert exported(found.profile)["hubspoke"]["httpProxyHost"] == "proxy.example"
