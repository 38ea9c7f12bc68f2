"""What the registers know and what they keep to themselves."""

from typing import Any

import pytest

from simulators.rest import keys
from simulators.rest.contract import Problem
from simulators.rest.names import how_names_match
from tests.simulators.callers import Caller, Calling, Reply

PERSONS, VEHICLES, WANTED, PASSPORTS = (
    "/cpr/searches", "/vehicles/searches", "/wanted-vehicles/searches", "/passports/searches",
)  # fmt: skip


def contents(reply: Reply) -> list[dict[str, Any]]:
    return [match["data"] for match in reply.document["matches"]]


@pytest.mark.parametrize("number", ["710170-0008", "7101700000", "610165-0000", "890436-4003", "911258-5009"])
def test_a_number_is_never_refused_for_its_check_digit_or_age(number: str) -> None:
    assert keys.cpr(number) == number.replace("-", "")


@pytest.mark.parametrize("number", ["922370-0000", "7113700008", "710170000", "71017O0008", "7101700008 1"])
def test_a_number_without_a_date_in_it_is_refused(number: str) -> None:
    with pytest.raises(Problem, match="key-format"):
        keys.cpr(number)


@pytest.mark.parametrize(
    ("asked", "how"),
    [
        ("Testine Prøvesen", "NAME_AND_DATE"),
        ("prøvesen  TESTINE", "NAME_AND_DATE"),
        ("TESTINE PROEVESEN", "TRANSLITERATED_NAME"),
        ("Testine Provesen", "TRANSLITERATED_NAME"),
        ("Testine", ""),
        ("Testine Prøvesen Mange", ""),
    ],
)
def test_names_match_in_any_order_and_both_transliterations(asked: str, how: str) -> None:
    assert how_names_match(asked, ["Testine Prøvesen"]) == how


async def test_a_protected_address_is_withheld_and_cannot_be_confirmed(calling: Calling) -> None:
    cpr = await calling("cpr")
    reply = await cpr.search(PERSONS, cpr="710170-0008")
    person = contents(reply)[0]
    assert (person["names"], person["addressProtected"], person["address"]) == (["Testine Prøvesen"], True, None)
    assert reply.document["notes"] == ["address-protected"]
    guess = await cpr.search(PERSONS, name="Testine Prøvesen", address="Hemmelig Sti 1, 0001 Prøveby")
    assert guess.document["outcome"] == "NO_MATCH"
    assert (await cpr.get("/cpr/persons/nr01-rec-0001")).document["matches"][0]["data"]["address"] is None


async def test_a_person_is_found_by_name_and_date_or_address(calling: Calling) -> None:
    cpr = await calling("cpr")
    by_date = await cpr.search(PERSONS, name="AAGE AEBELOE OESTER", birthDate="1965-01-01")
    assert (by_date.document["matches"][0]["matchType"], contents(by_date)[0]["cpr"]) == (
        "TRANSLITERATED_NAME",
        "6101650000",
    )
    by_address = await cpr.search(PERSONS, name="Åge Æbelø-Øster", address="Prøvegade 2, 0002 Eksempelkøbing")
    assert by_address.document["matches"][0]["matchType"] == "NAME_AND_ADDRESS"
    assert (await cpr.search(PERSONS, name="Åge Æbelø-Øster", birthDate="1965-01-02")).document["outcome"] == "NO_MATCH"


async def test_the_dead_are_said_to_be_dead(calling: Calling) -> None:
    person = contents(await (await calling("cpr")).search(PERSONS, cpr="7502374006"))[0]
    assert (person["registrationStatus"], person["deathDate"]) == ("DEAD", "2024-11-05")


async def test_an_annulled_number_leads_to_the_new_reference(calling: Calling) -> None:
    cpr = await calling("cpr")
    refused = await cpr.search(PERSONS, cpr="6101650004")
    assert (refused.status, refused.document["type"]) == (409, "number-annulled")
    person = contents(await cpr.get(f"/cpr/persons/{refused.document['newRef']}"))[0]
    assert person["previousNumbers"] == ["6101650004"]
    historic = await cpr.search(PERSONS, previousCpr="6101650004")
    assert (historic.document["matches"][0]["matchType"], contents(historic)) == ("HISTORIC_KEY", [person])


@pytest.mark.parametrize(
    ("number", "outcome"),
    [("7508850013", "NOT_DISCLOSABLE"), ("6209820014", "WITHHELD_OWNER_CONSENT"), ("6101990009", "NO_MATCH")],
)
async def test_some_outcomes_carry_no_match(calling: Calling, number: str, outcome: str) -> None:
    document = (await (await calling("cpr")).search(PERSONS, cpr=number)).document
    assert (document["outcome"], document["matches"]) == (outcome, [])


async def test_too_many_namesakes_return_no_record(calling: Calling) -> None:
    document = (await (await calling("cpr")).search(PERSONS, name="Ane Mange", birthDate="1980-03-12")).document
    assert (document["outcome"], document["matches"]) == ("TOO_MANY", [])


async def test_a_record_locked_by_a_merge_is_a_conflict(calling: Calling) -> None:
    reply = await (await calling("cpr")).search(PERSONS, cpr="8506900011")
    assert (reply.status, reply.document["type"]) == (409, "identity-merge-in-progress")


async def test_the_law_may_keep_a_record_from_one_channel_only(calling: Calling) -> None:
    cpr = await calling("cpr")
    refused = await cpr.post(PERSONS, {"keys": {"cpr": "6407880012"}}, channelOrigin="INTERPOL")
    assert (refused.status, refused.document["type"]) == (451, "disclosure-prohibited")
    assert (await cpr.search(PERSONS, cpr="6407880012")).document["outcome"] == "MATCHES"


async def test_a_subscription_is_there_once(calling: Calling) -> None:
    cpr = await calling("cpr")
    wish = {"recordRef": "nr01-rec-0002", "events": ["DEATH", "NAME"]}
    first = await cpr.post("/cpr/change-subscriptions", wish)
    second = await cpr.post("/cpr/change-subscriptions", {**wish, "events": ["NAME", "DEATH"]})
    assert (first.status, first.document["subscriptionId"]) == (201, second.document["subscriptionId"])
    wrong = await cpr.post("/cpr/change-subscriptions", {"recordRef": "nr01-rec-0002", "events": ["HAIRCUT"]})
    assert wrong.document["type"] == "schema-invalid"


async def test_the_stolen_vehicle_is_the_same_in_both_registers(calling: Calling) -> None:
    vehicle = contents(await (await calling("crm")).search(VEHICLES, plate=" qq 00001 "))[0]
    assert vehicle["periods"] == [{"to": None, "plate": "QQ00001", "from": "2023-01-01", "ownerRef": "nr01-rec-0001"}]
    entry = contents(await (await calling("wanted-vehicles")).search(WANTED, vin=vehicle["vin"]))[0]
    assert (entry["reason"], entry["since"], entry["retentionHold"]) == ("STOLEN", "2026-02-27", True)
    copied = vehicle["wanted"][0]
    assert {key: entry[key] for key in copied} == copied


async def test_a_reissued_plate_answers_with_its_history(calling: Calling) -> None:
    reply = await (await calling("crm")).search(VEHICLES, plate="QQ00003")
    assert {match["matchType"] for match in reply.document["matches"]} == {"EXACT_KEY", "HISTORIC_KEY"}
    assert reply.document["notes"] == ["plate-reissued"]
    ends = [
        period["to"] for vehicle in contents(reply) for period in vehicle["periods"] if period["plate"] == "QQ00003"
    ]
    assert sorted(ends, key=str) == ["2022-06-30", None]


async def test_a_feed_that_did_not_come_makes_the_answer_stale(calling: Calling) -> None:
    document = (await (await calling("crm")).search(VEHICLES, plate="QQ00005")).document
    assert (document["outcome"], document["notes"]) == ("STALE", ["feed-stale"])
    assert document["matches"][0]["data"]["feedAsOf"] == document["asOf"]


async def test_partial_plates_find_a_few_or_too_many(calling: Calling) -> None:
    crm = await calling("crm")
    few = await crm.search(VEHICLES, partialPlate="?RØVE*")
    assert [match["matchType"] for match in few.document["matches"]] == ["PARTIAL_KEY"]
    assert (await crm.search(VEHICLES, partialPlate="QQ0000?")).document["outcome"] == "TOO_MANY"
    assert (await crm.search(VEHICLES, partialPlate="*")).document["type"] == "key-format"


@pytest.mark.parametrize(
    ("key", "value", "vehicles"),
    [("ownerCpr", "610165-0000", 2), ("ownerCompany", "00000006", 1), ("registrationDocumentNumber", "REG-000004", 1)],
)
async def test_vehicles_are_found_by_owner_and_document(calling: Calling, key: str, value: str, vehicles: int) -> None:
    reply = await (await calling("crm")).search(VEHICLES, **{key: value})
    assert len(contents(reply)) == vehicles
    assert all("ownerCpr" not in vehicle for vehicle in contents(reply))


async def write(wanted: Caller, **body: Any) -> Reply:
    return await wanted.post("/wanted-vehicles/entries", body)


async def test_a_wanted_entry_lives_from_creation_to_its_end(calling: Calling) -> None:
    wanted = await calling("wanted-vehicles")
    created = await write(wanted, action="CREATE", object="VEHICLE", reason="STOLEN", plate="qq 77777", priority="HIGH")
    entry = contents(created)[0]
    assert (created.status, entry["plate"], entry["version"], entry["retentionHold"]) == (201, "QQ77777", 1, True)
    updated = await write(wanted, action="UPDATE", wantedId=entry["wantedId"], version=1, officerSafety=True)
    assert (contents(updated)[0]["officerSafety"], contents(updated)[0]["version"]) == (True, 2)
    late = await write(wanted, action="CANCEL", wantedId=entry["wantedId"], version=1)
    assert (late.status, late.document["type"], late.document["version"]) == (412, "version-mismatch", 2)
    found = contents(await write(wanted, action="CONFIRM_FOUND", wantedId=entry["wantedId"], version=2))[0]
    assert (found["status"], found["retentionHold"]) == ("FOUND", False)
    assert found["foundOn"]
    assert (await wanted.search(WANTED, plate="QQ77777")).document["outcome"] == "NO_MATCH"
    assert contents(await wanted.search(WANTED, wantedId=entry["wantedId"])) == [found]
    again = await write(wanted, action="UPDATE", wantedId=entry["wantedId"], version=3, priority="LOW")
    assert (again.status, again.document["type"]) == (423, "record-on-hold")


async def test_an_entry_needs_an_object_a_reason_and_a_mark(calling: Calling) -> None:
    wanted = await calling("wanted-vehicles")
    for body in ({"object": "BOAT", "reason": "STOLEN", "plate": "QQ1"}, {"object": "PLATES", "reason": "STOLEN"}):
        assert (await write(wanted, action="CREATE", **body)).document["type"] == "schema-invalid"
    assert (await write(wanted, action="FORGET")).document["fields"] == ["action"]
    assert (await write(wanted, action="CANCEL", wantedId="w-9999", version=1)).status == 404


@pytest.mark.parametrize(
    ("number", "status", "held"),
    [("000000001", "STOLEN", True), ("000000002", "VALID", False), ("000000003", "EXPIRED", False)],
)
async def test_passports_tell_their_status(calling: Calling, number: str, status: str, held: bool) -> None:
    passport = contents(await (await calling("passports")).search(PASSPORTS, passportNumber=number))[0]
    assert (passport["status"], passport["retentionHold"]) == (status, held)


async def test_a_holder_is_a_key_and_never_an_answer(calling: Calling) -> None:
    reply = await (await calling("passports")).search(PASSPORTS, name="Testine Proevesen", birthDate="1970-01-11")
    assert sorted(passport["passportNumber"] for passport in contents(reply)) == ["000000001", "000000007"]
    assert b"Testine" not in reply.raw
    assert b"7101700008" not in reply.raw


async def test_a_wanted_passport_is_held_until_found_or_assessed(calling: Calling) -> None:
    passports = await calling("passports")
    notice = {"action": "RELEASE", "passportNumber": "000000001"}
    refused = await passports.post("/passports/wanted-notices", notice)
    assert (refused.status, refused.document["type"]) == (423, "record-on-hold")
    assert (await passports.get("/passports/nr09-rec-0001/holds")).document["holds"][0]["ruleId"] == "RR-063"
    released = await passports.post("/passports/wanted-notices", {**notice, "foundOn": "2026-05-05"})
    assert (contents(released)[0]["retentionHold"], contents(released)[0]["foundOn"]) == (False, "2026-05-05")
    assert (await passports.get("/passports/nr09-rec-0001/holds")).document["holds"] == []


async def test_setting_a_notice_holds_the_passport(calling: Calling) -> None:
    passports = await calling("passports")
    notice = {"action": "SET", "passportNumber": "000000002", "reason": "LOST"}
    passport = contents(await passports.post("/passports/wanted-notices", notice))[0]
    assert (passport["status"], passport["retentionHold"]) == ("LOST", True)
    assert (await passports.post("/passports/wanted-notices", {**notice, "reason": "BORED"})).document["fields"] == [
        "reason"
    ]
    assert (await passports.post("/passports/wanted-notices", {**notice, "passportNumber": "999999999"})).status == 404


async def test_prints_are_no_key_of_the_passport_register(calling: Calling) -> None:
    reply = await (await calling("passports")).search(PASSPORTS, fingerprint="whorl")
    assert reply.document["type"] == "schema-invalid"
