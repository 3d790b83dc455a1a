"""Batches, configurations, reconciliations and scripts of the connector's REST."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import msgspec

from console.gateway.crest.configs import reopen
from console.settings.icf import IcfSettings
from tests.gateway.crest.crest_serving import Serving

CONTACT = "system/hubspot/contact"
CONFIG = "config/provisioner.openicf/hubspot"


async def batch(client: httpx.AsyncClient, operation: str, items: list[dict[str, Any]], **more: Any) -> Any:
    """A batch's results."""
    body = {"operation": operation, "items": items, **more}
    answer = await client.post(CONTACT, params={"_action": "batch"}, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


async def test_a_batch_tells_of_each_item_what_became_of_it(crest: Serving) -> None:
    async with crest.client() as client:
        made = await batch(client, "create", [{"email": f"b{n}@example.org", "_trace": f"t{n}"} for n in range(100)])
        again = await batch(client, "create", [{"email": "b1@example.org"}, {"email": "new@example.org"}])
        ids = [one["object"]["_id"] for one in made]
        read = await batch(
            client, "read", [{"_id": "b7@example.org"}, {"_id": "no@no.no"}], idProperty="email", fields=["email"]
        )
        changed = await batch(client, "update", [{"_id": ids[0], "city": "Kandy"}, {"_id": "99999999", "city": "x"}])
        upserted = await batch(client, "upsert", [{"_id": "b2@example.org", "city": "Galle"}], idProperty="email")
        gone = await batch(client, "delete", [{"_id": ids[5]}])
    assert {one["status"] for one in made} == {201}
    assert [one["status"] for one in again] == [412, 201]
    assert again[0]["error"]["detail"]["existingId"] == ids[1]
    assert [one["status"] for one in read] == [200, 404]
    assert read[0]["object"]["_id"] == ids[7]
    assert [one["status"] for one in changed] == [200, 404]
    assert (upserted[0]["new"], gone[0]) == (False, {"status": 200})
    assert ids[5] not in crest.simulator.dump("contacts")


async def test_values_of_a_batch_are_text_as_hubspot_has_them(crest: Serving) -> None:
    item = {"email": "v@example.org", "mobilephone": 12, "zip": True, "jobtitle": ["a", "b"], "city": None}
    async with crest.client() as client:
        (made,) = await batch(client, "create", [item], fields=[])
    values = next(iter(crest.simulator.dump("contacts").values()), {})
    assert made["status"] == 201, made
    assert (values["mobilephone"], values["jobtitle"], "city" in values) == ("12", "a;b", False)
    assert values["zip"] == "true"


async def test_batches_that_make_no_sense(crest: Serving) -> None:
    bodies: list[Any] = [
        {},
        {"operation": "explode", "items": []},
        {"operation": "create", "items": []},
        {"operation": "create", "items": [{"email": "a@example.org"}] * 101},
        {"operation": "delete", "items": [{"email": "a@example.org"}]},
        {"operation": "read", "items": [{"_id": "1"}, {"_id": "1"}]},
        {"operation": "read", "items": [{"_id": "1"}], "surprise": 1},
    ]
    async with crest.client() as client:
        answers = [await client.post(CONTACT, params={"_action": "batch"}, json=body) for body in bodies]
        listed = await client.post(CONTACT, params={"_action": "list"}, json={"limit": 1000})
        searched = await client.post(CONTACT, params={"_action": "search"}, json={"filterGroups": [{}] * 9})
        definitions = await client.post("system/hubspot/contactProperties", params={"_action": "list"}, json={})
    assert [one.status_code for one in (*answers, listed, searched)] == [400] * 9
    assert definitions.status_code == 404
    assert crest.simulator.dump("contacts") == {}


async def test_what_the_provisioner_file_denies_is_denied_in_batches_too(crest: Serving) -> None:
    icf = IcfSettings({"operationOptions": {"DELETE": {"denied": True}}})
    await reopen(crest.session, msgspec.structs.replace(crest.session.profile, icf=icf))
    async with crest.client() as client:
        uid = (await client.post(CONTACT, json={"email": "a@example.org"})).json()["_id"]
        body = {"operation": "delete", "items": [{"_id": uid}]}
        many = await client.post(CONTACT, params={"_action": "batch"}, json=body)
        one = await client.delete(f"{CONTACT}/{uid}")
    assert (many.status_code, one.status_code) == (403, 403)
    assert uid in crest.simulator.dump("contacts")


async def test_a_configuration_is_read_changed_and_never_tells_a_secret(crest: Serving) -> None:
    async with crest.client() as client:
        first = await client.get(CONFIG)
        secret = [{"operation": "replace", "field": "/configurationProperties/clientSecret", "value": "geheim-geheim"}]
        patched = await client.patch(
            CONFIG, json=[*secret, {"operation": "replace", "field": "/displayName", "value": "CRM"}]
        )
        stale = await client.put(CONFIG, json=patched.json(), headers={"If-Match": first.json()["_rev"]})
        put = await client.put(CONFIG, json=patched.json(), headers={"If-Match": patched.json()["_rev"]})
        status = (await client.post("system/hubspot", params={"_action": "test"})).json()
    assert first.json()["_id"] == "provisioner.openicf/hubspot" or first.json()["_id"].startswith(
        "provisioner.openicf/"
    )
    assert patched.json()["configurationProperties"]["clientSecret"] == {"$crypto": {"type": "vault"}}
    assert "geheim" not in patched.text + put.text
    assert (stale.status_code, put.status_code) == (412, 200), put.text
    assert await (await crest.session.secrets).get("clientSecret") == "geheim-geheim"
    assert crest.session.profiles.load("gw").display_name == "CRM"
    assert (status["displayName"], status["ok"]) == ("CRM", True)


async def test_a_configuration_leads_nowhere_else_and_is_taken_whole_or_not(crest: Serving) -> None:
    async with crest.client() as client, crest.client("eye") as eye:
        document = (await client.get(CONFIG)).json()
        elsewhere = {**document, "hubspoke": {**document["hubspoke"], "apiBaseUrl": "https://evil.example"}}
        foreign = await client.put(CONFIG, json=elsewhere)
        remote = await client.patch(
            CONFIG, json=[{"operation": "add", "field": "/hubspoke/remoteUrl", "value": "https://evil.example"}]
        )
        wrong = await client.patch(
            CONFIG, json=[{"operation": "add", "field": "/hubspoke/timeoutSeconds", "value": "soon"}]
        )
        reader = await eye.put(CONFIG, json=document)
        same = (await client.get(CONFIG)).json()
    assert [one.status_code for one in (foreign, remote, wrong, reader)] == [400, 400, 400, 403]
    assert same == document


async def test_a_deleted_configuration_is_gone_and_nothing_works_any_more(crest: Serving) -> None:
    async with crest.client() as client:
        gone = await client.delete(CONFIG)
        after = await client.get(CONFIG)
        contact = await client.get(f"{CONTACT}/1")
    assert (gone.status_code, after.status_code, contact.status_code) == (200, 404, 500)
    assert crest.session.profiles.names() == []


async def test_a_configuration_is_made_in_three_steps_and_tried(crest: Serving) -> None:
    async with crest.client() as client:
        refs = (await client.post("system", params={"_action": "availableConnectors"})).json()["connectorRef"]
        core = (
            await client.post("system", params={"_action": "createCoreConfig"}, json={"connectorRef": refs[0]})
        ).json()
        full = (await client.post("system", params={"_action": "createFullConfig"}, json=core)).json()
        own = (await client.get(CONFIG)).json()
        own = {name: value for name, value in own.items() if not name.startswith("_")}
        good = await client.post("system", params={"_action": "testConfig"}, json=own)
        with_id = await client.post("system", params={"_action": "testConfig"}, json={**own, "id": "x"})
        nameless = await client.post("system", params={"_action": "testConfig"}, json={})
        bent = {**own, "hubspoke": {**own["hubspoke"], "caFile": "/etc/hostname"}}
        other_way = await client.post("system", params={"_action": "testConfig"}, json=bent)
        servers = (await client.post("system", params={"_action": "availableConnectorServers"})).json()
        rcs = (await client.post("system", params={"_action": "testConnectorServers"})).json()
    assert core["configurationProperties"]["clientSecret"] is None
    assert set(full["objectTypes"]) == {"company", "companyProperties", "contact", "contactProperties"}
    assert full["objectTypes"]["contact"]["properties"]["email"]["nativeType"] == "string"
    assert good.json() == {"ok": True, "name": own["name"]}
    assert (with_id.status_code, nameless.status_code) == (400, 400)
    assert other_way.json()["ok"] is False, "the vault's secrets do not go another way than they always go"
    assert (len(servers), rcs) == (4, {"openicf": []})


async def test_scripts_of_the_configuration_run_beside_the_connector(crest: Serving, tmp_path: Path) -> None:
    scripts = crest.session.paths.config / "scripts"
    scripts.mkdir(mode=0o700)
    (scripts / "hello.py").write_text("'hello ' + arguments['who']", encoding="utf-8")
    (tmp_path / "outside.py").write_text("1", encoding="utf-8")
    actions = [
        {"systemType": ".*HubspotConnector", "actionType": "python", "actionSource": "arguments['a'] + arguments['b']"},
        {"systemType": ".*HubspotConnector", "actionType": "groovy", "actionSource": "1"},
        {"systemType": ".*ScriptedSQL.*", "actionType": "python", "actionSource": "2"},
    ]
    icf = IcfSettings(
        {
            "systemActions": [
                {"scriptId": "sum", "actions": actions},
                {"scriptId": "hello", "actions": [{"actionType": "python", "actionFile": "hello.py"}]},
                {"scriptId": "out", "actions": [{"actionType": "python", "actionFile": "../../outside.py"}]},
            ]
        }
    )
    await reopen(crest.session, msgspec.structs.replace(crest.session.profile, icf=icf))
    async with crest.client() as client, crest.client("eye") as eye:

        async def run(script: str, **more: str) -> httpx.Response:
            return await client.post("system/hubspot", params={"_action": "script", "scriptId": script, **more})

        summed = await client.post(
            "system/hubspot", params={"_action": "script", "scriptId": "sum", "a": "x"}, json={"b": "y"}
        )
        hello, out, unknown = await run("hello", who="Ann"), await run("out"), await run("nothing")
        reader = await eye.post("system/hubspot", params={"_action": "script", "scriptId": "sum"})
    assert summed.json()["actions"][0] == {"result": "xy"}
    assert "Python" in summed.json()["actions"][1]["error"]
    assert len(summed.json()["actions"]) == 2
    assert hello.json() == {"actions": [{"result": "hello Ann"}]}
    assert (out.status_code, unknown.status_code, reader.status_code) == (400, 400, 403)


PEOPLE = "id,email\n" + "".join(f"{n},r{n}@example.org\n" for n in range(5))
MAPPING = """\
version = 1
name = "rows"
source = "{file}"
source_id = "id"
target = "contact"
correlate = ["email"]

[properties]
email = "source.email"

{more}
"""


def mapping(crest: Serving, folder: Path, more: str = "") -> None:
    """A mapping of five people."""
    (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    text = MAPPING.format(file=folder / "people.csv", more=more)
    (crest.session.paths.mappings / "rows.toml").write_text(text, encoding="utf-8")


async def test_a_reconciliation_is_a_plan_and_a_run(crest: Serving, tmp_path: Path) -> None:
    mapping(crest, tmp_path)
    async with crest.client() as client:
        dry = await client.post(
            "recon", params={"_action": "recon", "mapping": "rows", "analyze": "true", "waitForCompletion": "true"}
        )
        assert crest.simulator.dump("contacts") == {}
        begun = await client.post("recon", params={"_action": "recon", "mapping": "rows", "waitForCompletion": "true"})
        shown = (await client.get(f"recon/{begun.json()['_id']}")).json()
        every = (await client.get("recon")).json()["reconciliations"]
        over = await client.post(f"recon/{begun.json()['_id']}", params={"_action": "cancel"})
        by_plan = (await client.get(f"recon/{shown['plan']}")).json()
    assert dry.json()["state"] == begun.json()["state"] == "SUCCESS", shown
    assert len(crest.simulator.dump("contacts")) == 5
    assert (shown["state"], shown["stage"]) == ("SUCCESS", "COMPLETED_SUCCESS")
    assert shown["situationSummary"]["ABSENT"] == 5
    assert shown["statusSummary"] == {"SUCCESS": 5, "FAILURE": 0}
    assert shown["progress"]["source"]["existing"] == {"processed": 5, "total": "5"}
    assert len(every) == 2
    assert over.status_code == 400
    assert by_plan["state"] == "SUCCESS"


async def test_a_reconciliation_waits_where_a_human_must_approve(crest: Serving, tmp_path: Path) -> None:
    mapping(crest, tmp_path, "[guard]\nfour_eyes = true")
    async with crest.client() as client:
        begun = (await client.post("recon", params={"_action": "recon", "mapping": "rows"})).json()
        assert begun["state"] == "ACTIVE"
        for _ in range(200):
            shown = (await client.get(f"recon/{begun['_id']}")).json()
            if shown["state"] != "ACTIVE":
                break
            await asyncio.sleep(0.02)
        unknown = await client.post("recon", params={"_action": "recon", "mapping": "../../etc/passwd"})
        missing = await client.get("recon/recon-none")
        by_id = await client.post("recon", params={"_action": "reconById", "mapping": "rows"})
    assert shown["state"] == "WAITING_FOR_APPROVAL"
    assert "four eyes" in shown["stageDescription"]
    assert [one.status_code for one in (unknown, missing, by_id)] == [400, 404, 400]
    assert crest.simulator.dump("contacts") == {}


async def test_whoever_may_reconcile_but_not_write_makes_plans_that_wait(crest: Serving, tmp_path: Path) -> None:
    mapping(crest, tmp_path)
    async with crest.client("planner") as client:
        params = {"_action": "recon", "mapping": "rows", "waitForCompletion": "true"}
        begun = (await client.post("recon", params=params)).json()
        shown = (await client.get(f"recon/{begun['_id']}")).json()
        cancelled = await client.post(f"recon/{begun['_id']}", params={"_action": "cancel"})
    assert begun["state"] == "WAITING_FOR_APPROVAL"
    assert f"hubspoke apply {shown['plan']}" in shown["stageDescription"]
    assert cancelled.status_code == 400
    assert crest.simulator.dump("contacts") == {}


async def test_a_reconciliation_that_is_cancelled_writes_nothing(crest: Serving, tmp_path: Path) -> None:
    mapping(crest, tmp_path)
    crest.simulator.settings(latency=0.5)
    async with crest.client() as client:
        begun = (await client.post("recon", params={"_action": "recon", "mapping": "rows"})).json()
        twice = await client.post("recon", params={"_action": "recon", "mapping": "rows"})
        cancelled = await client.post(f"recon/{begun['_id']}", params={"_action": "cancel"})
        shown = (await client.get(f"recon/{begun['_id']}")).json()
    crest.simulator.settings(latency=0)
    assert twice.status_code == 409
    assert cancelled.json() == {"status": "SUCCESS", "action": "cancel", "_id": begun["_id"]}
    assert (shown["state"], shown["stage"]) == ("CANCELED", "COMPLETED_CANCELED")
    assert crest.simulator.dump("contacts") == {}
