"""HubSpot's own SDKs on property definitions, write rules, limits and OAuth: their models parse every answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hubspot  # type: ignore[import-untyped]
import hubspot_sdk
import pytest
from hubspot.crm import properties as old_properties  # type: ignore[import-untyped]
from hubspot.oauth import ApiException as OldOAuthError  # type: ignore[import-untyped]
from hubspot_sdk.types.auth.access_token_response import AccessTokenResponse
from hubspot_sdk.types.auth.client_credentials_token_response import ClientCredentialsTokenResponse
from hubspot_sdk.types.auth.public_access_token_info_response import PublicAccessTokenInfoResponse
from hubspot_sdk.types.auth.public_refresh_token_info_response import PublicRefreshTokenInfoResponse
from hubspot_sdk.types.shared.property import Property
from hubspot_sdk.types.shared.property_group import PropertyGroup

from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """One portal for the whole file; each test has its own names."""
    with start_simulator() as running:
        yield running


@pytest.fixture
def old(simulator: Simulator) -> Any:
    """hubspot-api-client, on the v3 paths."""
    return hubspot.HubSpot(host=simulator.url, access_token=simulator.token)


@pytest.fixture
def new(simulator: Simulator) -> Iterator[Any]:
    """hubspot-sdk, on the 2026-03 paths."""
    with hubspot_sdk.HubSpot(base_url=simulator.url, access_token=simulator.token, max_retries=0) as client:
        yield client


def test_the_old_sdk_makes_changes_and_archives_a_property(old: Any) -> None:
    api = old.crm.properties.core_api
    options = [old_properties.OptionInput(label="Red", value="red", display_order=1, hidden=False)]
    made = api.create(
        "contacts",
        old_properties.PropertyCreate(
            name="old_colour",
            label="Colour",
            type="enumeration",
            field_type="select",
            group_name="contactinformation",
            options=options,
        ),
    )
    assert (made.created_user_id, made.options[0].display_order, made.archived) == ("20071", 1, False)
    changed = api.update("contacts", "old_colour", old_properties.PropertyUpdate(label="Paint"))
    assert (changed.label, changed.options[0].value) == ("Paint", "red")
    api.archive("contacts", "old_colour")
    (archived,) = [one for one in api.get_all("contacts", archived=True).results if one.name == "old_colour"]
    assert archived.archived_at is not None
    with pytest.raises(old_properties.ApiException) as taken:
        api.create(
            "contacts",
            old_properties.PropertyCreate(
                name="email", label="x", type="string", field_type="text", group_name="contactinformation"
            ),
        )
    assert taken.value.status == 409


def test_the_old_sdk_batches_and_groups(old: Any) -> None:
    group = old.crm.properties.groups_api.create(
        "companies", old_properties.PropertyGroupCreate(name="old_group", label="Group", display_order=4)
    )
    assert (group.name, group.display_order) == ("old_group", 4)
    inputs = [
        old_properties.PropertyCreate(name=name, label=name, type="number", field_type="number", group_name="old_group")
        for name in ("old_a", "old_b", "name")
    ]
    made = old.crm.properties.batch_api.create("companies", old_properties.BatchInputPropertyCreate(inputs=inputs))
    assert [one.name for one in made.results] == ["old_a", "old_b"]
    assert made.num_errors == 1
    assert made.errors[0].context == {"name": ["name"]}
    names = [old_properties.PropertyName(name=name) for name in ("old_a", "old_b")]
    old.crm.properties.batch_api.archive("companies", old_properties.BatchInputPropertyName(inputs=names))
    old.crm.properties.groups_api.archive("companies", "old_group")
    assert "old_group" not in {one.name for one in old.crm.properties.groups_api.get_all("companies").results}


def test_the_new_sdk_reads_every_definition_with_its_own_model(new: Any) -> None:
    for object_type in ("contacts", "companies"):
        found = new.crm.properties.list(object_type).results
        assert len(found) >= 75
        for definition in found:
            Property.model_validate(definition.to_dict(), strict=False)
        for group in new.crm.properties.groups.list(object_type).results:
            PropertyGroup.model_validate(group.to_dict())


def test_the_new_sdk_makes_changes_and_archives_a_property(new: Any) -> None:
    plain = {"label": "Size", "type": "string", "field_type": "text", "group_name": "contactinformation"}
    made = new.crm.properties.create("contacts", name="new_size", has_unique_value=True, **plain)
    assert (made.has_unique_value, made.modification_metadata.archivable) == (True, True)
    changed = new.crm.properties.update("new_size", object_type="contacts", description="EU", hidden=True)
    assert (changed.description, changed.hidden) == ("EU", True)
    read = new.crm.properties.batch.get(
        "contacts", archived=False, data_sensitivity="non_sensitive", inputs=[{"name": "new_size"}]
    )
    assert [one.name for one in read.results] == ["new_size"]
    new.crm.properties.delete("new_size", object_type="contacts")
    with pytest.raises(hubspot_sdk.NotFoundError):
        new.crm.properties.get("new_size", object_type="contacts")
    with pytest.raises(hubspot_sdk.BadRequestError):
        new.crm.properties.create("contacts", name="New Size", **plain)


def test_the_new_sdk_reads_rules_and_limits(simulator: Simulator, new: Any) -> None:
    simulator.rules("", {"objectType": "contacts", "property": "zip", "ruleType": "MAX_LENGTH", "ruleArguments": ["5"]})
    (rule,) = new.crm.properties_validations.get_by_object_type_id("0-1").results
    assert (rule.property_name, rule.property_validation_rules[0].rule_type) == ("zip", "MAX_LENGTH")
    limits = new.crm.limits.get_custom_property_limits()
    assert {one.object_type_id for one in limits.by_object_type} == {"0-1", "0-2"}
    assert limits.overall_limit == 2000


def test_the_old_sdk_signs_in_on_v1(simulator: Simulator, old: Any) -> None:
    client = {"client_id": simulator.client_id, "client_secret": simulator.client_secret}
    tokens = old.oauth.tokens_api.create(grant_type="refresh_token", refresh_token=simulator.refresh_token, **client)
    about = old.oauth.access_tokens_api.get(tokens.access_token)
    assert (about.hub_id, about.token_type, about.expires_in > 1700) == (simulator.portal_id, "access", True)
    about = old.oauth.refresh_tokens_api.get(simulator.refresh_token)
    assert (about.client_id, about.token_type) == (simulator.client_id, "refresh")
    with pytest.raises(OldOAuthError) as refused:
        old.oauth.tokens_api.create(grant_type="refresh_token", refresh_token="x", **client)
    assert refused.value.status == 400
    assert "BAD_REFRESH_TOKEN" in refused.value.body


def test_the_new_sdks_models_parse_what_the_token_endpoint_says(simulator: Simulator) -> None:
    client = {"client_id": simulator.client_id, "client_secret": simulator.client_secret}

    def ask(path: str, **form: str) -> Any:
        answer = simulator.request("POST", f"/oauth/2026-03/token{path}", form=client | form, token=None)
        assert answer.status == 200
        return answer.json

    tokens = ask("", grant_type="refresh_token", refresh_token=simulator.refresh_token)
    assert AccessTokenResponse.model_validate(tokens).expires_in == 1800
    own = ask("", grant_type="client_credentials")
    assert ClientCredentialsTokenResponse.model_validate(own).token_use == "client_credentials"
    about = PublicAccessTokenInfoResponse.model_validate(ask("/introspect", token=tokens["access_token"]))
    assert (about.active, about.signed_access_token.hub_id) == (True, simulator.portal_id)
    about_refresh = PublicRefreshTokenInfoResponse.model_validate(ask("/introspect", token=simulator.refresh_token))
    assert about_refresh.token_use == "refresh_token"
