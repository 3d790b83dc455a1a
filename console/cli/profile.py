"""`hubspoke profile`: named HubSpot connections."""

from __future__ import annotations

import argparse

from console.cli.context import Context
from console.cli.exits import Exit, Stop, usage
from console.cli.output import add_json
from console.settings.errors import SettingsError
from console.settings.profile import Profile
from console.settings.profiles import Profiles, assign, display


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `profile`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="all profiles")
    add_json(listing)
    listing.set_defaults(run=_list)
    show = actions.add_parser("show", help="every setting of a profile")
    show.add_argument("name", nargs="?", help="the profile; the current one without it")
    add_json(show)
    show.set_defaults(run=_show)
    change = actions.add_parser("set", help="change settings: KEY=VALUE; an empty value means the default")
    change.add_argument("settings", nargs="+", metavar="KEY=VALUE")
    change.set_defaults(run=_set)
    add = actions.add_parser("add", help="make a profile; the first one becomes current")
    add.add_argument("name")
    add.add_argument("settings", nargs="*", metavar="KEY=VALUE")
    add.set_defaults(run=_add)
    use = actions.add_parser("use", help="make a profile the current one")
    use.add_argument("name")
    use.set_defaults(run=_use)
    remove = actions.add_parser("remove", help="remove a profile; its secrets stay until they are forgotten")
    remove.add_argument("name")
    remove.set_defaults(run=_remove)


def _list(context: Context) -> int:
    profiles = Profiles(context.paths)
    current = profiles.current()
    rows = [_summary(profiles.load(name), current) for name in profiles.names()]
    if context.args.json:
        context.out.json(rows)
    elif rows:
        context.out.table(("", "id", "name", "authentication", "api"), [_line(row) for row in rows])
    else:
        context.out.note("There is no profile yet. Make one: hubspoke profile add NAME")
    return Exit.OK


def _summary(profile: Profile, current: str | None) -> dict[str, object]:
    return {
        "id": profile.name,
        "current": profile.name == current,
        "displayName": profile.title,
        "authentication": profile.authentication,
        "apiBaseUrl": profile.api_base_url,
        "enabled": profile.enabled,
    }


def _line(row: dict[str, object]) -> tuple[object, ...]:
    mark = "*" if row["current"] else ""
    off = "" if row["enabled"] else " (off)"
    return mark, row["id"], f"{row['displayName']}{off}", row["authentication"], row["apiBaseUrl"]


def _show(context: Context) -> int:
    profile = _chosen(context, context.args.name)
    values = display(profile)
    if context.args.json:
        context.out.json({"id": profile.name, **values})
    else:
        context.out.facts({"name": profile.name, **{key: _shown(value) for key, value in values.items()}})
    return Exit.OK


def _shown(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _set(context: Context) -> int:
    profiles = Profiles(context.paths)
    before = _chosen(context)
    after = _assigned(before, context.args.settings)
    profiles.save(after)
    if after.origin != before.origin:
        context.out.note(f"The secrets of {before.origin} stay bound to it: set those of {after.origin} again.")
    return Exit.OK


def _add(context: Context) -> int:
    profiles = Profiles(context.paths)
    name = context.args.name
    if name in profiles.names():
        raise Stop(Exit.FAILURE, f'There is a profile "{name}" already.', "Change it: hubspoke profile set KEY=VALUE")
    first = not profiles.names()
    profile = _assigned(Profile(name=name), context.args.settings)
    profiles.save(profile)
    if first:
        profiles.use(name)
    needed = "accessToken" if profile.authentication == "token" else "clientSecret and refreshToken"
    context.out.note(f"Made. Next: hubspoke --profile {name} credentials set NAME (needed: {needed})")
    return Exit.OK


def _assigned(profile: Profile, settings: list[str]) -> Profile:
    try:
        return assign(profile, _pairs(settings))
    except SettingsError as error:
        raise usage(error.message, error.remedy) from error


def _use(context: Context) -> int:
    Profiles(context.paths).use(context.args.name)
    return Exit.OK


def _remove(context: Context) -> int:
    Profiles(context.paths).remove(context.args.name)
    return Exit.OK


def _chosen(context: Context, name: str | None = None) -> Profile:
    from console.session import chosen_profile

    return chosen_profile(Profiles(context.paths), name or context.args.profile)


def _pairs(settings: list[str]) -> dict[str, str]:
    pairs = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise usage(f'"{setting}" is not KEY=VALUE.', "For example: hubspoke profile set timeoutSeconds=30")
        if key in pairs:
            raise usage(f"{key} is given twice.")
        pairs[key] = value
    return pairs
