"""The schema: what each object class has, with types, flags and options, found as one types."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from screens import theme, words
from screens.copying import copied
from screens.keys import bindings
from screens.literal import literal, row, stack
from screens.operating import class_below, operations
from screens.screens.base import ConsoleScreen
from screens.screens.record_edit import failure
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.read_table import ReadTable
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.connector.connector_object import AttributeInfo
    from console.hubspot.model import PropertyDefinition
    from console.session import Session

FLAGS = {
    "REQUIRED": "required",
    "MULTIVALUED": "several",
    "NOT_CREATABLE": "not creatable",
    "NOT_UPDATEABLE": "not updateable",
    "NOT_READABLE": "not readable",
    "NOT_RETURNED_BY_DEFAULT": "on demand",
}
OPTIONS_SHOWN = 200


class Attribute(NamedTuple):
    """One attribute as the connector tells it, with HubSpot's definition where there is one."""

    info: AttributeInfo
    definition: PropertyDefinition | None

    @property
    def short(self) -> str:
        """The flags that tell attributes apart, in a word or two."""
        flags = self.info.flags
        found = ["required"] if "REQUIRED" in flags else []
        if self.definition is not None and self.definition.unique:
            found.append("unique")
        if "NOT_UPDATEABLE" in flags:
            found.append("read-only")
        if "MULTIVALUED" in flags:
            found.append("several")
        return ", ".join(found)

    @property
    def searched(self) -> str:
        """Where words are looked for."""
        return (
            f"{self.info.name} {self.info.label} {self.info.type} {self.short} {' '.join(self.info.options)}".casefold()
        )


class SchemaScreen(ConsoleScreen[None]):
    """One object class at a time."""

    PLACE = "schema"
    CSS_PATH = theme.sheets("widgets", "records")
    HEADING = "Schema"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("schema"),
        Binding("1", "turn(1)", "Class", key_display="1-9"),
        *(Binding(str(number), f"turn({number})", "Class", show=False) for number in range(2, 10)),
        Binding("left", "step(-1)", "Class", show=False),
        Binding("right", "step(1)", "Class", show=False),
        Binding("ctrl+r", "again", "Read again", key_display="^r"),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self, object_class: str = "") -> None:
        super().__init__()
        self._class = object_class
        self._offered_classes: tuple[str, ...] = ()
        self._attributes: list[Attribute] = []
        self._source = ""

    # ---- looks

    def body(self) -> ComposeResult:
        """The classes, a field to find attributes, the attributes, the one under the cursor in full."""
        self._class = self._class or class_below(self.console)
        yield Line("", id="schema-tabs")
        with Horizontal(id="schema-find"):
            yield Line(row(("/", "$accent bold"), (" Find ", "$muted")), classes="label")
            field = Input(
                placeholder="words in names, labels, types, flags and options", id="schema-words", compact=True
            )
            field.cursor_blink = False
            yield field
            yield Line("", id="schema-count", classes="label")
        with Container(id="schema-main"):
            yield ReadTable(
                Column("Attribute", 24, grow=2), Column("Type", 10), Column("Flags", 16, grow=1),
                Column("Options", 7, right=True), Column("Label", 11, grow=2), empty="Reading …",
            )  # fmt: skip
            with VerticalScroll(id="schema-detail", classes="panel", can_focus=False):
                yield Line("", id="schema-whole")
        yield Line("", id="schema-state")

    def session_opened(self, session: Session) -> None:
        """Read the class."""
        self._read(session, fresh=False)

    def action_again(self) -> None:
        """Read the account's own again."""
        if self.session is not None:
            self._read(self.session, fresh=True)

    def _read(self, session: Session, *, fresh: bool) -> None:
        self.work(lambda: self._load(session, fresh=fresh), group="schema", failed=self._failed)

    async def _load(self, session: Session, *, fresh: bool) -> None:
        from console.connector.classes import ALL, DEFINITION_CLASSES

        service = await operations(session)
        names = [name for name in service.types.names if name != ALL]
        order = {"contact": 0, "company": 1, "contactProperties": 3, "companyProperties": 4}
        self._offered_classes = tuple(sorted(names, key=lambda name: (order.get(name, 2), name)))
        kind = service.types.find(self._class)
        if fresh:
            service.connector.forget_schema(kind.native)
        infos = (await service.schema(self._class))[self._class]
        native = await service.connector.schema(kind.native)
        known = {kind.given_name(name): definition for name, definition in native.items()}
        self._attributes = [Attribute(info, known.get(info.name)) for info in infos]
        self._source = _whose(kind.native in DEFINITION_CLASSES, service.connector.live_schema)
        self._show_tabs()
        self._show()
        self.query_one("#schema-state", Line).show(literal(self._source, "$muted"))

    def _failed(self, error: BaseException) -> None:
        self._attributes = []
        self._show_tabs()
        self._show()
        self.query_one(RecordTable).say_empty("✗ not read; ^r reads again")
        self.query_one("#schema-state", Line).show(failure(self.console, error))

    def _show_tabs(self) -> None:
        parts = []
        for number, name in enumerate(self._offered_classes[:9], 1):
            style = "$primary bold reverse" if name == self._class else ""
            parts.append(row((f"{number} ", "$accent bold"), (f" {name} ", style), ("  ", "")))
        self.query_one("#schema-tabs", Line).show(Content("").join(parts))

    def _show(self) -> None:
        wanted = self.query_one("#schema-words", Input).value.casefold().split()
        found = [one for one in self._attributes if all(word in one.searched for word in wanted)]
        table = self.query_one(RecordTable)
        table.say_empty("No attribute matches." if self._attributes else "Reading …")
        rows: PagedRows[Attribute] = PagedRows.of(found, _row)
        table.show(rows, keep_cursor=True)
        count = f"  {words.number(len(found))} of {words.counted(len(self._attributes), 'attribute')}"
        self.query_one("#schema-count", Line).show(literal(count if self._attributes else "", "$muted"))
        self._show_whole()

    def _show_whole(self) -> None:
        attribute: Attribute | None = self.query_one(RecordTable).current()
        self.query_one("#schema-detail").display = attribute is not None
        if attribute is not None:
            self.query_one("#schema-whole", Line).show(_detail(attribute))

    # ---- keys

    def on_record_table_moved(self) -> None:
        """The pane follows the cursor."""
        self._show_whole()

    def on_input_changed(self) -> None:
        """What matches is shown at once."""
        if self._attributes:
            self._show()

    def on_input_submitted(self) -> None:
        """To the attributes."""
        self.query_one(RecordTable).focus()

    def do_search(self) -> None:
        """Find attributes as one types."""
        self.query_one("#schema-words", Input).focus()

    def do_back(self) -> None:
        """Give up the search first, then the screen."""
        field = self.query_one("#schema-words", Input)
        if field.value or field.has_focus:
            field.value = ""
            self.query_one(RecordTable).focus()
        else:
            self.console.do_back()

    def action_turn(self, number: int) -> None:
        """To the class of that number."""
        if number <= len(self._offered_classes):
            self._turn_to(self._offered_classes[number - 1])

    def action_step(self, by: int) -> None:
        """To the class beside this one."""
        if self._class in self._offered_classes:
            self._turn_to(
                self._offered_classes[(self._offered_classes.index(self._class) + by) % len(self._offered_classes)]
            )

    def _turn_to(self, name: str) -> None:
        if name != self._class and self.session is not None:
            self._class = name
            self._show_tabs()
            self.query_one(RecordTable).action_first()
            self._read(self.session, fresh=False)

    def do_record_copy(self) -> None:
        """The name under the cursor to the clipboard."""
        attribute: Attribute | None = self.query_one(RecordTable).current()
        if attribute is not None:
            name = attribute.info.name
            self.work(lambda: self._copy(name), group="copy")

    async def _copy(self, name: str) -> None:
        self.query_one("#schema-state", Line).show(await copied(self.console, name, name))


def _row(attribute: Attribute) -> Row:
    info = attribute.info
    label = info.label if info.label != info.name else ""
    count = words.number(len(info.options)) if info.options else ""
    tone = "muted" if "NOT_UPDATEABLE" in info.flags else ""
    return Row((info.name, info.type, attribute.short, count, label), tone)


def _detail(attribute: Attribute) -> Content:
    info, definition = attribute.info, attribute.definition
    rows = [row((info.name, "bold"), (f"  {info.label}" if info.label != info.name else "", "$muted"))]
    facts = [info.type, *(FLAGS.get(flag, flag.lower()) for flag in info.flags)]
    rows.append(literal(" · ".join(facts), "$muted"))
    if info.native_name not in (info.name, ""):
        rows.append(row(("in the connector ", "$muted"), (info.native_name, "")))
    if definition is not None:
        rows += _of_definition(definition)
    return stack(*rows)


def _of_definition(definition: PropertyDefinition) -> list[Content]:
    """What HubSpot says of a property besides."""
    own = "HubSpot's own" if definition.hubspot_defined else "the account's own"
    facts = [
        f"{definition.type}/{definition.field_type}",
        f"group {definition.group_name}" if definition.group_name else "",
        own,
    ]
    facts += ["hidden" if definition.hidden else "", "calculated" if definition.calculated else ""]
    rows = [literal(" · ".join(filter(None, facts)), "$muted")]
    if definition.description:
        rows.append(literal(definition.description, limit=600))
    options = definition.options[:OPTIONS_SHOWN]
    rows += [_option(option.value, option.label, hidden=option.hidden) for option in options]
    if len(definition.options) > OPTIONS_SHOWN:
        rows.append(literal(f"and {words.number(len(definition.options) - OPTIONS_SHOWN)} more", "$muted"))
    return rows


def _option(value: str, label: str, *, hidden: bool) -> Content:
    said = label if label != value else ""
    return row(
        ("  ○ ", "$accent"),
        (value, ""),
        (f"  {said}" if said else "", "$muted"),
        ("  hidden" if hidden else "", "$muted"),
    )


def _whose(definitions: bool, live: bool) -> str:
    if definitions:
        return "Definitions have this form in every account."
    if live:
        return "The account's own properties, as of the last ten minutes."
    return "The built-in schema: readSchema is off in the profile's connector settings."
