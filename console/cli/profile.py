"""`hubspoke profile`: named HubSpot connections."""

from __future__ import annotations

import argparse
from types import ModuleType

from console.cli.context import Context
from console.cli.exits import Exit, Stop
from console.cli.output import add_json
from console.cli.settings_given import assigned
from console.settings.profile import Profile
from console.settings.profiles import Profiles, display


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
    _add_exchange(actions)
    other = actions.add_parser("rename", help="another name for a profile; its secrets come along")
    other.add_argument("old", metavar="OLD")
    other.add_argument("new", metavar="NEW")
    other.set_defaults(run=_rename)
    remove = actions.add_parser("remove", help="remove a profile; its secrets stay until they are forgotten")
    remove.add_argument("name")
    remove.set_defaults(run=_remove)


def _add_exchange(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    take = actions.add_parser(
        "import",
        help="make a profile of a provisioner file",
        description="Makes a profile of a provisioner.openicf-*.json file and reports what becomes of each key. "
        "Readable secrets go to the vault; what the profile has no use for is kept and given back by export.",
    )
    take.add_argument("file", metavar="FILE", help="the provisioner file; - for standard input")
    take.add_argument("--name", metavar="NAME", help="the profile's name; the file's own without it")
    take.add_argument(
        "--accept-url",
        metavar="URL",
        action="append",
        default=[],
        help="take over an address that is not HubSpot's; secrets will go there",
    )
    take.add_argument("--no-secrets", action="store_true", help="leave the file's secrets out of the vault")
    add_json(take)
    take.set_defaults(run=lambda context: _exchange().take(context))
    give = actions.add_parser("export", help="write the current profile as a provisioner file, without secrets")
    give.add_argument("file", metavar="FILE", nargs="?", help="where to; standard output without it")
    give.add_argument("--replace", action="store_true", help="write over a file that is there")
    give.set_defaults(run=lambda context: _exchange().give(context))


def _exchange() -> ModuleType:
    from console.cli import exchange  # only these two need it

    return exchange


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
        context.out.json({"id": profile.name, **values, "icf": profile.icf.document})
    else:
        kept = {"icf": ", ".join(profile.icf.document)} if profile.icf else {}
        context.out.facts({"name": profile.name, **{key: _shown(value) for key, value in values.items()}, **kept})
    return Exit.OK


def _shown(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _set(context: Context) -> int:
    profiles = Profiles(context.paths)
    before = _chosen(context)
    after = assigned(before, context.args.settings)
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
    profile = assigned(Profile(name=name), context.args.settings)
    profiles.save(profile)
    if first:
        profiles.use(name)
    needed = "accessToken" if profile.authentication == "token" else "clientSecret and refreshToken"
    context.out.note(f"Made. Next: hubspoke --profile {name} credentials set NAME (needed: {needed})")
    return Exit.OK


def _use(context: Context) -> int:
    Profiles(context.paths).use(context.args.name)
    return Exit.OK


def _rename(context: Context) -> int:
    from console.cli.profile_rename import rename  # it opens a vault

    return rename(context)


def _remove(context: Context) -> int:
    Profiles(context.paths).remove(context.args.name)
    return Exit.OK


def _chosen(context: Context, name: str | None = None) -> Profile:
    from console.session import chosen_profile

    return chosen_profile(Profiles(context.paths), name or context.args.profile)
