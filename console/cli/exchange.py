"""`hubspoke profile import` and `export`: provisioner files of identity servers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from console.cli.asking import ask_secret
from console.cli.context import Context, credential_names
from console.cli.exits import Exit, Stop
from console.settings import provisioner_file
from console.settings.errors import SettingsError, VaultError
from console.settings.paths import expanded, write_private
from console.settings.profile import Profile
from console.settings.profiles import Profiles
from console.settings.provisioner import Imported, exported, imported
from console.settings.provisioner_keys import CONFIGURATION, OWN, Note

_WORDS = {
    "used": "honoured",
    "kept": "kept",
    "unknown": "unknown",
    "left out": "left out",
    "attention": "LOOK",
}
_ORDER = ("attention", "left out", "unknown", "kept")


def take(context: Context) -> int:
    """A provisioner file becomes a profile."""
    return context.run(_take(context))


async def _take(context: Context) -> int:
    args = context.args
    document = (
        provisioner_file.parse(sys.stdin.buffer.read()) if args.file == "-" else provisioner_file.read(_path(args.file))
    )
    found = imported(document, name=args.name, accept=args.accept_url)
    profile = found.profile
    profiles = Profiles(context.paths)
    if profiles.path(profile.name).exists():
        raise Stop(
            Exit.FAILURE,
            f'There is a profile "{profile.name}" already, and nothing was changed.',
            "Give the new one another name: --name NAME",
        )
    given = {} if args.no_secrets else _asked(context, found)
    await _store(context, profile, given)  # first: a vault that does not open leaves no half of an import
    first = not profiles.names()
    profiles.save(profile)
    if first:
        profiles.use(profile.name)
    _report(context, found, sorted(given))
    return Exit.OK


def _path(text: str) -> Path:
    return expanded(text)


def _asked(context: Context, found: Imported) -> dict[str, str]:
    """The file's readable secrets; on a terminal the others are asked for, and an empty line leaves one out."""
    secrets = dict(found.secrets)
    if context.interactive:
        for name in credential_names(found.profile):
            if name not in secrets:
                value = ask_secret(f"{name} (Enter to give it later): ").strip()
                if value:
                    secrets[name] = value
    return secrets


async def _store(context: Context, profile: Profile, given: dict[str, str]) -> None:
    if not given:
        return
    try:
        async with context.session(creating=True, profile=profile) as session:
            secrets = await session.secrets
            for name, value in given.items():
                await secrets.set(name, value)
    except VaultError as error:
        raise Stop(
            Exit.FAILURE,
            error.message,
            f"{error.remedy}\nNothing was imported. To import without the secrets: --no-secrets",
        ) from error


def _report(context: Context, found: Imported, stored: Sequence[str]) -> None:
    name = found.profile.name
    missing = [secret for secret in credential_names(found.profile) if secret not in stored]
    if context.args.json:
        notes = [
            {"id": note.key, **{key: getattr(note, key) for key in ("state", "message", "advice")}}
            for note in found.notes
        ]
        context.out.json({"id": name, "notes": notes, "stored": list(stored), "missing": missing})
        return
    context.out.line(f'Imported as the profile "{name}".')
    used = [note.key for note in found.notes if note.state == "used"]
    if used:
        context.out.line(f"{_WORDS['used']}: {', '.join(used)}")
    for state in _ORDER:
        for note in found.notes:
            if note.state == state:
                context.out.line(_line(note))
    for secret in stored:
        context.out.note(f"Stored {secret} in the vault.")
    for secret in missing:
        context.out.note(f"Missing: hubspoke --profile {name} credentials set {secret}")
    context.out.note(f"Next: hubspoke --profile {name} test")


def _line(note: Note) -> str:
    return f"{_WORDS[note.state]}: {note.key} {note.message} {note.advice}".rstrip()


def give(context: Context) -> int:
    """A profile becomes a provisioner file."""
    from console.session import chosen_profile

    profile = chosen_profile(Profiles(context.paths), context.args.profile)
    document = exported(profile)
    data = provisioner_file.written(document)
    if context.args.file is None:
        context.out.json(document)
    else:
        _write(_path(context.args.file), data, replace=context.args.replace)
    secrets = " and ".join(credential_names(profile))
    context.out.note(f"The file holds no secrets: give it {secrets} where it is read.")
    if OWN in document:
        context.out.note(f'An identity server reads {CONFIGURATION}; the key "{OWN}" is for Hubspoke only.')
    return Exit.OK


def _write(path: Path, data: bytes, *, replace: bool) -> None:
    if path.exists() and not replace:
        raise Stop(Exit.FAILURE, f"{path} is there already.", "Name another file, or write over it with --replace.")
    if path.exists() and not path.is_file():
        raise Stop(Exit.FAILURE, f"{path} is no ordinary file.", "Name a file; without one it goes to standard output.")
    try:
        write_private(path.absolute(), data)
    except OSError as error:
        raise SettingsError(
            f"The file cannot be written: {(error.strerror or 'unknown reason').lower()}.",
            "Look at the folder's permissions and at the free space.",
            file=path,
        ) from None
