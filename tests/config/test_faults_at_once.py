"""Everything that is wrong with a home folder is told at once, with file, line and remedy, and nothing starts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.faults import ConfigurationFaults
from config.load import load, survey
from config.locate import line_of, lines_of
from gateway.assembly import assemble
from gateway.setup import make_home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    make_home(folder, ["sirene:XA", "ncb:XA"], "xa.spoc.example", datetime.now(UTC))
    return folder


def edit(home: Path, old: str, new: str) -> None:
    file = home / "spoc.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def told(home: Path) -> list[tuple[str, int, str]]:
    """File name, line and setting of every fault."""
    with pytest.raises(ConfigurationFaults) as caught:
        assemble(survey(home, {}))
    return [(fault.file.name, fault.line, fault.setting) for fault in caught.value.faults]


def test_a_fresh_home_folder_has_no_fault(home: Path) -> None:
    assert load(home, {}).faults == ()
    assemble(survey(home, {}))


def test_faults_of_all_files_and_adapters_come_together(home: Path) -> None:
    edit(home, "listen_port = 8480", "listen_port = 99999")
    edit(home, 'starttls = "required"', 'starttls = "perhaps"')
    with (home / "spoc.toml").open("a", encoding="utf-8") as file:
        file.write(
            '\n[registers.crm]\nbase_url = "ftp://crm.xa.example"\n\n[registers.cprr]\nbase_url = "https://x.example"\n'
        )
    (home / "partners.toml").write_text('[[partner]]\nparty = "SIRENE-XB"\nname = "x"\n', encoding="utf-8")
    (home / "routes.toml").write_text(
        '[[route]]\nname = "a"\nbecause = "b"\nwhen.form = "sirene/Z"\ndo.ask = ["nope"]\ndo.answer = "draft"\n',
        encoding="utf-8",
    )
    faults = told(home)
    settings = {setting for _, _, setting in faults}
    assert {"api.listen_port", "channels.smtp.starttls", "registers.crm.base_url", "registers.cprr"} <= settings
    assert {name for name, _, _ in faults} == {"spoc.toml", "partners.toml", "routes.toml"}
    text = (home / "spoc.toml").read_text("utf-8").splitlines()
    lines = {setting: line for name, line, setting in faults if name == "spoc.toml"}
    assert "99999" in text[lines["api.listen_port"] - 1]
    assert "perhaps" in text[lines["channels.smtp.starttls"] - 1]
    assert "ftp://" in text[lines["registers.crm.base_url"] - 1]


def test_a_calendar_that_cannot_be_is_told_at_its_line(home: Path) -> None:
    with (home / "spoc.toml").open("a", encoding="utf-8") as file:
        file.write(
            '\n[calendars.DK]\ndays_off = [2026-12-24]\n\n[calendars.XA]\ndays_off = ["soon"]\n\n[calendars.XB]\n'
        )
    assert [setting for _, _, setting in told(home)] == ["calendars.XA", "calendars.XB.zone"]


def test_a_missing_key_names_its_party_and_the_remedy(home: Path) -> None:
    (home / "keys" / "signing" / "ncb-XA.key.pem").unlink()
    with pytest.raises(ConfigurationFaults, match="ncb:XA"):
        assemble(survey(home, {}))


def test_what_is_not_toml_is_told_with_its_line(home: Path) -> None:
    edit(home, "[office]", "[office")
    with pytest.raises(ConfigurationFaults) as caught:
        survey(home, {})
    assert [fault.setting for fault in caught.value.faults] == ["syntax"]


def test_the_environment_overrides_one_setting(home: Path) -> None:
    assert load(home, {"SPOC_SET_api__listen_port": "9000"}).settings.api.listen_port == 9000


def test_lines_are_found_in_tables_arrays_and_dotted_keys() -> None:
    lines = lines_of('a = 1\n[b]\n"c d" = 2\n[[e]]\nf = 1\n[[e]]\nf = 2\ng.h = 3\n')
    assert line_of(lines, ("b", "c d")) == 3
    assert line_of(lines, ("e", 1, "f")) == 7
    assert line_of(lines, ("e", 1, "g", "h")) == 8
    assert line_of(lines, ("e", 0, "unknown")) == 4
