"""`spoc init` makes what works; `spoc doctor` finds what does not, all at once and with its place."""

from __future__ import annotations

import asyncio
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.commands.diagnosis import diagnose
from gateway.signing.authority import set_up_authority
from tests.cli.conftest import PARTIES, Spoc


def points(quick: Spoc, home: Path, *more: str) -> tuple[int, list[dict[str, Any]]]:
    done = quick("--home", home, "doctor", "--json", *more)
    return done.code, done.told["points"]


def test_a_new_home_is_well(spoc: Spoc, tmp_path: Path) -> None:
    home = tmp_path / "new"
    made = spoc("--home", home, "init", "--json")
    done = spoc("--home", home, "doctor", "--json")

    assert made.code == 0
    assert {client["id"] for client in made.told["clients"]} == {
        "submitter",
        "reader",
        "officer",
        "auditor",
        "operator",
    }
    assert (done.code, done.told["healthy"]) == (0, True), done.text
    assert {point["what"]: point["state"] for point in done.told["points"]}["gateway"] == "warning"


def test_secrets_are_shown_once_and_kept_as_hashes(quick: Spoc, tmp_path: Path) -> None:
    made = quick("--home", tmp_path / "new", "init", "--json").told
    settings = (tmp_path / "new" / "spoc.toml").read_text()

    assert all(client["secret"] not in settings for client in made["clients"])
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in (tmp_path / "new").rglob("*.key.pem"))


def test_a_second_init_changes_nothing(quick: Spoc, home: Path) -> None:
    before = (home / "spoc.toml").read_bytes()
    done = quick("--home", home, "init")

    assert done.code == 78
    assert (home / "spoc.toml").read_bytes() == before


@pytest.mark.parametrize("party", ["XA", "sirene:", "SIRENE:XA", "sirene:XA\nx"])
def test_an_office_has_a_role_and_a_code(quick: Spoc, tmp_path: Path, party: str) -> None:
    assert quick("--home", tmp_path / "new", "init", "--party", party).code == 2
    assert not (tmp_path / "new" / "spoc.toml").exists()


def line_with(file: Path, words: str) -> int:
    return next(number for number, line in enumerate(file.read_text().splitlines(), 1) if words in line)


@pytest.fixture
def broken(home: Path) -> Path:
    """A home with faults in all three files."""
    settings = home / "spoc.toml"
    text = settings.read_text().replace("listen_port = 8480", "listen_port = 99999")
    settings.write_text(text.replace('name = "SPOC"', 'name = "SPOC"\ncolour = "blue"'))
    (home / "partners.toml").write_text('[[partner]]\nparty = "somebody"\nname = "x"\nanchors_pem = []\nsigners = []\n')
    (home / "routes.toml").write_text('[[route]]\nname = "a"\ndo.answer = "loudly"\n')
    return home


def test_all_faults_of_all_files_are_told_at_once_with_their_lines(quick: Spoc, broken: Path) -> None:
    code, found = points(quick, broken)
    faults = {(Path(point["file"]).name, point["line"]) for point in found if point["state"] == "fault"}

    assert code == 78
    settings = broken / "spoc.toml"
    assert ("spoc.toml", line_with(settings, "colour")) in faults
    assert ("spoc.toml", line_with(settings, "99999")) in faults
    assert ("partners.toml", 2) in faults
    assert any(name == "routes.toml" for name, _ in faults)
    assert all(point["text"] for point in found)


def test_a_start_with_faults_tells_them_and_starts_nothing(quick: Spoc, broken: Path) -> None:
    done = quick("--home", broken, "serve")

    assert done.code == 78
    assert f"spoc.toml:{line_with(broken / 'spoc.toml', 'colour')}: office.colour" in done.err
    assert "partners.toml:2" in done.err
    assert not (broken / "data" / "run").exists()


def test_settings_that_only_their_adapter_understands_are_looked_at_too(quick: Spoc, home: Path) -> None:
    settings = home / "spoc.toml"
    settings.write_text(
        settings.read_text().replace('domains = ["xa.spoc.example"]', "domains = []") + "\n[registers.nothing]\nx = 1\n"
    )
    code, found = points(quick, home, "--offline")
    told = {point["what"]: point for point in found if point["state"] == "fault"}

    assert code == 78
    assert {"setting channels.smtp.domains", "setting registers.nothing"} <= told.keys()
    assert told["setting registers.nothing"]["line"] == line_with(settings, "[registers.nothing]")


def test_a_lost_key_is_named_with_its_remedy(quick: Spoc, home: Path) -> None:
    lost = next((home / "keys" / "signing").glob("ncb*.key.pem"))
    lost.unlink()
    code, found = points(quick, home, "--offline")

    assert code == 78
    assert any(str(lost) in point["text"] and "spoc init" in point["text"] + point["remedy"] for point in found)


def test_keys_that_others_can_read_are_a_fault(quick: Spoc, home: Path) -> None:
    key = home / "keys" / "authority.key.pem"
    key.chmod(0o644)
    code, found = points(quick, home, "--offline")

    assert code == 1
    assert [point["remedy"] for point in found if point["state"] == "fault"] == [f"chmod go= {key}"]


@pytest.mark.parametrize(("left", "state", "code"), [(20, "warning", 0), (-1, "fault", 78)])
def test_certificates_are_watched(quick: Spoc, home: Path, left: int, state: str, code: int) -> None:
    for file in (home / "keys").rglob("*.pem"):
        file.unlink()
    set_up_authority(home / "keys", PARTIES, ("xa.spoc.example",), datetime.now(UTC) + timedelta(days=left - 730))
    ended, found = points(quick, home, "--offline")
    of_signer = next(point for point in found if point["what"] == "signing certificate of sirene:XA")

    assert (of_signer["state"], ended) == (state, code)
    assert "enew it" in of_signer["remedy"]


def test_a_register_that_does_not_answer_is_named(quick: Spoc, home: Path) -> None:
    with (home / "spoc.toml").open("a") as settings:
        settings.write('\n[registers.crm]\nbase_url = "http://127.0.0.1:9"\ntoken = "x"\ncountry = "XA"\n')
    code, found = points(quick, home)

    assert code == 1
    assert [point["what"] for point in found if point["state"] == "fault"] == ["register crm"]
    assert json.dumps(found).count('"x"') == 0


def test_a_door_is_not_said_to_answer_while_the_gateway_does_not_run(quick: Spoc, home: Path) -> None:
    _, found = points(quick, home)
    told = {point["what"]: point["text"] for point in found}

    assert "answers" not in told["channel smtp"]
    assert "the gateway does not run" in told["channel smtp"]


def test_an_open_api_without_tls_is_found_before_the_start(quick: Spoc, home: Path) -> None:
    settings = home / "spoc.toml"
    api = settings.read_text().partition("[api]")[2].partition("\n[")[0]
    line = next(line for line in api.splitlines() if line.startswith("listen_host"))
    settings.write_text(settings.read_text().replace(api, api.replace(line, 'listen_host = "0.0.0.0"')))
    code, found = points(quick, home, "--offline")

    assert code == 78
    (fault,) = [point for point in found if point["state"] == "fault"]
    assert fault["what"] == "setting api.listen_host"
    assert fault["line"] == line_with(settings, "0.0.0.0")
    assert "TLS" in fault["text"]


def test_a_partners_authority_is_for_the_partner_to_renew(quick: Spoc, home: Path, their_card: dict[str, Any]) -> None:
    assert quick("--home", home, "partners", "add", "-", given=json.dumps(their_card).encode()).code == 0
    later = datetime.now(UTC) + timedelta(days=4000)
    found = asyncio.run(diagnose(home, later, connections=False))
    remedies = {point.what: point.remedy for point in found if "sirene:XB" in point.what}

    assert remedies
    assert all("sk the partner" in remedy for remedy in remedies.values())


def test_an_office_without_a_calendar_is_named_with_the_table_to_add(
    quick: Spoc, home: Path, their_card: dict[str, Any]
) -> None:
    """Also a partner's: what it owes within days is counted by its own holidays."""
    assert quick("--home", home, "partners", "add", "-", given=json.dumps(their_card).encode()).code == 0
    code, found = points(quick, home, "--offline")
    missing = {point["what"]: point for point in found if point["what"].startswith("calendar of ")}

    assert code == 0
    assert list(missing) == ["calendar of XA", "calendar of XB"]
    ours = missing["calendar of XA"]
    assert (ours["state"], Path(ours["file"]).name) == ("warning", "spoc.toml")
    assert "sirene:XA" in ours["text"]
    assert "[calendars.XA]" in ours["remedy"]

    settings = home / "spoc.toml"
    for state in ("XA", "XB"):
        table = f'\n[calendars.{state}]\nzone = "Europe/Copenhagen"\nholidays_of = "DK"\n'
        settings.write_text(settings.read_text("utf-8") + table, "utf-8")
    _, found = points(quick, home, "--offline")
    assert [point for point in found if point["what"].startswith("calendar of ")] == []
