"""A whole story for every dialogue: title to (dialogue, lines, happenings that clocks are told in their order)."""

from __future__ import annotations

from typing import Final, NamedTuple


class Story(NamedTuple):
    """One exchange from its first message to its end."""

    dialogue: str
    lines: str
    told: str


STORIES: Final = {
    "a hit is reported, a question is answered, and the alert is deleted": Story("generic-hit", """
        1 XB>XA G asks=yes hit=aaaa1111              | asked
        2 XA>XB M re 1                               | answered
        3 XB>XA M                                    | answered
        4 ! alert.deleted                            | closed
        """, "g-form.sent request.received request.answered"),
    "a hit whose action was not possible, and the other action that was agreed": Story("generic-hit", """
        1 XB>XA H asks=yes                           | not-done
        2 XA>XB M re 1                               | answered
        3 ! alert.kept                               | closed
        """, "h-form.sent request.received request.answered"),
    "an L form answers a question on identity in a G form": Story("generic-hit", """
        1 XB>XA G asks=yes wants=L                   | asked
        2 XA>XB L re 1                               | answered
        3 ! alert.deleted                            | closed
        """, "g-form.sent request.received request.answered"),
    "two linked alerts are hit, each reported by its own form": Story("linked-alerts", """
        1 XB>XA G linked=yes article=1862:26 schengen_id=XA00000000000000001       | reported
        2 XB>XA G linked=yes article=1862:38 schengen_id=XA00000000000000002       | reported
        """, "g-form.sent g-form.sent"),
    "an arrest from the form A to the hand-over through a third state": Story("arrest", """
        1 XA>XB,XC,XD A article=1862:26 warrant=1    | announced
        2 XA>XB,XC,XD A article=1862:26 warrant=2    | announced
        3 XB>XA G article=1862:26 checked_at=2026-11-21T08:30:00Z | reported
        4 XA>XB M                                    | answered
        5 XB>XA M handover=surrender                 | decided
        6 XA>XC M transit=yes asks=yes               | transit-asked
        7 XC>XA M re 6                               | transit-answered
        8 ! person.handed-over                       | closed
        """, "g-form.sent hit.confirmed arrest-hit.confirmed surrender-decision.told immediate-request.received request.received request.answered"),
    "an arrest after a hit without form A; the person is extradited": Story("arrest", """
        1 XB>XA G article=1862:26 asks=yes           | asked
        2 XA>XB M re 1                               | answered
        3 XB>XA M handover=extradition               | decided
        4 ! alert.deleted                            | closed
        """, "g-form.sent immediate-request.received request.received request.answered surrender-decision.told"),
    "a permit is granted after the issuing state was asked": Story("prior-consultation", """
        1 XB>XA M consultation=yes issuer=sirene:XA article=1861:24  | consulted
        2 XA>XB M re 1                               | answered
        3 XB>XA N decision=granted                   | granted
        4 ! alert.deleted                            | closed
        """, "prior-consultation.received prior-consultation.answered permit.granted"),
    "silence for ten days is no objection, and the permit is refused all the same": Story("prior-consultation", """
        1 XB>XA M consultation=yes issuer=sirene:XA  | consulted
        260 ! consultation.no-objection re 1         | answered
        261 XB>XA N decision=refused                 | refused
        """, "prior-consultation.received"),
    "a permit that exists is kept, so the alert goes": Story("alert-consultation", """
        1 XA>XB M consultation=yes issuer=sirene:XA  | consulted
        2 XB>XA M extension=12 consultation=yes re 1 | extended
        3 XB>XA O decision=keep re 1                 | kept
        4 ! alert.deleted                            | closed
        """, "alert-consultation.received consultation-extension.requested alert-consultation.answered "
             "hit-consultation.ended permit.kept-despite-alert"),
    "a permit that exists is withdrawn, so the alert stays": Story("alert-consultation", """
        1 XA>XB M consultation=yes issuer=sirene:XA  | consulted
        2 XB>XA O decision=withdraw re 1             | withdrawn
        """, "alert-consultation.received alert-consultation.answered hit-consultation.ended"),
    "before an alert is entered the granting state keeps the permit": Story("pre-alert-consultation", """
        1 XB>XA FreeText concerns=consultation-request schengen_id=         | consulted
        2 XA>XB FreeText schengen_id= re 1                                   | consulted
        30 XA>XB FreeText concerns=consultation-extension extension=7 schengen_id= re 1 | extended
        90 XA>XB FreeText concerns=consultation-answer decision=keep schengen_id= re 1 | kept
        """, "pre-alert-consultation.received consultation-extension.requested pre-alert-consultation.answered "
             "permit.kept-before-alert"),
    "before an alert is entered the permit is withdrawn": Story("pre-alert-consultation", """
        1 XB>XA FreeText concerns=consultation-request schengen_id=         | consulted
        2 XA>XB FreeText concerns=consultation-answer decision=withdraw schengen_id= re 1 | withdrawn
        """, "pre-alert-consultation.received pre-alert-consultation.answered"),
    "free text that asks is answered": Story("supplementary-information", """
        1 XB>XA FreeText asks=yes schengen_id=                              | asked
        2 XA>XB FreeText schengen_id= re 1                                   | answered
        """, "request.received request.answered"),
    "a third state finds the holder of a permit at the border": Story("permit-holder-hit", """
        1 XC>XA,XB H consultation=yes article=1861:24 issuer=sirene:XA | told
        2 XA>XB M consultation=yes                   | consulted
        3 XB>XA O decision=withdraw re 2             | withdrawn
        4 XA>XC M re 1                               | ended
        """, "h-form.sent permit-holder-hit.told alert-consultation.received alert-consultation.answered "
             "hit-consultation.ended hit-consultation.result-told"),
    "entry is refused to the holder of a permit": Story("permit-holder-hit", """
        1 XC>XA,XB G consultation=yes article=1861:24 issuer=sirene:XA | told
        2 XA>XC M re 1                               | ended
        """, "g-form.sent permit-holder-hit.told hit-consultation.result-told"),
    "a person with a right of free movement is met": Story("refusal-of-entry", """
        1 XB>XA G article=1861:24 asks=yes           | asked
        2 ! free-movement-hit.confirmed              | consulted
        3 XA>XB M re 1                               | answered
        4 XB>XA M                                    | answered
        5 ! alert.kept                               | closed
        """, "g-form.sent request.received free-movement-hit.decided request.answered"),
    "entry is allowed for humanitarian reasons": Story("refusal-of-entry", """
        1 XB>XA H article=1861:24                    | not-done
        2 XA>XB M                                    | answered
        3 ! alert.deleted                            | closed
        """, "h-form.sent"),
    "the return is confirmed at exit": Story("return", """
        1 XB>XA G article=1860:3 occasion=exit left=yes checked_at=2026-11-21T06:30:00Z | told-exit
        2 ! alert.deleted                            | closed
        """, "g-form.sent hit.confirmed return-exit-hit.confirmed return-exit-hit.told"),
    "the person comes back": Story("return", """
        1 XB>XA G article=1860:3 occasion=entry checked_at=2026-11-21T06:30:00Z | told-entry
        2 XA>XB M                                    | answered
        3 ! alert.deleted                            | closed
        """, "g-form.sent hit.confirmed return-entry-hit.confirmed return-entry-hit.told"),
    "the person is met inside the territory": Story("return", """
        1 XB>XA G article=1860:3 occasion=inland checked_at=2026-11-21T06:30:00Z | inland
        2 XA>XB M re 1                               | answered
        3 ! alert.kept                               | closed
        """, "g-form.sent hit.confirmed return-inland-hit.confirmed return-inland-hit.told"),
    "a missing child at high risk is announced and found": Story("missing-persons", """
        1 XA>XB,XC,XD M announces=missing-high-risk urgent=yes minor=yes | announced
        2 XB>XA G article=1862:32 paragraph=1862:32(1)(a) minor=yes asks=yes checked_at=2026-11-21T07:30:00Z | asked
        3 XA>XB M re 2                               | answered
        4 ! child-measures.decided                   | measures-agreed
        5 ! alert.deleted                            | closed
        """, "urgent-form.received g-form.sent hit.confirmed child.located protected-person.located request.received request.answered"),
    "the address of a witness is told": Story("judicial-procedure", """
        1 XB>XA G article=1862:34 residence=ab12     | reported
        2 XA>XB M                                    | answered
        3 ! alert.deleted                            | closed
        """, "g-form.sent"),
    "a check alert with immediate reporting is announced and hit": Story("checks", """
        1 XA>XB,XC,XD M announces=check-immediate    | announced-immediate
        2 XB>XA G article=1862:36 checked_at=2026-11-21T07:30:00Z | reported
        3 XA>XB M                                    | answered
        4 ! alert.deleted                            | closed
        """, "g-form.sent hit.confirmed immediate-reporting-hit.confirmed"),
    "a check alert of a security authority is announced": Story("checks", """
        1 XA>XB,XC,XD M announces=security-check     | announced
        2 ! alert.kept                               | closed
        """, ""),
    "the cameras hit, the check is not carried out, further hits are wanted": Story("number-plate-cameras", """
        1 XB>XA H anpr=yes article=1862:36 asks=yes  | not-done
        2 XA>XB M re 1                               | answered
        3 XB>XA H anpr=yes article=1862:36 hit=bbbb2222 | not-done
        4 XA>XB M re 3                               | answered
        5 ! alert.deleted                            | closed
        """, "h-form.sent request.received request.answered h-form.sent"),
    "the cameras hit and the circumstances are reported": Story("number-plate-cameras", """
        1 XB>XA G anpr=yes article=1862:36           | reported
        2 ! alert.deleted                            | closed
        """, "g-form.sent"),
    "a vehicle is seized and its data are sent": Story("objects", """
        1 XB>XA G article=1862:38 asks=yes wants=P hit=aaaa1111 checked_at=2026-11-21T06:30:00Z | object-data-asked
        2 XA>XB P re 1                               | object-data-sent
        3 XB>XA M re 2                               | object-data-sent
        4 ! alert.deleted                            | closed
        """, "g-form.sent hit.confirmed request.received request.answered"),
    "the innocent twin of a vehicle is described to all": Story("objects", """
        1 XA>XB,XC,XD M announces=original-vehicle   | announced
        2 ! alert.deleted                            | closed
        """, ""),
    "prints without a name get one": Story("unknown-wanted-persons", """
        1 XB>XA G article=1862:40                    | reported
        2 XA>XB M                                    | answered
        3 ! alert.deleted                            | closed
        """, "g-form.sent"),
    "wrong data are told and corrected": Story("wrong-data", """
        1 XB>XA J objection=incorrect noticed_at=2026-11-20T09:00:00Z | told
        2 XA>XB M re 1                               | answered
        3 ! alert.corrected                          | corrected
        """, "wrong-data.noticed j-form.sent j-form.received j-form.answered"),
    "the states do not agree about the data for two months": Story("wrong-data", """
        1 XB>XA J objection=unlawful                 | told
        2 XA>XB M re 1                               | answered
        3 ! dispute.begun                            | disputed
        1500 ! dispute.referred                      | referred
        """, "j-form.sent j-form.received j-form.answered"),
    "an innocent person is taken for the subject, consents, and withdraws": Story("misused-identity", """
        1 XB>XA Q consent=given                      | told
        2 XA>XB M re 1                               | answered
        3 XB>XA Q consent=withdrawn                  | withdrawn
        4 ! misused-identity.removed                 | closed
        """, ""),
    "two alerts do not go together": Story("multiple-alerts", """
        1 XB>XA E asks=yes                           | asked
        2 XA>XB E re 1                               | answered
        3 ! alerts.settled                           | settled
        """, "similar-alert.discussed request.received request.answered"),
    "a flag is added and later deleted": Story("flags", """
        1 XB>XA F flag=add article=1862:26           | add-asked
        2 XA>XB M re 1                               | flagged
        3 XB>XA F flag=delete                        | delete-asked
        4 XA>XB F re 3                               | unflagged
        """, "flag.requested flag.added flag-deletion.requested flag.deleted"),
    "information is used for another purpose": Story("other-purpose", """
        1 XB>XA I asks=yes ground=serious-crime      | asked
        2 XA>XB M re 1                               | answered
        """, "i-form.received request.received i-form.answered request.answered"),
    "a person asks what is stored": Story("person-requests", """
        1 XB>XA K deadline=2026-12-07T12:00:00Z requested=access | asked
        2 XA>XB K re 1 decision=partly               | answered
        3 ! access-request.decided                   | decided
        """, "access-position.asked access-position.received"),
    "prints and pictures complete an alert": Story("biometrics", """
        1 XB>XA L biometrics=PHOTO_FINGERPRINTS      | sent
        2 XA>XB L re 1                               | added
        """, "better-data.sent"),
    "is it the same person": Story("identity", """
        1 XB>XA L asks=yes                           | asked
        2 XA>XB L re 1                               | answered
        """, "similar-alert.discussed request.received request.answered"),
    "an alias is told to the issuing state": Story("identity", """
        1 XB>XA L                                    | told
        2 XA>XB M re 1                               | told
        """, "better-data.sent"),
    "a hit on a terrorism alert is told to Europol": Story("europol", """
        1 XB>XA G terrorism=yes                      | reported
        2 XB>EUROPOL M                               | reported
        3 ! alert.kept                               | closed
        """, "g-form.sent"),
    "a request for information": Story("supplementary-information", """
        1 XB>XA M asks=yes                           | asked
        2 XA>XB M re 1                               | answered
        """, "request.received request.answered"),
    "information for every bureau": Story("supplementary-information", """
        1 XB>XA,XC,XD M                              | told
        """, "better-data.sent"),
    "an alias that was learned is told by M": Story("supplementary-information", """
        1 XB>XA M article=1862:34                    | told
        2 XA>XB M re 1                               | told
        """, "better-data.sent"),
    "data for a return are asked for and sent": Story("refusal-of-entry", """
        1 XB>XA G article=1861:24 asks=yes           | asked
        2 XA>XB M re 1                               | answered
        3 ! alert.kept                               | closed
        """, "g-form.sent request.received request.answered"),
    "the alert on a person with free movement is kept, and every bureau is told": Story("refusal-of-entry", """
        1 XB>XA G article=1861:24                    | reported
        2 ! free-movement-hit.confirmed              | consulted
        3 XA>XB,XC,XD M                              | answered
        4 ! alert.kept                               | closed
        """, "g-form.sent free-movement-hit.decided"),
    "a permit is granted despite a return alert with an entry ban": Story("prior-consultation", """
        1 XB>XA M consultation=yes issuer=sirene:XA article=1860:3 | consulted
        2 XA>XB M re 1                               | answered
        3 XB>XA N decision=granted article=1860:3    | granted
        4 ! alert.deleted                            | closed
        """, "prior-consultation.received prior-consultation.answered permit.granted"),
    "a permit is kept despite a return alert": Story("alert-consultation", """
        1 XA>XB M consultation=yes issuer=sirene:XA article=1860:3 | consulted
        2 XB>XA O decision=keep article=1860:3       | kept
        3 ! alert.deleted                            | closed
        """, "alert-consultation.received alert-consultation.answered hit-consultation.ended permit.kept-despite-alert"),
    "after form A one state asks for a flag, others know the person": Story("arrest", """
        1 XA>XB,XC,XD A article=1862:26              | announced
        2 XB>XA F flag=add article=1862:26 re 1      | add-asked
        3 XA>XB F re 2                               | flagged
        4 XC>XA L re 1                               | announced
        5 XD>XA M re 1                               | announced
        6 ! alert.deleted                            | closed
        """, "flag.requested flag.added"),
    "the position on a request of a person comes by M": Story("person-requests", """
        1 XB>XA K deadline=2026-12-07T12:00:00Z requested=deletion | asked
        2 XA>XB M re 1                               | answered
        3 ! access-request.decided                   | decided
        """, "access-position.asked access-position.received"),
    "a question on identity is answered in words": Story("identity", """
        1 XB>XA L asks=yes                           | asked
        2 XA>XB M re 1                               | answered
        """, "similar-alert.discussed request.received request.answered"),
}  # fmt: skip


BROKEN: Final = {
    "a second G for one hit": "1 XB>XA G article=1862:38 hit=aaaa1111 | reported\n2 XB>XA G article=1862:38 hit=aaaa1111 | DLG-SECOND-HIT-REPORT",
    "a second G after the first was answered": "1 XB>XA G asks=yes hit=aaaa1111 | asked\n2 XA>XB M re 1 | answered\n"
                                               "3 XB>XA G hit=aaaa1111 | DLG-SECOND-HIT-REPORT",
    "a second G that states neither place nor time": "1 XB>XA G article=1862:34 | reported\n2 XB>XA G article=1862:34 | DLG-SECOND-HIT-REPORT",
    "another hit on the same alert is no second G": "1 XB>XA G hit=aaaa1111 | reported\n2 XB>XA G hit=bbbb2222 | reported",
    "a hit of another state is no second G": "1 XB>XA G hit=aaaa1111 | reported\n2 XC>XA G hit=aaaa1111 | reported",
    "a second H": "1 XB>XA H hit=aaaa1111 | not-done\n2 XB>XA H hit=aaaa1111 | DLG-SECOND-HIT-REPORT",
    "P that nobody asked for": "1 XB>XA G article=1862:38 | reported\n2 XA>XB P | DLG-OBJECT-DATA-NOT-ASKED",
    "P on an alert that is on no object": "1 XB>XA G article=1862:34 asks=yes | asked\n2 XA>XB P re 1 | DLG-OBJECT-DATA-NOT-ASKED",
    "P from the wrong side": "1 XB>XA G article=1862:38 asks=yes wants=P | object-data-asked\n2 XB>XA P | DLG-OBJECT-DATA-BY-WRONG-STATE",
    "P out of nowhere": "1 XA>XB P | DLG-REPLY-TO-NOTHING",
    "N twice": "1 XB>XA M consultation=yes issuer=sirene:XA | consulted\n2 XA>XB M re 1 | answered\n"
               "3 XB>XA N decision=granted | granted\n4 XB>XA N decision=granted | DLG-DECIDED-ALREADY",
    "N without a consultation": "1 XB>XA N decision=granted | DLG-REPLY-TO-NOTHING",
    "N from the state that was asked": "1 XB>XA M consultation=yes issuer=sirene:XA | consulted\n2 XA>XB N decision=granted re 1 | DLG-NOT-ITS-TURN",
    "the answer before an alert twice":
        "1 XB>XA FreeText concerns=consultation-request schengen_id= | consulted\n"
        "2 XA>XB FreeText concerns=consultation-answer decision=keep schengen_id= re 1 | kept\n"
        "3 XA>XB FreeText concerns=consultation-answer decision=keep schengen_id= re 1 | DLG-DECIDED-ALREADY",
    "more days twice before an alert":
        "1 XB>XA FreeText concerns=consultation-request schengen_id= | consulted\n"
        "2 XA>XB FreeText concerns=consultation-extension extension=7 schengen_id= re 1 | extended\n"
        "3 XA>XB FreeText concerns=consultation-extension extension=5 schengen_id= re 1 | DLG-EXTENDED-ALREADY",
    "O twice": "1 XA>XB M consultation=yes issuer=sirene:XA | consulted\n2 XB>XA O decision=keep | kept\n3 XB>XA O decision=keep | DLG-DECIDED-ALREADY",
    "O where the permit does not exist yet": "1 XB>XA M consultation=yes issuer=sirene:XA | consulted\n2 XB>XA O decision=keep | DLG-WRONG-DECISION-FORM",
    "more time a second time": "1 XA>XB M consultation=yes issuer=sirene:XA | consulted\n2 XB>XA M extension=6 consultation=yes re 1 | extended\n"
                               "3 XB>XA M extension=6 consultation=yes re 1 | DLG-EXTENDED-ALREADY",
    "a decision of a third state on what is over": "1 XB>XA M consultation=yes issuer=sirene:XA | consulted\n2 XB>XA N decision=granted | granted\n"
                                                   "3 ! alert.deleted | closed\n4 XC>XA N decision=granted | DLG-CLOSED",
    "a form that no chart knows": "1 XB>XA Z | DLG-UNKNOWN-FORM",
    "a reply to nothing": "1 XB>XA M re 99 | DLG-REPLY-TO-NOTHING",
    "an L that answers nothing": "1 XB>XA L re 99 | DLG-REPLY-TO-NOTHING",
    "a flag that was asked for already": "1 XB>XA F flag=add | add-asked\n2 XB>XA F flag=add | DLG-ASKED-ALREADY",
    "a flag that stands already": "1 XB>XA F flag=add | add-asked\n2 XA>XB F re 1 | flagged\n3 XB>XA F flag=add | DLG-ASKED-ALREADY",
    "an answer in the wrong form": "1 XB>XA I asks=yes | asked\n2 XA>XB I re 1 | DLG-WRONG-ANSWER-FORM",
    "a further hit of the cameras that nobody wants yet": "1 XB>XA H anpr=yes article=1862:36 hit=aaaa1111 | not-done\n"
                                                          "2 XB>XA H anpr=yes article=1862:36 hit=bbbb2222 | DLG-ANPR-NOT-WANTED",
    "the contents of one warrant twice": "1 XA>XB,XC A article=1862:26 warrant=1 | announced\n"
                                         "2 XA>XB,XC A article=1862:26 warrant=1 | DLG-WARRANT-SENT-ALREADY",
    "the same consultation by E twice": "1 XB>XA E asks=yes | asked\n2 XB>XA E asks=yes | DLG-ASKED-ALREADY",
    "the same request of a person twice": "1 XB>XA K deadline=2026-12-07T12:00:00Z | asked\n2 XB>XA K deadline=2026-12-07T12:00:00Z | DLG-ASKED-ALREADY",
}  # fmt: skip
