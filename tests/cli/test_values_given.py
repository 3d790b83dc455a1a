"""JSON that a command is given: whole, once, and told what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from console.cli.exits import Exit, Stop
from console.cli.given import json_of, values_of


def wrong(tmp_path: Path, text: str | bytes) -> Stop:
    path = tmp_path / "given.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Stop) as raised:
        json_of(str(path))
    return raised.value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"firstname": "a", "firstname": "b"}', "firstname twice"),
        ('[{"field": "a", "value": {"x": 1, "x": 1}}]', "x twice"),
        ("[" * 100_000 + "]" * 100_000, "nested too deep"),
        ("", "not JSON"),
        ("nope", "not JSON"),
        ('{"a": NaN}', "not JSON"),
        ('{"a": 1e999}', "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b'{"a": "\xff"}', "not JSON"),
    ],
)
def test_json_that_cannot_be_taken_is_a_usage_error(tmp_path: Path, text: str | bytes, says: str) -> None:
    stopped = wrong(tmp_path, text)
    assert (stopped.code, says in stopped.message) == (Exit.USAGE, True), stopped.message


@pytest.mark.parametrize("value", ["text", 1, 1.5, True, None, ["a", {"b": None}], 12345678901234567890123])
def test_any_value_comes_as_it_is(tmp_path: Path, value: Any) -> None:
    import json

    path = tmp_path / "given.json"
    path.write_text(json.dumps({"a": value, "b": {"a": 1}}))
    assert values_of([], str(path)) == {"a": value, "b": {"a": 1}}
