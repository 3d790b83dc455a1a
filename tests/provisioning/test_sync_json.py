"""Mappings of IDM: what is carried gives what IDM gave, and everything else is listed with its place."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.connector.filter import matches
from console.provisioning.errors import PlanRefused
from console.provisioning.expressions import Expressions, compile_condition, compile_expression
from console.provisioning.mapping import Mapping, parse
from console.provisioning.sync_json import Found, choose, read_file
from console.provisioning.sync_json_carry import Carried, carry
from console.provisioning.sync_script import NotCarried, parse_script
from console.provisioning.sync_script import Path as Field
from console.provisioning.sync_words import cel_condition, cel_value, filter_of

FILE = Path(__file__).parent / "data" / "sync.json"
WHOLE = {"source": Field("source", ()), "object": Field("source", ())}


EMPTY = ("properties", 8, "source")


def carried(values: dict[str, Any]) -> tuple[Carried, Mapping]:
    """A mapping of a few keys, and how it is read again."""
    head = {"name": "m", "source": "managed/user", "target": "system/hubspot/contact"}
    rows = [{"source": "mail", "target": "email"}]
    done = carry(Found(name="m", path="mappings[0]", values=head | {"properties": rows} | values))
    return done, parse(done.text, Path("/f/m.toml"))


def left(done: Carried, *, decide: bool | None = None) -> dict[str, str]:
    """What was not carried: why, by its place."""
    return {item.path: item.why for item in done.left if decide is None or item.decide is decide}


def test_a_whole_mapping() -> None:
    found = choose(read_file(FILE), None)
    assert (found.name, found.path) == ("managedUser_systemHubspotContact", "mappings[1]")
    done = carry(found, file="sync.json")
    mapping = parse(done.text, Path("/f/m.toml"))
    expressions = Expressions(mapping)
    assert expressions.problems == []
    assert (mapping.source, mapping.source_id, mapping.target) == (
        "idm+https://idm.example.org/openidm/managed/user", "_id", "contact",
    )  # fmt: skip
    assert mapping.correlate == ("email",)
    assert mapping.scope == 'accountStatus eq "active" and mail pr'
    assert {situation.value: action.value for situation, action in mapping.policy.items()} == {
        "CONFIRMED": "UPDATE", "FOUND": "UPDATE", "ABSENT": "CREATE", "AMBIGUOUS": "EXCEPTION", "MISSING": "UNLINK",
        "SOURCE_MISSING": "DELETE", "UNQUALIFIED": "UNLINK", "UNASSIGNED": "IGNORE", "SOURCE_IGNORED": "IGNORE",
        "ALL_GONE": "IGNORE",
    }  # fmt: skip
    person = {
        "_id": "1", "mail": "Ann.Li@X.org", "givenName": " Ann", "sn": "Li", "telephoneNumber": "011-234",
        "address": {"city": "Galle"}, "preferences": {"updates": True}, "accountStatus": "active",
    }  # fmt: skip
    result = expressions.evaluate(person, file="", line=1)
    assert result.problems == ()
    assert result.values == {
        "email": "ann.li@x.org", "firstname": " Ann", "lastname": "LI", "phone": "011234", "city": "Galle",
        "country": "LK", "company": "Ann Li", "jobtitle": "Staff", "hs_language": "en", "lifecyclestage": "lead",
    }  # fmt: skip
    assert expressions.evaluate({"_id": "2", "mail": "b@x.org"}, file="", line=2).values["jobtitle"] == "Staff"
    assert next(row for row in mapping.rows if row.name == "lifecyclestage").write == "create"
    assert {row.name for row in mapping.rows if row.state == "draft"} == {"fax", "salutation", "website"}


def test_every_key_of_the_file_is_carried_or_listed() -> None:
    """Take a key away: if the answer stays the same, the key was dropped unseen."""
    found = choose(read_file(FILE), None)
    whole = carry(found)
    for place in _places(found.values):
        if place[0] in ("linkQualifiers", "enableSync", "sourceQuery", "correlationQuery") or place == EMPTY:
            continue  # they say what is so without them, or twice; an empty source is the whole object
        fewer = json.loads(json.dumps(found.values))
        _take(fewer, place)
        assert carry(Found(name=found.name, path=found.path, values=fewer)) != whole, place


def _places(value: Any, before: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if not isinstance(value, dict | list) or (
        before and before[-1] in ("transform", "condition", "onUpdate", "result")
    ):
        return [before] if before and before[-1] not in ("type", "name") else []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [place for key, inner in items for place in _places(inner, (*before, key))]


def _take(value: Any, place: tuple[str | int, ...]) -> None:
    for step in place[:-1]:
        value = value[step]
    del value[place[-1]]


def test_what_is_not_carried_is_listed_with_its_place_in_the_report_and_the_file() -> None:
    done = carry(choose(read_file(FILE), None))
    decide = left(done, decide=True)
    assert set(decide) == {
        "mappings[1].properties[5].transform", "mappings[1].properties[6].condition", "mappings[1].policies[5].postAction",
        "mappings[1].policies[10]", "mappings[1].policies[11]", "mappings[1].onUpdate", "mappings[1].result",
        "mappings[1].links", "mappings[1].queuedSync", "mappings[1].source", "mappings[1].properties[13]",
        "mappings[1].properties[14].transform", "mappings[1].reviewedBy",
    }  # fmt: skip
    assert "file of its own" in decide["mappings[1].properties[14].transform"]
    assert "reverse" not in done.text  # of a script that is not carried nothing is shown
    for item in done.left:
        assert re.search(rf"^#   {re.escape(item.path)}: ", done.text, re.MULTILINE), item


def test_a_mapping_from_hubspot_is_a_pull() -> None:
    found = read_file(FILE)
    with pytest.raises(PlanRefused) as raised:
        choose(found, "systemHubspotContact_managedUser")
    assert "mappings[0]" in raised.value.message
    assert "userName" in raised.value.message
    assert raised.value.remedy.endswith(
        "hubspoke pull contact --to people: --fields mail=email,givenName=firstname,sn=lastname --incremental"
    )
    with pytest.raises(PlanRefused, match="no part in it"):
        choose(found, "systemLdapAccount_managedUser")
    with pytest.raises(PlanRefused, match="no mapping nobody"):
        choose(found, "nobody")
    with pytest.raises(PlanRefused, match="2 mappings write"):
        choose([*found, found[1]], None)


@pytest.mark.parametrize(
    ("script", "gives"),
    [
        ("source.mail.toLowerCase()", "ann@x.org"),
        ("var m = source.mail; m.toUpperCase().trim();", "ANN@X.ORG"),
        ("source.givenName + ' ' + source.sn", "Ann Li"),
        ("// a note\nreturn source.sn /* their */ || source.givenName;", "Li"),
        ("source.nick || 'none'", "none"),
        ("if (source.vip) { 'gold' } else { 'plain' }", "gold"),
        ("if (source.missing) 'gold'; else if (source.sn == 'Li') 'li'; else 'x'", "li"),
        ("source.vip === true && !source.gone ? 'y' : 'n'", "y"),
        ("source.missing != null ? 'y' : 'n'", "n"),
        ("source.empty != null ? 'y' : 'n'", "y"),
        ("source.missing == '' ? 'y' : 'n'", "n"),
        ("source.mail.split('@')[1]", "x.org"),
        ("source.mail.split('@')[7]", ""),
        ("source.mail.indexOf('x.org') > -1 ? 'ours' : 'theirs'", "ours"),
        ("source.mail.indexOf('x.org') === -1 ? 'theirs' : 'ours'", "ours"),
        ("source.tel.replace(/[^0-9]/g, '')", "0112"),
        ("source.tel.replace('-', ' ')", "01 1-2"),
        ("source['given name'].concat('!', \"\\u00e9\")", "A!é"),
        ("source.emails[0].value", "e@x.org"),
        ("source.givenName.charAt(0) + '.'", "A."),
        ("\"constant\"", "constant"),
        ("null", ""),
    ],
)  # fmt: skip
def test_scripts_that_can_be_said(script: str, gives: Any) -> None:
    person = {
        "mail": "Ann@x.org", "givenName": "Ann", "sn": "Li", "vip": True, "tel": "01-1-2", "given name": "A", "empty": "",
        "emails": [{"value": "e@x.org"}],
    }  # fmt: skip
    assert compile_expression(cel_value(parse_script(script, WHOLE))).eval(person) == gives


@pytest.mark.parametrize(
    "script",
    [
        "openidm.read('managed/user/1').mail", "source.mail.substring(0, 3)", "for (var i = 0; i < 3; i++) { i }", "source",
        "java.lang.System.exit(1)", "source.a.length", "source.mail.replace(/a(?=b)/g, '')", "source.mail.replace(/a/, 'b')",
        "source.x > 3 ? 'a' : 'b'", "source.a && source.b", "x = 3", "source.mail.replace(/(a)/g, '$1')", "", "source.mail.",
        "source[source.a]", "(" * 200, "function () { return 1 }", "source.mail.indexOf('a') > 2 ? 'y' : 'n'", "1 / 2", "`x`",
        "!" * 400 + "source.a", "source.a == 1 || source.b == 2 || 'x'", "new Date()", "{\"a\": 1}",
    ],
)  # fmt: skip
def test_scripts_that_cannot_be_said(script: str) -> None:
    with pytest.raises(NotCarried) as raised:
        cel_value(parse_script(script, WHOLE))
    assert raised.value.why


@given(st.text("soure.ab'+()!=|&?:;{} 0\"/[]\\", max_size=40))
def test_any_text_is_carried_or_refused(script: str) -> None:
    try:
        text = cel_value(parse_script(script, WHOLE))
    except NotCarried:
        return
    assert text


@pytest.mark.parametrize(
    ("script", "people"),
    [
        ("source.active === true && source.mail != null", "1"),
        ("!(source.dept == 'Robots')", "12"),
        ("source.mail.endsWith('@x.org') || source.dept === 'Robots'", "13"),
        ("source.mail.indexOf('@y') === -1", "13"),
        ("source.active", "1"),
        ("if (source.active) { true } else { false }", None),
        ("source.grade >= 3", "2"),
    ],
)
def test_scopes_take_whom_the_script_takes(script: str, people: str | None) -> None:
    everybody = {
        "1": {"active": True, "mail": "a@x.org", "dept": "IT"}, "2": {"active": False, "mail": "b@y.org", "grade": 4},
        "3": {"dept": "Robots", "grade": 2},
    }  # fmt: skip
    if people is None:
        with pytest.raises(NotCarried):
            filter_of(parse_script(script, WHOLE))
        return
    query = filter_of(parse_script(script, WHOLE))
    assert "".join(one for one, values in everybody.items() if matches(query, values)) == people


def test_a_scope_that_is_not_carried_takes_nobody() -> None:
    done, mapping = carried(
        {"validSource": {"type": "groovy", "source": "source.x"}, "sourceCondition": "/source/a eq 1"}
    )
    assert mapping.scope == "false"
    assert "nobody" in left(done)["mappings[0].validSource"]
    _, mapping = carried(
        {"sourceCondition": "/source/a/b eq 1 or !(c pr)", "sourceQuery": {"_queryFilter": "d sw 'x'"}}
    )
    assert mapping.scope == '(/a/b eq 1 or !(c pr)) and d sw "x"'


def test_conditions_of_properties() -> None:
    rows = [
        {"source": "mail", "target": "email", "condition": '/object/a/b eq true and !(object/c co "x")'},
        {"source": "sn", "target": "lastname", "condition": {"type": "text/javascript", "source": "object.sn != null"}},
    ]
    _, mapping = carried({"properties": rows, "correlationQuery": {"expressionTree": {"any": ["email"]}}})
    first, second = (compile_condition(row.when) for row in mapping.rows)
    assert [first.eval(one) for one in ({"a": {"b": True}}, {"a": {"b": True}, "c": "xy"}, {})] == [True, False, False]
    assert [second.eval(one) for one in ({"sn": "a"}, {"sn": None}, {})] == [True, False, False]


@pytest.mark.parametrize(
    ("query", "keys", "why"),
    [
        ({"expressionTree": {"any": ["hs_object_id", "email"]}}, ("email",), "no row"),
        ({"expressionTree": {"all": ["email", "lastname"]}}, ("email",), "all of email, lastname"),
        ([{"linkQualifier": "default", "expressionTree": {"all": ["__NAME__"]}}], ("email",), ""),
        ([{"linkQualifier": "test", "expressionTree": {"all": ["email"]}}], ("email",), "link qualifier"),
        ({"type": "text/javascript", "source": "var q = {'_queryFilter': 'email eq \"' + source.mail + '\"'}; q"}, ("email",), ""),
        ({"type": "text/javascript", "source": "({'_queryId': 'x'})"}, ("email",), "more than one"),
        (None, ("email",), "correlate is email"),
    ],
)  # fmt: skip
def test_correlation(query: Any, keys: tuple[str, ...], why: str) -> None:
    done, mapping = carried({"correlationQuery": query} if query else {})
    assert mapping.correlate == keys
    reasons = [item.why for item in done.left if "correlationQuery" in item.path]
    assert any(why in reason for reason in reasons) if why else reasons == []


def test_without_any_key_and_with_odd_shapes() -> None:
    done, mapping = carried({"properties": [{"source": "sn", "target": "lastname"}], "policies": "none", "name": "a b"})
    assert (mapping.correlate, mapping.allow_unkeyed_creates, mapping.name) == ((), True, "m")
    assert left(done)["mappings[0].policies"] == "it is no list of policies"
    odd = [3, {"target": "_id"}, {"target": "a/b"}, {"source": "x", "target": "email"}, {"source": "y", "target": "email"},
           {"target": "fax"}, {"target": "city", "default": {"a": 1}}, {"source": "/n/0", "target": "zip", "default": 5, "new": 1}]  # fmt: skip
    done, mapping = carried({"properties": odd})
    assert {row.name: row.value for row in mapping.active} == {
        "email": 'coalesce(source.x, "")', "zip": "coalesce(source.n[0], 5)",
    }  # fmt: skip
    assert {f"mappings[0].properties[{number}]" for number in (0, 1, 2, 4, 5, 6)} <= set(left(done))
    assert "mappings[0].properties[7].new" in left(done)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"), ("[]", "no mappings"), ('{"mappings": 3}', "no mappings"), ("[" * 100_000, "not JSON"),
        ('{"source": "a", "source": "b", "target": "c"}', "stands twice"), ("\udcff", "not JSON"),
    ],
)  # fmt: skip
def test_files_that_are_none(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "sync.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(PlanRefused, match=message):
        read_file(path)
    with pytest.raises(PlanRefused, match="cannot be read"):
        read_file(tmp_path / "nothing.json")


def test_a_file_for_each_mapping(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_text(
        json.dumps({"source": "system/hr/person", "target": "system/HubSpot2/company", "properties": [], "x": 1})
    )
    done = carry(choose(read_file(path), None), source="firms.csv", name="firms")
    assert left(done)["x"] == "an unknown key"
    assert 'source = "firms.csv"' in done.text
    assert compile_condition(cel_condition(parse_script("object.a", WHOLE))).eval({"a": 0}) is False
