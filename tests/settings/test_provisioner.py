"""Provisioner files: what becomes of every key, and that nothing gets lost on the way in and out."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.settings import provisioner_file
from console.settings.errors import SettingsError
from console.settings.jsontable import restored, same, stored
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles, assign, display
from console.settings.provisioner import exported, imported
from console.settings.provisioner_keys import CONNECTOR_REF, TOP_LEVEL, looks_secret
from tests.settings.provisioner_samples import DOCUMENTS, FULL, JSON, NAMES

SECRETS = ("clientSecret", "refreshToken")


def full(**changes: Any) -> dict[str, Any]:
    """The whole file with other configuration properties."""
    document = copy.deepcopy(FULL)
    document["configurationProperties"] |= changes
    return document


def without_secrets(document: dict[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(document)
    for name in SECRETS:
        document["configurationProperties"].pop(name, None)
    return document


def cleaned(value: Any) -> bool:
    """Whether nothing in the document is named like a secret or an encrypted value."""
    if isinstance(value, dict):
        return all(not looks_secret(key) and not key.startswith("$") and cleaned(item) for key, item in value.items())
    return all(map(cleaned, value)) if isinstance(value, list) else True


@pytest.mark.connector_row("provisioner-import", "provisioner-export")
def test_the_whole_file_comes_back_but_for_its_secrets() -> None:
    assert set(FULL) == set(TOP_LEVEL) - {"hubspoke"}
    found = imported(FULL)
    assert same(exported(found.profile), without_secrets(FULL))
    told = {note.key.partition(".")[0] for note in found.notes}
    assert set(FULL) - told == set()


@given(DOCUMENTS)
def test_import_then_export_is_the_identity(document: dict[str, Any]) -> None:
    try:
        found = imported(document)
    except SettingsError:
        return  # values that are not allowed, of the parts that are any JSON
    if cleaned(document.get("further")) and cleaned(document.get("poolConfigOption")):
        kept = exported(found.profile)
        wanted = {k: v for k, v in document.items() if k not in ("configurationProperties", "hubspoke")}
        assert same({k: v for k, v in kept.items() if k in wanted}, wanted)
        for section in ("configurationProperties", "hubspoke"):
            if cleaned(document.get(section)):
                assert same(kept.get(section), document.get(section))
    again = imported(exported(found.profile), name=found.profile.name)
    assert again.profile == found.profile
    assert again.secrets == {}


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "displayName": st.sampled_from(["Acme", ""]),
        "clientId": st.sampled_from(["abc", ""]),
        "enabled": st.booleans(),
        "authentication": st.sampled_from(["oauth", "token"]),
        "readSchema": st.booleans(),
        "maximumConnections": st.integers(1, 200) | st.just("auto"),
        "permitsPerSecond": st.integers(1, 1000) | st.just("auto"),
        "timeoutSeconds": st.floats(1, 600),
        "noProxy": st.lists(st.sampled_from(["localhost", ".example.com"])),
        "scopes": st.lists(st.sampled_from(["oauth", "crm.objects.contacts.read"])),
        "acceptSelfSignedCertificates": st.booleans(),
        "apiVersion": st.sampled_from(["2026-09", "v3"]),
    },
)


@given(NAMES, SETTINGS)
def test_export_then_import_is_the_identity(name: str, values: dict[str, Any]) -> None:
    profile = assign(Profile(name=name), values)
    back = imported(json.loads(provisioner_file.written(exported(profile))))
    assert back.profile == profile


@given(DOCUMENTS, SETTINGS)
def test_a_changed_import_goes_out_with_its_changes(document: dict[str, Any], values: dict[str, Any]) -> None:
    try:
        profile = assign(imported(document).profile, values)
    except SettingsError:
        return
    out = exported(profile)
    back = imported(out, name=profile.name).profile
    assert display(back) == display(profile)
    assert same(exported(back), out)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_any_document_survives_a_profile_file(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]
) -> None:
    import tomllib

    import tomli_w

    try:
        text = tomli_w.dumps({"icf": stored(document)})
        text.encode()
    except UnicodeEncodeError:
        return  # half a character: no file that is read has one
    assert same(restored(tomllib.loads(text)["icf"]), document)


def test_an_imported_profile_survives_its_file(tmp_path: Path) -> None:
    profiles = Profiles(Paths(tmp_path / "config", tmp_path / "state"))
    profile = imported(FULL).profile
    profiles.save(profile)
    assert profiles.load("hubspot") == profile
    assert same(exported(profiles.load("hubspot")), without_secrets(FULL))
    profiles.save(assign(profile, {"permitsPerSecond": "5"}))
    assert exported(profiles.load("hubspot"))["configurationProperties"]["permitsPerSecond"] == 5
    assert profiles.path("hubspot").stat().st_mode & 0o777 == 0o600
    assert "canary" not in profiles.path("hubspot").read_text()


@pytest.mark.parametrize(
    "text",
    ["icf = 1", "[icf]\nother = 1", "[icf.provisioner]\nx = 2026-01-01", '[icf]\nnulls = ["/a/b"]\nprovisioner = {}',
     '[icf.provisioner.operationTimeout]\nGET = "soon"', '[icf.provisioner.operationTimeout]\nGET = "--5"', "[icf.provisioner]\noperationOptions = 3"],
)  # fmt: skip
def test_a_damaged_table_is_told_with_its_file(tmp_path: Path, text: str) -> None:
    profiles = Profiles(Paths(tmp_path, tmp_path))
    profiles.path("x").parent.mkdir()
    profiles.path("x").write_text(text)
    with pytest.raises(SettingsError) as told:
        profiles.load("x")
    assert told.value.file == profiles.path("x")
    assert told.value.remedy


@pytest.mark.connector_row("encrypted-secrets", "provisioner-encrypted-values")
def test_secrets_are_taken_out_and_encrypted_ones_reported() -> None:
    found = imported(full(accessToken="canary-access", myPassword="canary-own", url={"$crypto": {}}))
    assert found.secrets == {"refreshToken": "canary-refresh-4471", "accessToken": "canary-access"}
    out = f"{exported(found.profile)}{found!r}{found.notes}{msgspec.to_builtins(found.notes)}"
    assert "canary" not in out
    assert "$crypto" not in json.dumps(exported(found.profile))
    notes = {note.key: note for note in found.notes}
    assert "cannot" not in notes["clientSecret"].message
    assert notes["clientSecret"].state == "attention"
    assert "encrypted" in notes["clientSecret"].message
    assert notes["clientSecret"].advice.endswith("credentials set clientSecret")
    assert notes["myPassword"].state == notes["url"].state == "left out"


@pytest.mark.parametrize("value", ["&{hubspot.secret}", {"$string": "&{esv.hubspot.secret}"}, 7, ["x"]])
def test_what_is_no_secret_is_not_stored_as_one(value: Any) -> None:
    found = imported(full(clientSecret=value))
    assert "clientSecret" not in found.secrets
    assert next(note for note in found.notes if note.key == "clientSecret").state == "attention"


def test_a_reference_to_a_property_of_the_server_is_not_guessed() -> None:
    found = imported(full(permitsPerSecond={"$int": "&{hubspot.permits}"}, clientId="&{hubspot.id}"))
    assert (found.profile.permits_per_second, found.profile.client_id) == (10, "")
    notes = {note.key: note for note in found.notes}
    assert "default is used" in notes["configurationProperties.clientId"].message
    assert "profile set permitsPerSecond" in notes["configurationProperties.permitsPerSecond"].advice


@pytest.mark.parametrize("key", ["apiBaseUrl", "authorizeUrl", "remoteUrl"])
@pytest.mark.parametrize("section", ["configurationProperties", "hubspoke"])
def test_a_foreign_server_is_refused_until_it_is_accepted(key: str, section: str) -> None:
    document = copy.deepcopy(FULL)
    document.setdefault(section, {})[key] = "https://hubapi.com.evil.example/x"
    with pytest.raises(SettingsError, match="not HubSpot's") as told:
        imported(document)
    assert told.value.key == key
    assert "--accept-url https://hubapi.com.evil.example" in told.value.remedy
    found = imported(document, accept=["https://hubapi.com.evil.example"])
    assert next(note for note in found.notes if note.key == key).state == "attention"
    assert same(exported(found.profile), without_secrets(document))


def test_hubspots_own_servers_are_not_foreign() -> None:
    found = imported(
        full(apiBaseUrl="https://api-eu1.hubapi.com", authorizeUrl="https://app-eu1.hubspot.com/oauth/authorize")
    )
    assert found.profile.api_base_url == "https://api-eu1.hubapi.com"
    with pytest.raises(SettingsError, match="not HubSpot's"):
        imported(full(apiBaseUrl="http://127.0.0.1:8080"))


@pytest.mark.connector_row("connector-ref")
def test_the_reference_to_the_connector_is_looked_at() -> None:
    other = FULL | {"connectorRef": {"connectorName": "org.identityconnectors.ldap.LdapConnector"}}
    with pytest.raises(SettingsError, match="another connector"):
        imported(other)
    remote = imported(FULL | {"connectorRef": {**CONNECTOR_REF, "connectorHostRef": "rcs1"}})
    note = next(note for note in remote.notes if note.key == "connectorRef.connectorHostRef")
    assert note.state == "attention"
    assert "rcs1" in note.message
    assert "httpProxyHost" in note.advice
    old = imported(FULL | {"connectorRef": {**CONNECTOR_REF, "bundleVersion": "[1.4.0.0,1.5.0.0)"}})
    assert any(note.key == "connectorRef.bundleVersion" and note.state == "attention" for note in old.notes)
    local = [note for note in imported(FULL).notes if note.state == "attention"]
    assert {note.key for note in local} == {"clientSecret", "operationOptions.DELETE.onDeny"}


@pytest.mark.parametrize(
    ("version", "told"),
    [("[1.5.0.0,1.6.0.0)", False), ("1.5.20.34", False), ("(1.5.20.34,2)", True), ("[1.5.20.34,1.5.20.34]", False),
     ("[1,1.5.20.34)", True), ("", True), ("latest", True)],
)  # fmt: skip
def test_version_ranges(version: str, told: bool) -> None:
    found = imported(FULL | {"connectorRef": {**CONNECTOR_REF, "bundleVersion": version}})
    assert any(note.key == "connectorRef.bundleVersion" for note in found.notes) is told


@pytest.mark.connector_row("pooling-icf")
def test_what_has_no_effect_is_kept_and_says_so() -> None:
    notes = {note.key: note for note in imported(FULL).notes}
    for key in (
        "poolConfigOption",
        "connectorPoolingSupported",
        "producerBufferSize",
        "syncFailureHandler",
        "systemActions",
    ):
        assert notes[key].state == "kept"
        assert "has no effect" in notes[key].message
    assert "maximumConnections" in notes["poolConfigOption"].advice
    assert notes["resultsHandlerConfig.enableNormalizingResultsHandler"].state == "kept"
    assert exported(imported(FULL).profile)["poolConfigOption"] == FULL["poolConfigOption"]


def test_unknown_keys_are_kept_and_name_the_nearest() -> None:
    document = full(permitPerSecond=3) | {"operationTimeouts": {"GET": 1}}
    document["operationTimeout"]["SERCH"] = 5
    notes = {note.key: note for note in imported(document).notes}
    assert notes["operationTimeouts"].advice == "Did you mean operationTimeout?"
    assert notes["configurationProperties.permitPerSecond"].advice == "Did you mean permitsPerSecond?"
    assert notes["operationTimeout.SERCH"].state == "unknown"
    assert exported(imported(document).profile)["operationTimeouts"] == {"GET": 1}


def test_switched_off_protection_is_pointed_at() -> None:
    found = imported(full(acceptSelfSignedCertificates="true", disableHostNameVerifier=True))
    keys = {note.key for note in found.notes if note.state == "attention"}
    assert {"acceptSelfSignedCertificates", "disableHostNameVerifier"} <= keys


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"configurationProperties": {"permitsPerSecond": "ten"}}, "permitsPerSecond"),
        ({"configurationProperties": []}, "configurationProperties"),
        ({"configurationProperties": {"httpProxyHost": "proxy"}}, "httpProxyHost"),
        ({"enabled": "perhaps"}, "enabled"),
        ({"operationTimeout": {"GET": "soon"}}, "operationTimeout"),
        ({"operationTimeout": {"GET": 10**12}}, "operationTimeout"),
        ({"operationOptions": {"GET": {"denied": True, "onDeny": "SHRUG"}}}, "operationOptions"),
        ({"objectTypes": {"contact": {"properties": {"a": 3}}}}, "objectTypes"),
        ({"objectTypes": {"contact": {"properties": {"a": {"flags": "REQUIRED"}}}}}, "a"),
        ({"name": "no such name!"}, "name"),
        ({"name": None}, "name"),
    ],
)
def test_values_that_are_not_allowed_are_refused_with_their_key(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(SettingsError) as told:
        imported(FULL | changes)
    assert told.value.key == key
    assert told.value.remedy


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not JSON"),
        (b"[]", "no JSON object"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"clientSecret": "canary-1", "clientSecret": "canary-2"}', "twice"),
        (b'{"a": NaN}', "no JSON"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too large"),
        (b'{"a": "\\ud800"}', "half a character"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"a": ' + b"[" * 60 + b"]" * 60 + b"}", "too deep"),
        (b'{"a": ' + b"[" * 100_000, "too deep"),
        (b" " * (4 * 1024 * 1024 + 1), "larger than 4 MB"),
        (b'{"a": "canary', "not JSON"),
    ],
)
def test_files_that_are_none(data: bytes, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as told:
        provisioner_file.parse(data)
    assert told.value.remedy
    assert "canary" not in f"{told.value!r}{told.value}{told.value.__cause__}"


def test_the_configuration_resource_of_a_server_is_a_provisioner_file() -> None:
    document = {key: value for key, value in FULL.items() if key != "name"} | {
        "_id": "provisioner.openicf/crm", "_rev": "3",
    }  # fmt: skip
    found = imported(document)
    assert found.profile.name == "crm"
    assert exported(found.profile) == without_secrets(document) | {"name": "crm"}
    assert imported(FULL, name="other-one").profile.name == "other-one"
    assert exported(imported(FULL, name="other-one").profile)["name"] == "hubspot"
    assert exported(Profile(name="other-one"))["name"] == "otherone"
