"""Two foreign tools judge the gateway: scim2-tester and scim-sanity, each over a real socket."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import httpx2
import pytest
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from tests.gateway.serving import SECRETS, serving
from tests.support.simulator import Simulator

pytestmark = pytest.mark.filterwarnings("ignore")


async def test_scim2_tester_finds_nothing(hubspot: Simulator, tmp_path: Path) -> None:
    async with serving(tmp_path, hubspot) as gateway:

        def check() -> list[str]:
            headers = {"Authorization": f"Bearer {SECRETS['entra']}"}
            with httpx2.Client(base_url=f"{gateway.url}/scim/v2", headers=headers, trust_env=False) as http:
                client = SyncSCIMClient(http)
                client.discover()
                results = check_server(client)
            assert len(results) > 100
            bad = [one for one in results if one.status not in (Status.SUCCESS, Status.ACCEPTABLE, Status.SKIPPED)]
            return [f"{one.title}: {one.reason}" for one in bad]

        found = await asyncio.to_thread(check)
        assert not found, "\n".join(found)


@pytest.mark.parametrize("profile", ["", "entra"])
async def test_scim_sanity_finds_nothing(hubspot: Simulator, tmp_path: Path, profile: str) -> None:
    more = ["--profile", profile] if profile else []
    async with serving(tmp_path, hubspot) as gateway:
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("scim-sanity")), "probe", f"{gateway.url}/scim/v2", "--token",
            SECRETS["entra"], "--i-accept-side-effects", "--json-output", *more,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
    found = json.loads(out)
    failed = [one for one in found["results"] if str(one.get("status", "")).lower() in ("fail", "failed", "error")]
    assert failed == [], err.decode()[-500:]
    assert process.returncode == 0, out.decode()[-2000:]
