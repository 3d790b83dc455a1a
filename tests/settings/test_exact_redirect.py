"""HubSpot compares redirect URLs character by character: what the app has must be what the profile keeps."""

from __future__ import annotations

import pytest

from console.hubspot.login_place import redirect_of
from console.settings.profile import Profile
from console.settings.profiles import assign


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("https://login.example.com/hubspoke/", "/hubspoke/"),
        ("https://login.example.com/hubspoke", "/hubspoke"),
        ("http://localhost:8765/", "/"),
    ],
)
def test_a_redirect_url_keeps_its_last_slash(uri: str, path: str) -> None:
    profile = assign(Profile(name="one"), {"redirectUri": uri})
    assert profile.redirect_uri == uri
    assert (redirect_of(profile).uri, redirect_of(profile).path) == (uri, path)


def test_other_addresses_lose_it() -> None:
    assert assign(Profile(name="one"), {"apiBaseUrl": "https://api.example.com/"}).api_base_url.endswith(".com")
