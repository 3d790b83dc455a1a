"""A JSON document inside a TOML table. TOML has no null: nulls are blanks there, and listed by their places."""

from __future__ import annotations

from typing import Any

from console.settings.errors import SettingsError

DOCUMENT, NULLS = "provisioner", "nulls"
DEPTH = 40


def stored(document: dict[str, Any]) -> dict[str, Any]:
    """The table for a document: `provisioner`, and `nulls` with a JSON pointer for each null."""
    nulls: list[str] = []
    held = _without_nulls(document, "", nulls)
    return {DOCUMENT: held, **({NULLS: nulls} if nulls else {})}


def restored(table: Any) -> dict[str, Any]:
    """The document of a table.

    Raises:
        SettingsError: the table is not one that `stored` made.
    """
    if not isinstance(table, dict) or not set(table) <= {DOCUMENT, NULLS} or not isinstance(table.get(DOCUMENT), dict):
        raise _damaged()
    document: dict[str, Any] = _plain(table[DOCUMENT], 0)
    nulls = table.get(NULLS, [])
    if not isinstance(nulls, list):
        raise _damaged()
    for pointer in nulls:
        _put_null(document, pointer)
    return document


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same document: true is not 1, the order of keys does not count."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def _without_nulls(value: Any, place: str, nulls: list[str]) -> Any:
    if value is None:
        nulls.append(place)
        return ""
    if isinstance(value, dict):
        return {key: _without_nulls(item, f"{place}/{_escaped(key)}", nulls) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nulls(item, f"{place}/{number}", nulls) for number, item in enumerate(value)]
    return value


def _put_null(document: Any, pointer: Any) -> None:
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        raise _damaged()
    *way, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))
    at = document
    try:
        for part in way:
            at = at[int(part)] if isinstance(at, list) else at[part]
        if isinstance(at, list):
            at[int(last)] = None
        elif last in at:
            at[last] = None
        else:
            raise _damaged()
    except (KeyError, IndexError, TypeError, ValueError):
        raise _damaged() from None


def _plain(value: Any, depth: int) -> Any:
    """A copy that holds JSON's kinds only: TOML also has dates."""
    if depth > DEPTH:
        raise _damaged()
    if isinstance(value, dict):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, str | bool | int | float):
        return value
    raise _damaged()


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _damaged() -> SettingsError:
    return SettingsError(
        "[icf] is not what an import wrote.",
        "Import the provisioner file again: hubspoke profile import FILE; or remove [icf].",
        key="icf",
    )
