"""The OpenAPI document is true: requests made from it get the answers that it names, whatever their values."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.gateway.crest.crest_serving import Serving

EXAMPLES = 6


async def test_whatever_is_sent_the_answer_is_one_that_the_document_names(crest: Serving, tmp_path: Path) -> None:
    async with crest.client("fuzz") as client:
        basic = client.headers["Authorization"]
        document = await client.get(f"{crest.url}/openapi.json")
        assert (await client.post("system/hubspot/contact", json={"email": "ann@example.org"})).json()["_id"] == "1001"
    assert document.json()["openapi"] == "3.1.0"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "run", f"{crest.url}/openapi.json",
        "--header", f"Authorization: {basic}",
        "--include-path-regex", "^/openidm/",
        "--checks", "status_code_conformance,content_type_conformance,response_schema_conformance",
        "--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES), "--seed", "7", "--no-color", "--generation-deterministic",
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-12_000:]


async def test_the_document_is_for_those_who_may_come_in(crest: Serving) -> None:
    async with crest.client("") as nobody, crest.client("scim") as somebody:
        refused = await nobody.get(f"{crest.url}/openapi.json")
        shown = await somebody.get(f"{crest.url}/openapi.json")
    assert (refused.status_code, shown.status_code) == (401, 200)
    assert {"/openidm/recon", "/scim/v2/Users", "/hubspot/contacts", "/healthz"} <= set(shown.json()["paths"])
