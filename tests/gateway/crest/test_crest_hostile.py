"""Hostile requests to the connector's REST: the protocol's own refusal, nothing of the inside, and nothing changed."""

from __future__ import annotations

from itertools import product

from tests.gateway.crest.crest_serving import Serving

CLASSES = ("contact", "company", "contactProperties", "companyProperties", "__ALL__")
IDS = [
    "..",
    ".",
    "%2e%2e",
    "%2F",
    "a%2Fb",
    "%00",
    "%F0%9F%98%80",
    "%FF",
    "1;2",
    "0",
    "-1",
    "1.5",
    "9" * 3_000,
    "<b>",
    "%0d%0aX:1",
]


async def test_ids_that_are_none(crest: Serving) -> None:
    async with crest.client() as client:
        for cls, uid in product(CLASSES, IDS):
            for method in ("GET", "DELETE", "PUT", "PATCH"):
                body: object = None if method in ("GET", "DELETE") else ([] if method == "PATCH" else {})
                answer = await client.request(
                    method, f"system/hubspot/{cls}/{uid}", json=body, headers={"If-Match": "*"}
                )
                assert answer.status_code in (400, 403, 404, 405, 501), (method, uid, answer.text[:500])
                assert set(answer.json()) <= {"code", "reason", "message", "detail"}
                assert "Traceback" not in answer.text
                assert "<b>" not in answer.text


QUERIES = [
    "_queryFilter=%00",
    "_queryFilter=%FF%FE",
    "_queryFilter=" + "(" * 400,
    "_queryFilter=" + "!(" * 300 + "true" + ")" * 300,
    "_queryFilter=email+eq+%22" + "a" * 9_000 + "%22",
    "_queryFilter=true&_pageSize=99999999999999999999",
    "_queryFilter=true&_pageSize=5&_pagedResultsCookie=" + "A" * 5_000,
    "_queryFilter=true&_pageSize=5&_pagedResultsCookie=%FF%00",
    "_queryFilter=true&_sortKeys=" + ",".join(["-email"] * 500),
    "_queryFilter=true&_sortKeys=%00",
    "_queryFilter=true&_fields=%00,../..,<script>",
    "_queryFilter=true&_fields=" + ",".join(f"f{number}" for number in range(1_500)),
    "_queryFilter=true&_text=%00",
    "_queryFilter=createdate+gt+%22never%22",
    "_queryFilter=/a/b/c+eq+1",
]


async def test_queries_that_are_none(crest: Serving) -> None:
    async with crest.client() as client:
        for query in QUERIES:
            answer = await client.get(f"system/hubspot/contact?{query}")
            assert answer.status_code in (200, 400), (query[:200], answer.text[:500])
            assert "<script>" not in answer.text
            assert "Traceback" not in answer.text


PATHS = ("system/hubspot/contact", "system", "system/hubspot?_action=script&scriptId=x", "recon?_action=recon")
BODIES = (
    b"[" * 50_000, b'{"email": NaN}', b'{"email": "\\ud800@example.org"}', b"\xff\xfe", b'{"a":' * 500, b"null", b"1e999",
    b'{"email": {"deep": [[[[1]]]]}}', b'{"__proto__": 1}', b'{"_action": "delete"}',
)  # fmt: skip


async def test_bodies_that_are_none(crest: Serving) -> None:
    async with crest.client() as client:
        for path, body in product(PATHS, BODIES):
            answer = await client.post(path, content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code in (400, 404, 501), (path, body[:80], answer.text[:500])
            assert "Traceback" not in answer.text
    assert crest.simulator.dump("contacts") == {}


async def test_a_body_that_is_too_large_is_not_read(crest: Serving) -> None:
    async with crest.client() as client:
        answer = await client.post("system/hubspot/contact", json={"email": "a" * (2 << 20)})
    assert answer.status_code == 413
    assert answer.json()["reason"]
