"""Classes by the names that a provisioner file gives them, at every command that takes a class."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.settings.icf import IcfSettings
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles
from tests.cli.shell import Shell
from tests.support.simulator import start_simulator

TYPES = {"objectTypes": {"person": {"nativeType": "contact"}, "odd": {"nativeType": "deal"}}}


def test_a_renamed_class_has_a_schema_and_associations(tmp_path: Path) -> None:
    with start_simulator() as hubspot:
        shell = Shell(tmp_path, {"HUBSPOKE_ACCESS_TOKEN": hubspot.token})
        paths = Paths.resolve(str(shell.config), str(shell.state))
        icf = IcfSettings(TYPES)
        Profiles(paths).save(Profile(name="acme", authentication="token", api_base_url=hubspot.url, icf=icf))
        person, firm = hubspot.mutate("contacts", email="a@example.com"), hubspot.mutate("companies", name="Heron")
        for words in (["person", person, "company", firm], ["person", person, "--list"], ["person", "--labels"]):
            assert shell.run("associate", *words).code == 0
        assert firm in shell.run("associate", "person", person, "--list").out
        assert "email" in shell.run("schema", "person").out
        for name in ("odd", "__ALL__", "nobody"):
            refused = shell.run("schema", name)
            assert (refused.code, "person" in refused.err) == (2, True)


@pytest.mark.parametrize("name", ["__ALL__", "nope", ""])
def test_a_class_without_a_schema_is_a_usage_error(tmp_path: Path, name: str) -> None:
    refused = Shell(tmp_path).run("schema", name)
    assert (refused.code, "contactProperties" in refused.err) == (2, True)
