"""`hubspoke schema`: the properties of a class, the account's own or the built-in ones."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit, usage
from console.cli.output import add_json

if TYPE_CHECKING:
    from console.hubspot.model import PropertyDefinition
    from console.settings.profile import Profile

DEFINITION_CLASSES = ("contactProperties", "companyProperties")
_CLASSES = ("contact", "company", *DEFINITION_CLASSES)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `schema`."""
    parser.add_argument(
        "object_class", metavar="CLASS", help=f"{', '.join(_CLASSES)}, or a name that objectTypes gives"
    )
    parser.add_argument("--refresh", action="store_true", help="read the account's properties now")
    add_json(parser)
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    cls = _class(context)
    live = cls not in DEFINITION_CLASSES and (context.args.refresh or _profile(context).read_schema)
    definitions = await _definitions(context, cls, live=live)
    found = sorted(definitions.values(), key=lambda definition: definition.name)
    if context.args.json:
        context.out.json([_shape(definition, live=live) for definition in found])
        return Exit.OK
    rows = [(item.name, item.type, item.field_type, _flags(item), _more(item)) for item in found]
    context.out.table(("id", "type", "field", "", "label"), rows)
    context.out.note(_whose(cls, live=live))
    return Exit.OK


def _class(context: Context) -> str:
    """The class of HubSpot's that is meant; a profile may give classes names of its own."""
    cls: str = context.args.object_class
    if cls in _CLASSES:
        return cls
    from console.settings.errors import SettingsError

    try:
        named = {name: found.native for name, found in _profile(context).icf.object_types.items()}
    except SettingsError:
        named = {}
    names = [*(name for name, native in named.items() if native in _CLASSES), *_CLASSES]
    if cls not in names:
        raise usage(f"There is no object class {cls} with a schema.", f"Use one of: {', '.join(dict.fromkeys(names))}.")
    return named[cls]


def _profile(context: Context) -> Profile:
    from console.session import chosen_profile
    from console.settings.profiles import Profiles

    return chosen_profile(Profiles(context.paths), context.args.profile)


async def _definitions(context: Context, cls: str, *, live: bool) -> dict[str, PropertyDefinition]:
    """The built-in schema needs neither secrets nor HubSpot."""
    if not live:
        from console.connector.default_schema import default_schema

        return default_schema(cls)
    async with context.session() as session:
        return await (await session.connector).schema(cls, live=True, fresh=context.args.refresh)


def _shape(definition: PropertyDefinition, *, live: bool) -> dict[str, object]:
    return {
        "id": definition.name,
        "label": definition.label,
        "type": definition.type,
        "fieldType": definition.field_type,
        "groupName": definition.group_name,
        "writable": definition.writable,
        "calculated": definition.calculated,
        "hidden": definition.hidden,
        "unique": definition.unique,
        "options": [{"id": option.value, "label": option.label} for option in definition.options],
        "source": "account" if live else "built-in",
    }


def _flags(definition: PropertyDefinition) -> str:
    words = ("calculated" if definition.calculated else "read-only") if not definition.writable else ""
    return ", ".join(filter(None, (words, "unique" if definition.unique else "")))


def _more(definition: PropertyDefinition) -> str:
    return definition.label if definition.label != definition.name else ""


def _whose(cls: str, *, live: bool) -> str:
    if cls in DEFINITION_CLASSES:
        return "Definitions have this form in every account."
    if live:
        return "These are the account's own properties."
    return (
        f"This is the built-in schema (readSchema=false). The account's own: hubspoke schema {cls} --refresh; "
        "always: hubspoke profile set readSchema=true"
    )
