"""The parser: every subcommand is named here, and only the asked one's module is imported."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

from console.cli.exits import Exit, Stop


class Command(NamedTuple):
    """A subcommand: the module of this package that holds it, and its line in the help."""

    module: str
    help: str


COMMANDS: dict[str, Command] = {
    "demo": Command("demo", "the console on the embedded simulator, with sample people"),
    "simulator": Command("simulator", "the embedded HubSpot, as a server on this machine"),
    "profile": Command("profile", "named HubSpot connections: list, show, set, add, remove, use"),
    "credentials": Command("credentials", "secrets: set, status, forget"),
    "test": Command("connection", "test the connection, stage by stage"),
    "doctor": Command("doctor", "what this terminal, vault and machine can do"),
    "schema": Command("schema", "the properties of contacts or companies"),
    "search": Command("search", "find records in HubSpot"),
    "views": Command("views", "saved views of contacts and companies: list, save, remove"),
    "snapshot": Command("snapshot", "all records of a class in a sealed local file: take, show, remove"),
    "get": Command("get", "read one object"),
    "versions": Command("versions", "the values that a record's properties had before"),
    "url": Command("url", "the address of a record on HubSpot's own pages"),
    "create": Command("create", "make an object"),
    "update": Command("update", "replace properties of an object"),
    "delete": Command("delete", "archive an object"),
    "merge": Command("merge", "make two records one, for good"),
    "gdpr-delete": Command("gdpr_delete", "erase a contact for good"),
    "associate": Command("associate", "associate a contact and a company; list or remove associations"),
    "script": Command("script", "run a sandboxed script beside the connector"),
    "sources": Command("sources", "test or preview a source of people"),
    "mapping": Command("mapping", "check or suggest a mapping"),
    "plan": Command("plan", "compare a source with HubSpot; nothing is written"),
    "explain": Command("explain", "why one person is in or out, and what a plan would do"),
    "diff": Command("diff", "every record of a plan, before and after"),
    "revise": Command("revise", "a plan made from another one: people left out, taken in or looked up again"),
    "apply": Command("apply", "approve a plan and write it to HubSpot"),
    "provision": Command("provision", "plan and apply in one step"),
    "runs": Command("runs", "list, show, watch, report, steer, retry or undo runs"),
    "people": Command("people", "the managed repository: list, show, add, edit, deactivate, remove"),
    "pull": Command("pull", "from HubSpot into the managed repository, a file or a database"),
    "livesync": Command("livesync", "plan and apply again and again, as the source changes"),
    "gateway": Command("gateway", "SCIM and IDM-style REST for identity servers; its clients and its certificate"),
    "journal": Command("journal", "verify, prune or export the record, follow or forget a person"),
    "log": Command("log", "the requests to HubSpot, live, without values; one of them as curl"),
    "bundle": Command("bundle", "a support bundle: redacted, and listed before it is written"),
    "version": Command("version", "the version of Hubspoke"),
}


_DASHED = frozenset({"--sort"})
"""Options whose values may begin with a dash."""


class Parser(argparse.ArgumentParser):
    """A parser that raises instead of exiting, and gets its arguments when it is asked for.

    `fill_from` is the module that adds a subcommand's arguments. All parsers below the root take the
    global options too, so that these may stand anywhere.
    """

    def __init__(self, *, fill_from: str = "", root: bool = False, **options: Any) -> None:
        options["allow_abbrev"] = False
        super().__init__(**options)
        self._fill_from = fill_from
        self._complete = root
        self._mixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, after the parser was completed."""
        if not self._complete:
            self._complete = True
            if self._fill_from:
                importlib.import_module(f"console.cli.{self._fill_from}").add_arguments(self)
            add_global_options(self, suppressed=True)
        if self._mixing or any(action.nargs == argparse.PARSER for action in self._actions):
            return super().parse_known_args(args, namespace)
        self._mixing = True  # the way to take words and options in any order comes back here for each of the two
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False

    def error(self, message: str) -> NoReturn:
        """A usage error, in the words of argparse."""
        raise Stop(Exit.USAGE, f"{self.prog}: {message}", f"{self.prog} --help")


def add_global_options(parser: argparse.ArgumentParser, *, suppressed: bool = False) -> None:
    """The options that stand before or after any subcommand; after one, an absent option says nothing."""
    group = parser.add_argument_group("global options")

    def add(flag: str, default: object, **rest: Any) -> None:
        group.add_argument(flag, default=argparse.SUPPRESS if suppressed else default, **rest)

    add("--profile", None, metavar="NAME", help="the profile to use instead of the current one")
    add("--config", None, metavar="DIR", help="profiles, mappings and the vault file")
    add("--state", None, metavar="DIR", help="journal, budget, locks and reports")
    add("--log-file", None, metavar="FILE", help="append every request to this file, without values")
    add("--verbose", False, action="store_true", help="say more on stderr")
    group.add_argument("-v", dest="verbose", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def build() -> Parser:
    """The parser of `hubspoke`."""
    parser = Parser(
        root=True,
        prog="hubspoke",
        description="The provisioning console for HubSpot. Without a command it opens the console.",
        epilog="Exit codes: 0 ok, 1 failure, 2 usage, 3 some records failed, 4 a guard refused, 5 paused, "
        "6 needs a decision, 7 locked by another, 8 changes found (--exit-code), 130 interrupted.",
    )
    add_global_options(parser)
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=Parser)
    for name, command in COMMANDS.items():
        commands.add_parser(name, help=command.help, description=_sentence(command.help), fill_from=command.module)
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The parsed command line; `run` is what to call, absent when the console is asked for.

    Raises:
        Stop: the command line makes no sense.
    """
    parser = build()
    args, surplus = parser.parse_known_args(list(_joined(arguments)))
    if surplus and args.command == "credentials":  # it may be the secret itself
        raise Stop(
            Exit.USAGE,
            "There is one argument too many; it is not repeated here.",
            "A secret is never an argument: it is asked for, or read from standard input.",
        )
    if surplus:
        parser.error(f"unrecognized arguments: {' '.join(surplus)}")
    return args  # type: ignore[no-any-return]


def _joined(arguments: Sequence[str]) -> Iterator[str]:
    """`--sort -createdate` as one word: argparse takes a value that begins with a dash for an option."""
    words = iter(arguments)
    for word in words:
        if word in _DASHED:
            value = next(words, None)
            yield word if value is None else f"{word}={value}"
        else:
            yield word


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
