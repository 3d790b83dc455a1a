"""Profiles: strict about what they hold, exact about what is wrong with it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.settings import preferences
from console.settings.errors import SettingsError
from console.settings.fields import FIELDS
from console.settings.paths import Paths
from console.settings.profile import Profile, origin_of
from console.settings.profiles import Profiles, assign, checked, display

BASE = Profile(name="base")


@pytest.fixture
def profiles(tmp_path: Path) -> Profiles:
    return Profiles(Paths(tmp_path / "config", tmp_path / "state"))


def put(profiles: Profiles, name: str, text: str | bytes) -> Path:
    path = profiles.path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_every_field_of_a_profile_has_a_key_and_every_key_a_field() -> None:
    encoded = {field.name: field.encode_name for field in msgspec.structs.fields(Profile)}
    del encoded["name"], encoded["icf"]
    assert {field.attribute: field.key for field in FIELDS.values()} == encoded
    assert all(field.help for field in FIELDS.values())


def test_a_saved_profile_is_loaded_as_it_was(profiles: Profiles) -> None:
    profile = assign(
        BASE,
        {
            "displayName": "Größe & Söhne",
            "clientId": "1b9-x",
            "maximumConnections": "10",
            "permitsPerSecond": "auto",
            "readSchema": "false",
            "scopes": "crm.objects.contacts.read, crm.objects.contacts.write",
            "httpProxyHost": "proxy.example.com",
            "httpProxyPort": "3128",
            "timeoutSeconds": "12.5",
        },
    )
    profiles.save(profile)
    assert profiles.load("base") == profile
    assert profile.maximum_connections == 10
    assert profile.permits_per_second == 0
    text = profiles.path("base").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "permitsPerSecond" not in tomllib.loads(text)  # at its default
    assert profiles.path("base").stat().st_mode & 0o777 == 0o600


TEXT = st.text(st.characters(categories=("L", "N", "P", "S")), max_size=20)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "displayName": TEXT,
            "clientId": TEXT,
            "enabled": st.booleans(),
            "authentication": st.sampled_from(["oauth", "token"]),
            "maximumConnections": st.integers(1, 200) | st.just("auto"),
            "permitsPerSecond": st.integers(1, 1000) | st.just("auto"),
            "timeoutSeconds": st.floats(1, 600),
            "noProxy": st.lists(st.sampled_from(["localhost", ".example.com", "10.0.0.0/8"])),
            "apiBaseUrl": st.sampled_from(["https://api.hubapi.com/", "http://127.0.0.1:8080", "http://[::1]:99"]),
            "acceptSelfSignedCertificates": st.booleans(),
        },
    )
)
def test_any_allowed_profile_survives_its_file(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("profiles")
    profiles = Profiles(Paths(folder, folder))
    profile = assign(Profile(name="x"), values)
    profiles.save(profile)
    assert profiles.load("x") == profile
    assert assign(Profile(name="x"), display(profile)) == profile


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("enabled", "maybe", "true or false"),
        ("enabled", 1, "not a number"),
        ("clientId", 7, "must be text"),
        ("displayName", "two\nlines", "cannot be shown"),
        ("displayName", "\x1b[31mred", "cannot be shown"),
        ("authentication", "basic", 'cannot be "basic"'),
        ("apiBaseUrl", "http://api.hubapi.com", "clear text"),
        ("apiBaseUrl", "http://127.0.0.1.example.com", "clear text"),
        ("apiBaseUrl", "http://localhost@evil.example", "user or password"),
        ("apiBaseUrl", "https://user:pw@api.hubapi.com", "user or password"),
        ("apiBaseUrl", "ftp://api.hubapi.com", "https URL"),
        ("apiBaseUrl", "api.hubapi.com", "https URL"),
        ("apiBaseUrl", "https://", "https URL"),
        ("apiBaseUrl", "https://api.hubapi.com:99999", "port"),
        ("apiBaseUrl", "https://api.hubapi.com:0", "port"),
        ("apiBaseUrl", "https://api.hubapi.com/?hapikey=x", "end before"),
        ("apiBaseUrl", "https://[::1", "port or address"),
        ("apiBaseUrl", "https://api hubapi.com", "not a URL"),
        ("redirectUri", "http://example.com/callback", "clear text"),
        ("apiVersion", "latest", "API version"),
        ("httpProxyHost", "http://proxy:3128", "host name"),
        ("httpProxyHost", "me:pw@proxy", "user or password"),
        ("httpProxyPort", "70000", "1 to 65535"),
        ("httpProxyPort", "-1", "1 to 65535"),
        ("httpProxyPort", "http", "1 to 65535"),
        ("maximumConnections", "0", "from 1 to 200"),
        ("maximumConnections", "many", '"auto"'),
        ("maximumConnections", True, "whole number"),
        ("permitsPerSecond", 10.5, "whole number"),
        ("permitsPerSecond", "٣", "whole number"),
        ("timeoutSeconds", "nan", "seconds"),
        ("timeoutSeconds", 0, "seconds"),
        ("scopes", "crm.read;drop", "no scope"),
        ("scopes", [1], "list of words"),
        ("noProxy", {"a": 1}, "not a table"),
    ],
)
def test_a_wrong_value_is_named_with_its_key_and_a_remedy(key: str, value: Any, says: str) -> None:
    with pytest.raises(SettingsError) as told:
        assign(BASE, {key: value})
    assert told.value.key == key
    assert says in told.value.message
    assert told.value.message.startswith(key)
    assert told.value.remedy.endswith(".")


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("clientID", "clientId"),
        ("permitPerSecond", "permitsPerSecond"),
        ("apiBaseURL", "apiBaseUrl"),
        ("http_proxy_host", "httpProxyHost"),
    ],
)
def test_an_unknown_key_names_the_nearest(key: str, meant: str) -> None:
    with pytest.raises(SettingsError, match="Unknown key") as told:
        assign(BASE, {key: "x"})
    assert told.value.remedy == f"Did you mean {meant}?"


def test_a_hostile_key_cannot_steer_the_terminal_that_shows_the_error(profiles: Profiles) -> None:
    put(profiles, "base", '"\\u001b]52;c;x\\u0007" = 1\n')
    with pytest.raises(SettingsError) as told:
        profiles.load("base")
    assert told.value.message == 'Unknown key "\\x1b]52;c;x\\x07".'


@pytest.mark.parametrize("key", ["clientSecret", "client_secret", "refreshToken", "accessToken", "httpProxyPassword"])
def test_a_secret_in_a_profile_is_refused_and_never_repeated(profiles: Profiles, key: str) -> None:
    put(profiles, "base", f'clientId = "x"\n{key} = "canary-7731"\n')
    with pytest.raises(SettingsError, match="is a secret") as told:
        profiles.load("base")
    assert told.value.line == 2
    assert "hubspoke credentials set" in told.value.remedy
    assert "canary" not in f"{told.value}{told.value.remedy}{told.value!r}"


def test_proxy_host_and_port_belong_together() -> None:
    assert assign(BASE, {"httpProxyHost": "::1", "httpProxyPort": 1}).http_proxy_host == "::1"
    for half in ({"httpProxyHost": "proxy"}, {"httpProxyPort": 3128}):
        with pytest.raises(SettingsError, match="needs httpProxy"):
            assign(BASE, half)


def test_empty_text_puts_a_key_back_to_its_default() -> None:
    changed = assign(BASE, {"clientId": "x", "timeoutSeconds": 5, "scopes": "a"})
    assert assign(changed, {"clientId": "", "timeoutSeconds": "", "scopes": ""}) == BASE


def test_a_certificate_file_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert assign(BASE, {"caFile": "ca.pem"}).ca_file == str(tmp_path / "ca.pem")
    assert assign(BASE, {"caFile": "~/ca.pem"}).ca_file == str(own_home / "ca.pem")


def test_a_wrong_line_of_a_file_is_found(profiles: Profiles) -> None:
    path = put(profiles, "base", '# mine\nclientId = "x"\n\n"maximumConnections" = "lots"\n')
    with pytest.raises(SettingsError) as told:
        profiles.load("base")
    assert (told.value.file, told.value.line, told.value.key) == (path, 4, "maximumConnections")
    assert str(told.value).startswith(f"{path}:4: maximumConnections")
    put(profiles, "base", '\n[proxy]\nhost = "x"\n')
    with pytest.raises(SettingsError, match="Unknown key") as told:
        profiles.load("base")
    assert told.value.line == 2


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ('clientId = "x"\nclientId = ', 2, "not TOML"),
        ('clientId = "x"\nclientId = "y"\n', 2, "not TOML"),
        (b"a = 1\nb = \xff\n", 2, "not UTF-8"),
        (b"#" * 9_000_000, None, "larger than"),
        ('name = "other"\n', 1, "another name"),
    ],
)
def test_a_file_that_is_no_profile_is_told(
    profiles: Profiles, content: str | bytes, line: int | None, says: str
) -> None:
    path = put(profiles, "base", content)
    with pytest.raises(SettingsError) as told:
        profiles.load("base")
    assert says in told.value.message
    assert (told.value.file, told.value.line) == (path, line)
    assert told.value.remedy


def test_a_folder_in_place_of_a_file_is_told(profiles: Profiles) -> None:
    profiles.path("base").mkdir(parents=True)
    with pytest.raises(SettingsError, match="folder") as told:
        profiles.load("base")
    assert told.value.remedy


def test_a_byte_order_mark_and_windows_lines_are_read(profiles: Profiles) -> None:
    put(profiles, "base", b'\xef\xbb\xbfclientId = "x"\r\nenabled = "FALSE"\r\n')
    loaded = profiles.load("base")
    assert (loaded.client_id, loaded.enabled) == ("x", False)


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a.b", "-x", "é", "a\n", "x" * 65, ".hidden"])
def test_a_profile_name_is_a_plain_word(profiles: Profiles, name: str) -> None:
    for use in (profiles.load, profiles.remove, profiles.use, lambda n: profiles.save(Profile(name=n))):
        with pytest.raises(SettingsError, match="letters"):
            use(name)


def test_a_profile_that_is_not_there_names_the_nearest(profiles: Profiles) -> None:
    with pytest.raises(SettingsError, match="no profile") as told:
        profiles.load("production")
    assert "profile add production" in told.value.remedy
    profiles.save(Profile(name="production"))
    for use in (profiles.load, profiles.remove, profiles.use):
        with pytest.raises(SettingsError) as told:
            use("prodcution")
        assert told.value.remedy == "Did you mean production?"


def test_the_current_profile_is_the_chosen_or_the_only_one(profiles: Profiles) -> None:
    assert (profiles.names(), profiles.current()) == ([], None)
    profiles.save(Profile(name="one"))
    assert profiles.current() == "one"
    profiles.save(Profile(name="two"))
    (profiles.paths.profiles / "not a profile.toml").write_text("")
    assert (profiles.names(), profiles.current()) == (["one", "two"], None)
    profiles.use("two")
    assert profiles.current() == "two"
    profiles.remove("two")
    assert profiles.current() == "one"
    assert preferences.load(profiles.paths).profile == ""


def test_what_was_built_in_memory_is_checked_before_it_is_written(profiles: Profiles) -> None:
    with pytest.raises(SettingsError, match="clear text"):
        profiles.save(Profile(name="x", api_base_url="http://example.com"))
    assert profiles.names() == []
    assert checked(BASE) == BASE


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://API.hubapi.com/path", "https://api.hubapi.com"),
        ("https://api.hubapi.com:443", "https://api.hubapi.com"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert origin_of(url) == origin
    assert Profile(name="x", api_base_url=url).origin == origin


def test_settings_are_remembered_and_checked(profiles: Profiles) -> None:
    paths = profiles.paths
    assert preferences.load(paths) == preferences.Preferences()
    preferences.change(paths, theme="dark")
    assert preferences.change(paths, vault="file") == preferences.Preferences(theme="dark", vault="file")
    assert preferences.load(paths).theme == "dark"
    paths.settings_file.write_text('theme = "dark"\nthemes = "x"\n')
    with pytest.raises(SettingsError) as told:
        preferences.load(paths)
    assert (told.value.line, told.value.remedy) == (2, "Did you mean theme?")
    paths.settings_file.write_text("vault = 3\n")
    with pytest.raises(SettingsError, match="must be text"):
        preferences.load(paths)
