"""Saved views of contacts and companies, and the columns that were chosen last: views.toml, read by console and CLI."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from console.settings import tomlfile
from console.settings.alone import alone
from console.settings.errors import SettingsError
from console.settings.paths import Paths
from console.text import safe

CLASSES = ("contact", "company")
MOST_VIEWS = 200
_LONGEST = 3_000
_LONGEST_NAME = 60
_PROPERTY = re.compile(r"[a-z0-9_]{1,100}")
_SORT = re.compile(r"-?[a-z0-9_]{1,100}(,-?[a-z0-9_]{1,100})*")
_COMMENT = "Written by Hubspoke itself: saved views, and the columns that were chosen last."
_TEXTS = ("filter", "text", "sort")


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What to show of a class, under a name. Empty columns are the usual ones; `sort` is `a` or `-a`."""

    name: str
    object_class: str
    filter: str = ""
    text: str = ""
    columns: tuple[str, ...] = ()
    sort: str = ""


class Views(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in the file."""

    views: tuple[View, ...] = ()
    columns: dict[str, tuple[str, ...]] = {}

    def find(self, name: str) -> View | None:
        """The view of that name; letter case does not count."""
        return next((view for view in self.views if view.name.casefold() == name.strip().casefold()), None)


def views_file(paths: Paths) -> Path:
    """Where they are."""
    return paths.config / "views.toml"


def load(paths: Paths) -> Views:
    """All views and columns; none where there is no file yet. Raises SettingsError."""
    path = views_file(paths)
    if not path.exists():
        return Views()
    found = tomlfile.read(path, "views")
    _only(found.values, ("view", "columns"), path, "the file")
    columns = found.values.get("columns", {})
    tables = found.values.get("view", [])
    if not isinstance(columns, dict) or not isinstance(tables, list):
        raise SettingsError("It holds [columns] and [[view]] tables.", "Write it so, or remove the file.", file=path)
    _only(columns, CLASSES, path, "[columns]")
    views = tuple(_view(table, number, path) for number, table in enumerate(tables, 1))
    names = [view.name.casefold() for view in views]
    twice = next((view.name for view in views if names.count(view.name.casefold()) > 1), None)
    if twice is not None:
        raise SettingsError(f'Two views are called "{safe(twice)}".', "Give one another name.", file=path)
    return Views(
        views=views, columns={name: _columns(value, f"[columns] {name}", path) for name, value in columns.items()}
    )


def save(paths: Paths, view: View) -> Views:
    """Keep a view; one of the same name is replaced. Raises SettingsError."""
    _view(_table(view), 0, views_file(paths))
    with alone(views_file(paths)):
        known = load(paths)
        others = [one for one in known.views if one.name.casefold() != view.name.casefold()]
        if len(others) >= MOST_VIEWS:
            raise SettingsError(
                f"There are {MOST_VIEWS} views already.", "Remove one first: hubspoke views remove NAME"
            )
        return _write(paths, msgspec.structs.replace(known, views=(*others, view)))


def remove(paths: Paths, name: str) -> Views:
    """Forget a view. Raises SettingsError: there is none of that name."""
    with alone(views_file(paths)):
        known = load(paths)
        view = named(known, name)
        return _write(paths, msgspec.structs.replace(known, views=tuple(one for one in known.views if one is not view)))


def named(views: Views, name: str) -> View:
    """The view of that name. Raises SettingsError with the one that was probably meant."""
    found = views.find(name)
    if found is not None:
        return found
    near = tomlfile.nearest(name, [view.name for view in views.views])
    raise SettingsError(
        f'There is no view "{safe(name, limit=_LONGEST_NAME)}".',
        f'Did you mean "{near}"?' if near else "See hubspoke views list.",
    )


def remember_columns(paths: Paths, object_class: str, columns: Sequence[str]) -> Views:
    """Keep the columns of a class; none: the usual ones. Raises SettingsError."""
    with alone(views_file(paths)):
        known = load(paths)
        kept = {name: value for name, value in known.columns.items() if name != object_class}
        if columns:
            kept[object_class] = tuple(columns)
        return _write(paths, msgspec.structs.replace(known, columns=kept))


def wrong_name(name: str) -> str:
    """What is wrong with the name of a view; empty where nothing is."""
    if not name.strip():
        return "Give the view a name."
    if len(name) > _LONGEST_NAME or name != name.strip() or safe(name) != name:
        return f"Use at most {_LONGEST_NAME} visible characters."
    return ""


def _view(table: Any, number: int, path: Path) -> View:
    place = f"[[view]] number {number}" if number else "the view"
    if not isinstance(table, dict):
        raise SettingsError(f"{place} is not a table.", "Write [[view]] above its keys.", file=path)
    _only(table, ("name", "class", "columns", *_TEXTS), path, place)
    name, object_class = table.get("name", ""), table.get("class", "")
    wrong = wrong_name(name) if isinstance(name, str) else "Give the view a name."
    if wrong:
        raise SettingsError(f"{place}: the name is wrong.", wrong, file=path, key="name")
    place = f'The view "{name}"'
    if object_class not in CLASSES:
        raise SettingsError(
            f"{place}: class must be contact or company.", 'Write class = "contact".', file=path, key="class"
        )
    for key in _TEXTS:
        if not isinstance(table.get(key, ""), str) or len(table.get(key, "")) > _LONGEST:
            raise SettingsError(
                f"{place}: {key} must be a text.", "Put it between quotation marks.", file=path, key=key
            )
    sort = table.get("sort", "")
    if sort and not _SORT.fullmatch(sort):
        raise SettingsError(
            f"{place}: sort must name properties.", 'Write sort = "-createdate".', file=path, key="sort"
        )
    return View(
        name=name,
        object_class=object_class,
        filter=table.get("filter", ""),
        text=table.get("text", ""),
        columns=_columns(table.get("columns", []), place, path),
        sort=sort,
    )


def _columns(value: Any, place: str, path: Path) -> tuple[str, ...]:
    good = isinstance(value, list) and all(isinstance(name, str) and _PROPERTY.fullmatch(name) for name in value)
    if not good or len(set(value)) != len(value):
        raise SettingsError(
            f"{place}: columns must be a list of properties, each once.",
            'Write columns = ["email", "lastname"].',
            file=path,
            key="columns",
        )
    return tuple(value)


def _only(table: dict[str, Any], known: Sequence[str], path: Path, place: str) -> None:
    for key in table:
        if key not in known:
            meant = tomlfile.nearest(key, known)
            raise SettingsError(
                f'Unknown key "{safe(key, limit=60)}" in {place}.',
                f"Did you mean {meant}?" if meant else f"The keys are: {', '.join(known)}.",
                file=path,
                key=key,
            )


def _table(view: View) -> dict[str, Any]:
    values = {"name": view.name, "class": view.object_class, **{key: getattr(view, key) for key in _TEXTS}}
    table: dict[str, Any] = {key: value for key, value in values.items() if value}
    return {**table, **({"columns": list(view.columns)} if view.columns else {})}


def _write(paths: Paths, views: Views) -> Views:
    values: dict[str, Any] = {}
    if views.columns:
        values["columns"] = {name: list(columns) for name, columns in views.columns.items()}
    if views.views:
        values["view"] = [_table(view) for view in views.views]
    tomlfile.write(views_file(paths), values, _COMMENT)
    return views
