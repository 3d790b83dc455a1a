"""`hubspoke gateway` as an operator starts it: certificates, clients, limits of who may call, status, and its end."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import ssl
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import trustme

from console.gateway.settings import Client, GatewaySettings, load, save
from console.settings.errors import SettingsError
from console.settings.paths import Paths
from tests.gateway.serving import MAPPING
from tests.support.canaries import Canaries, ProcessWatch
from tests.support.operator import Operator
from tests.support.secret_service import PrivateSession
from tests.support.simulator import Simulator

PASSPHRASE = "a passphrase of nobody 4711"
SECRET = "canary-secret-of-wso2-0815"


class Running(NamedTuple):
    """A gateway of its own process, as it said that it is ready."""

    process: subprocess.Popen[str]
    url: str
    certificate: str

    def get(self, path: str, verify: Any = True, auth: Any = ("wso2", SECRET), **more: Any) -> httpx.Response:
        with httpx.Client(verify=verify, trust_env=False, timeout=20) as client:
            return client.get(self.url + path, auth=auth, **more)


@pytest.fixture
def operator(hubspot: Simulator, tmp_path: Path) -> Operator:
    made = Operator(tmp_path, hubspot.url, hubspot.token)
    made.environment["HUBSPOKE_GATEWAY_WSO2"] = SECRET
    return made


def settings_of(operator: Operator, **changes: Any) -> None:
    paths = Paths.resolve(str(operator.config), str(operator.state))
    clients = (Client(name="wso2", rights=("scim:read", "scim:write", "metrics")),)
    save(paths, GatewaySettings(**{"listen": "127.0.0.1:0", "client": clients, **changes}))


@contextmanager
def running(operator: Operator, *arguments: str) -> Iterator[Running]:
    process = operator.start("gateway", "--ready-json", *arguments)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        told = json.loads(line)
        yield Running(process, told["url"], told["certificate"])
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=50)
        operator.said += [out, err]


def test_a_self_signed_certificate_is_made_private_and_is_the_one_that_is_shown(operator: Operator) -> None:
    settings_of(operator)
    with running(operator) as gateway:
        pem, key = operator.config / "gateway-certificate.pem", operator.config / "gateway-key.pem"
        assert [stat.S_IMODE(path.stat().st_mode) for path in (pem, key)] == [0o600, 0o600]
        trusting = ssl.create_default_context(cafile=str(pem))
        trusting.verify_flags |= ssl.VERIFY_X509_STRICT
        assert gateway.get("/healthz", trusting, auth=None).json() == {"status": "ok"}
        host, port = gateway.url.removeprefix("https://").split(":")
        shown = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((host, int(port))))
        facts = operator.run("gateway", "certificate").stdout
        digest = hashlib.sha256(shown).hexdigest().upper()
        assert gateway.certificate == ":".join(digest[at : at + 2] for at in range(0, 64, 2))
        assert gateway.certificate in facts
        with pytest.raises(httpx.ConnectError):
            gateway.get("/healthz", auth=None)
    operator.run("gateway", "certificate", "--new", "--name", "gw.example.org", "--name", "192.0.2.7")
    assert gateway.certificate not in operator.run("gateway", "certificate").stdout
    operator.run("gateway", "certificate", "--new", "--name", "gw/é", code=1)


def test_an_own_certificate_and_clients_who_bring_one(operator: Operator) -> None:
    authority, strangers = trustme.CA(), trustme.CA()
    folder = operator.folder
    served = authority.issue_cert("localhost", "127.0.0.1")
    served.private_key_pem.write_to_path(str(folder / "key.pem"))
    served.cert_chain_pems[0].write_to_path(str(folder / "chain.pem"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    settings_of(
        operator,
        tls="files",
        certificate=str(folder / "chain.pem"),
        key=str(folder / "key.pem"),
        client_ca=str(folder / "ca.pem"),
        client=(Client(name="wso2"), Client(name="is", auth="mtls", subject="wso2.example.org")),
    )

    def context(issuer: trustme.CA | None, name: str = "wso2.example.org") -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        if issuer is not None:
            issuer.issue_cert(name).configure_cert(made)
        return made

    with running(operator) as gateway:
        assert gateway.get("/scim/v2/Users", context(authority), auth=None).status_code == 200
        assert gateway.get("/scim/v2/Users", context(authority, "other.example.org"), auth=None).status_code == 401
        assert gateway.get("/scim/v2/Users", context(None), auth=None).status_code == 401
        assert gateway.get("/scim/v2/Users", context(None)).status_code == 200
        with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)):
            gateway.get("/scim/v2/Users", context(strangers), auth=None)
        time.sleep(0.7)
        told = operator.json("gateway", "status")
        assert {one["client"] for one in told["newest"]} == {"is", "wso2", ""}


def test_what_must_not_be_served_is_refused_in_words(operator: Operator, hubspot: Simulator) -> None:
    settings_of(operator, tls="off")
    refused = operator.run("gateway", "--listen", "0.0.0.0:0", code=1).stderr
    assert "tls is off: secrets would travel in the clear" in refused
    port = hubspot.url.rsplit(":", 1)[1]
    taken = operator.run("gateway", "--listen", f"127.0.0.1:{port}", code=1).stderr
    assert f"127.0.0.1:{port} cannot be listened on: address already in use" in taken
    assert "Traceback" not in taken
    settings_of(operator, tls="files", certificate="/nowhere.pem", key="/nowhere.key")
    assert "cannot be used" in operator.run("gateway", code=1).stderr
    settings_of(operator, client=())
    assert "no client" in operator.run("gateway", code=2).stderr
    settings_of(operator, client=(Client(name="wso2", mapping="nobody-made-it"),))
    assert "nobody-made-it" in operator.run("gateway", code=1).stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('listne = "127.0.0.1:1"', 'Unknown key "listne"'),
        ('[[client]]\nname = "a"\nmaping = "x"', "Did you mean mapping?"),
        ('[[client]]\nname = "a"\nscope = "mail xx 1"', "The scope of the client a is no query filter"),
        ('[[client]]\nname = "a"\n[[client]]\nname = "a"', "The client a is there twice"),
        ('[[client]]\nname = "a"\nauth = "mtls"', "needs its subject and client_ca"),
        ('[[client]]\nname = "Big Name"', "is no name of a client"),
        ('listen = "127.0.0.1"', "is no HOST:PORT"),
        ("per_second_per_client = 0", "per_second_per_client = 0.0 is no limit"),
        ("max_requests = -1", "max_requests = -1 is no limit"),
        ("max_body_bytes = true", "gateway's settings are wrong"),
        ('tls = "maybe"', "gateway's settings are wrong"),
        ('tls = "off"\nclient_ca = "x"', "asks for client certificates"),
        ('proxies = ["proxy.example.org"]', "is no address"),
        (
            '[[client]]\nname = "a"\nmapping = "m"\n[[client]]\nname = "b"\nmapping = "m"\nscope = "active eq true"',
            "share the mapping m, but not the scope",
        ),
    ],
)
def test_settings_are_strict(tmp_path: Path, text: str, said: str) -> None:
    paths = Paths.resolve(str(tmp_path / "config"), str(tmp_path / "state"))
    paths.config.mkdir()
    (paths.config / "gateway.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load(paths)
    assert said in f"{refused.value.message} {refused.value.remedy}"
    assert refused.value.file == paths.config / "gateway.toml"


def test_settings_are_what_was_saved(tmp_path: Path) -> None:
    paths = Paths.resolve(str(tmp_path / "config"), str(tmp_path / "state"))
    clients = (
        Client(name="a", rights=("recon", "metrics"), mapping="m", scope="active eq true", blocking=True),
        Client(name="b", auth="mtls", subject="b.example.org", deletion="deactivate"),
    )
    chosen = GatewaySettings(client=clients, client_ca="/ca.pem", proxies=("127.0.0.1",), max_requests=7)
    save(paths, chosen)
    assert load(paths) == chosen
    assert stat.S_IMODE((paths.config / "gateway.toml").stat().st_mode) == 0o600


def test_what_an_operator_wrote_beside_the_settings_stays(tmp_path: Path) -> None:
    paths = Paths.resolve(str(tmp_path / "config"), str(tmp_path / "state"))
    paths.config.mkdir()
    file = paths.config / "gateway.toml"
    written = '# ours\nlisten = "127.0.0.1:9000"   # behind nginx\n\n[[client]]\n# the HR system\nname = "wso2"\n'
    file.write_text(written, encoding="utf-8")
    before = load(paths)
    save(paths, before)
    assert file.read_text() == written
    changed = GatewaySettings(listen=before.listen, client=(*before.client, Client(name="b", blocking=True)))
    save(paths, changed)
    assert file.read_text().startswith(written)
    assert load(paths) == changed
    save(paths, before)
    assert load(paths) == before
    assert "# behind nginx" in file.read_text()
    file.write_text('client = [{ name = "wso2" }]', encoding="utf-8")
    save(paths, changed)
    assert load(paths) == changed


def test_a_clients_secret_is_shown_once_and_only_its_hash_is_kept(hubspot: Simulator, tmp_path: Path) -> None:
    with PrivateSession() as desktop, ProcessWatch(tmp_path) as processes:
        desktop.start(PASSPHRASE)
        operator = Operator(tmp_path, hubspot.url, hubspot.token, environment=desktop.environment)
        made = operator.run("gateway", "client", "entra", "--auth", "bearer").stdout.strip()
        assert len(made) >= 40
        operator.run("gateway", "client", "wso2", "--secret-stdin", stdin=SECRET + "\n")
        operator.run("gateway", "client", "wso2", "--secret-stdin", stdin="short\n", code=1)
        changed = operator.run("gateway", "client", "entra", "--rights", "scim:read,metrics")
        assert changed.stdout == "", "a change keeps the secret, and shows none"
        operator.run("gateway", "client", "entra", "--rights", "everything", code=2)
        settings_before = load(Paths.resolve(str(operator.config), str(operator.state)))
        save(
            Paths.resolve(str(operator.config), str(operator.state)),
            GatewaySettings(listen="127.0.0.1:0", tls="off", client=settings_before.client),
        )
        canaries = Canaries(wso2=SECRET, entra=made)
        bearer = {"Authorization": f"Bearer {made}"}
        with running(operator, "--log-requests") as gateway:
            assert gateway.get("/scim/v2/Users").status_code == 200
            assert gateway.get("/metrics", auth=None, headers=bearer).status_code == 200
            assert gateway.get("/metrics").status_code == 403
            renewed = operator.run("gateway", "client", "entra", "--new-secret").stdout.strip()
            canaries.add("entra", renewed)
            until_status(gateway, 401, headers=bearer)
            until_status(gateway, 200, headers={"Authorization": f"Bearer {renewed}"})
            operator.run("gateway", "remove", "wso2")
            until_status(gateway, 401, auth=("wso2", SECRET))
            until_clients(operator, ["entra"])
        operator.run("gateway", "remove", "wso2", code=1)
        listed = operator.json("gateway", "clients")
    assert [(one["id"], one["rights"]) for one in listed] == [("entra", ["scim:read", "metrics"])]
    assert canaries.in_folder(tmp_path) == []
    for seen in processes.seen:
        assert canaries.in_bytes("arguments", seen.arguments) == []
    shown = [text for text in operator.said if text.strip() not in (made, renewed)]
    assert canaries.in_bytes("what was printed", "\n".join(shown).encode()) == []


def until_clients(operator: Operator, wanted: list[str]) -> None:
    """What `gateway status` tells follows the gateway by a moment."""
    until = time.monotonic() + 10
    told: list[str] = []
    while told != wanted and time.monotonic() < until:
        told = operator.json("gateway", "status")["clients"]
    assert told == wanted


def until_status(gateway: Running, wanted: int, **more: Any) -> None:
    until = time.monotonic() + 10
    status = 0
    while time.monotonic() < until:
        status = gateway.get("/scim/v2/Users", **{"auth": None, **more}).status_code
        if status == wanted:
            return
        time.sleep(0.2)
    raise AssertionError(f"{status}, and not {wanted}, in ten seconds")


def test_health_readiness_and_metrics(operator: Operator) -> None:
    settings_of(operator, tls="off")
    with running(operator) as gateway:
        assert gateway.get("/healthz", auth=None).json() == {"status": "ok"}
        assert gateway.get("/readyz", auth=None).json() == {"status": "ready"}
        assert gateway.get("/metrics", auth=None).status_code == 401
        answer = gateway.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        lines = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert lines['hubspoke_requests_total{client="",method="GET",status="401"}'] == "1"
    assert lines["hubspoke_people"] == "0"
    assert float(lines["hubspoke_started_seconds"]) <= time.time()
    typed = [line.split()[2] for line in answer.text.splitlines() if line.startswith("# TYPE")]
    assert len(typed) == len(set(typed))
    assert {name.partition("{")[0] for name in lines} <= set(typed)


def test_the_request_log_has_no_values(operator: Operator) -> None:
    settings_of(operator, tls="off")
    canaries = Canaries(
        name="canary-jane-name-0001", address="canary.jane@firm.example", body="canary-body-of-a-person", wso2=SECRET
    )
    with running(operator, "--log-requests") as gateway:
        gateway.get("/scim/v2/Users/canary-jane-name-0001")
        gateway.get("/scim/v2/Users", params={"filter": 'userName eq "canary.jane@firm.example"'})
        with httpx.Client(trust_env=False, auth=("wso2", SECRET)) as client:
            body = {"userName": "canary-jane-name-0001", "emails": [{"value": "canary.jane@firm.example"}],
                    "title": "canary-body-of-a-person"}  # fmt: skip
            made = client.post(f"{gateway.url}/scim/v2/Users", json=body)
            assert made.status_code == 201
            uid = made.json()["id"]
            assert client.get(f"{gateway.url}/scim/v2/Users/{uid}").status_code == 200
        status = operator.run("gateway", "status").stdout
        whole = operator.json("gateway", "status")
    log = operator.said[-1]
    records = [json.loads(line) for line in log.splitlines()]
    assert [one["status"] for one in records] == [404, 200, 201, 200]
    assert records[0]["path"] == "/scim/v2/Users/{id}"
    for text in (log, status, json.dumps(whole)):
        assert canaries.in_bytes("log", text.encode()) == []
        assert uid not in text


def test_status_start_and_stop(operator: Operator) -> None:
    settings_of(operator, tls="off")
    assert operator.json("gateway", "status", code=1) == {"running": False}
    assert "No gateway runs" in operator.run("gateway", "stop", code=1).stderr
    with running(operator) as gateway:
        file = operator.state / "gateway-status.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        told = operator.json("gateway", "status")
        assert (told["running"], told["url"], told["pid"]) == (True, gateway.url, gateway.process.pid)
        second = operator.run("gateway", "--listen", "127.0.0.1:0", code=7).stderr
        assert f"process {gateway.process.pid}" in second
        operator.run("gateway", "stop")
        assert gateway.process.wait(5) == 0
        assert not file.exists()
    with running(operator) as gateway:
        os.kill(gateway.process.pid, signal.SIGKILL)
        gateway.process.wait(5)
        assert file.exists()
        assert operator.json("gateway", "status", code=1) == {"running": False}
    with running(operator) as again:
        assert operator.json("gateway", "status")["pid"] == again.process.pid


def test_settings_that_change_while_it_runs(operator: Operator) -> None:
    settings_of(operator, tls="off")
    with running(operator) as gateway:
        clients = (Client(name="wso2"), Client(name="fed", mapping="managed"))
        settings_of(operator, tls="off", client=clients, max_requests=9)
        until = time.monotonic() + 10
        while "note" not in (told := operator.json("gateway", "status")) or not told["note"]:
            assert time.monotonic() < until
        assert told["note"] == "Start the gateway again for: fed, max_requests."
        assert told["clients"] == ["wso2"]
        (operator.config / "gateway.toml").write_text("wrong = 1", encoding="utf-8")
        while "cannot be used" not in operator.json("gateway", "status")["note"]:
            assert time.monotonic() < until
        assert gateway.get("/scim/v2/Users").status_code == 200


def test_a_stop_amid_a_run_loses_nobody_and_the_next_start_goes_on(operator: Operator, hubspot: Simulator) -> None:
    mappings = operator.config / "mappings"
    mappings.mkdir(parents=True, exist_ok=True)
    (mappings / "managed.toml").write_text(MAPPING, encoding="utf-8")
    settings_of(operator, tls="off", client=(Client(name="wso2", mapping="managed"),))
    names = [f"p{number}@stop.example" for number in range(120)]
    with running(operator) as gateway:
        hubspot.faults("slow=100%/1")
        with httpx.Client(trust_env=False, auth=("wso2", SECRET), timeout=20) as client:
            for name in names:
                made = client.post(f"{gateway.url}/scim/v2/Users", json={"userName": name, "emails": [{"value": name}]})
                assert made.status_code == 201
        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(30) == 0
    hubspot.faults()
    before = hubspot.dump("contacts")
    with running(operator):
        until = time.monotonic() + 30
        while len(hubspot.dump("contacts")) < len(names):
            assert time.monotonic() < until, len(hubspot.dump("contacts"))
            time.sleep(0.2)
        time.sleep(0.5)
    found = sorted(str(one["email"]) for one in hubspot.dump("contacts").values())
    assert found == sorted(names)
    assert set(before) <= set(hubspot.dump("contacts"))
