"""A partner that is one of ourselves, writes from our own mail domain or is on no channel: a fault with its line, at the start and when the file
is read again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.faults import ConfigurationFaults
from config.load import PARTNERS_FILE, Home, load, survey
from gateway.assembly import assemble, partners_again
from gateway.errors import Misconfigured
from gateway.setup import make_home

FAULTY = '[[partner]]\nparty = "SIRENE"\n\n'
"""A row that is wrong in itself does not shift the lines of the others."""
GOOD = '[[partner]]\nparty = "sirene:XC"\nname = "XC"\nanchors_pem = []\nsigners = []\n\n'
ROW = '[[partner]]\nname = "x"\nanchors_pem = []\nsigners = []\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    make_home(tmp_path, ["sirene:XA", "ncb:XA"], "xa.spoc.example", datetime.now(UTC))
    return load(tmp_path)


WRONG = {
    "party": ('party = "ncb:XA"', "one of our own offices"),
    "addresses": ('addresses = ["oper@xb.example", "sirene@XA.spoc.example"]', "mail domain of ours"),
    "urgent_address": ('urgent_address = "night@xa.spoc.example"', "mail domain of ours"),
    "domains": ('domains = ["Xa.Spoc.Example"]', "mail domain of ours"),
    "channel": ('channel = "smpt"', "There is no channel 'smpt'"),
}


@pytest.mark.parametrize(("setting", "line", "words"), [(name, *row) for name, row in WRONG.items()], ids=WRONG)
def test_it_is_told_with_its_line(home: Home, setting: str, line: str, words: str) -> None:
    party = "" if setting == "party" else 'party = "sirene:XB"\n'
    file = home.folder / PARTNERS_FILE
    file.write_text(f"{GOOD}{ROW}{party}{line}\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match=words):
        partners_again(home)

    file.write_text(f"{FAULTY}{GOOD}{ROW}{party}{line}\n", encoding="utf-8")
    with pytest.raises(ConfigurationFaults) as caught:
        assemble(survey(home.folder, {}))
    (fault,) = [each for each in caught.value.faults if words in each.text]
    assert (fault.file, fault.setting) == (file, f"partner.2.{setting}")
    assert file.read_text("utf-8").splitlines()[fault.line - 1] == line


def test_a_partner_on_a_shipped_channel_that_is_not_open_may_stand_there(home: Home) -> None:
    (home.folder / PARTNERS_FILE).write_text(f'{ROW}party = "sirene:XB"\nchannel = "amqp"\n', encoding="utf-8")
    assert [partner.party for partner in partners_again(home)] == ["sirene:XB"]
