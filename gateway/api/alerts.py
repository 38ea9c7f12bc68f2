"""Alerts: searched, entered, changed, deleted, and hits on them reported. The gateway keeps none; the alert system does.

Reading and searching need a stated purpose. A change names the version that was read (`If-Match`), an entry bears an
idempotency key, and every refusal quotes the law and says what to do instead.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeVar

import msgspec
from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import JSONResponse

from gateway.alerts.commands import (
    Change,
    DeleteAlert,
    EnterAlert,
    ExtendAlert,
    FlagAlert,
    HideAlert,
    LinkAlerts,
    MisuseIdentity,
    UpdateAlert,
)
from gateway.alerts.desk import AlertRefused
from gateway.alerts.hitting import HitReported
from gateway.alerts.law import Hit
from gateway.alerts.office import AlertOffice
from gateway.api import alert_models as models
from gateway.api import views
from gateway.api.alert_bodies import (
    EnterBody,
    ExtendBody,
    FlagBody,
    HideBody,
    LinkBody,
    MisuseBody,
    NoteBody,
    SearchBody,
    converted,
    intended,
    key_of,
    pairs_of,
    read_body,
)
from gateway.api.callers import Allowed, Caller, Here, Standing, claim_of
from gateway.api.messages import Purpose
from gateway.api.models import FindingView, SubmissionView
from gateway.api.problems import PROBLEM_TYPE, STATUS_OF_CODE, FaultView, Problem, document
from gateway.names.spelling import rule_joining

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])
MAX_ALERT_OCTETS: Final = 256 * 1024
MAX_DAYS: Final = 3660
T = TypeVar("T")

SeeAlerts = Annotated[Caller, Depends(Allowed("reader", "officer", "operator"))]
ChangeAlerts = Annotated[Caller, Depends(Allowed("officer", "operator"))]
ReportHits = Annotated[Caller, Depends(Allowed("submitter", "officer", "operator"))]
Anybody = Annotated[Caller, Depends(Allowed())]
AlertPath = Annotated[
    str, Path(alias="alert", max_length=64, description="Schengen ID.", examples=["XA00000000000000042"])
]
Version = Annotated[
    str, Header(alias="If-Match", max_length=200, description="The version that was read; mandatory.", examples=["1"])
]
Repeatable = Annotated[
    str,
    Header(alias="Idempotency-Key", description="Makes a repeated request the same request.", examples=["case-17-1"]),
]


def _office(standing: Standing) -> AlertOffice:
    """What there is for alerts; raises `Problem` 503 where no alert system is configured."""
    if standing.gateway.alerts is None:
        raise Problem(503, "alerts.none", "No alert system is configured; see [alert_systems] in spoc.toml.")
    return standing.gateway.alerts


Office = Annotated[AlertOffice, Depends(_office)]


async def refused(_: Request, error: Exception) -> JSONResponse:
    """A refusal by the law, with everything that it found."""
    assert isinstance(error, AlertRefused)
    status = STATUS_OF_CODE.get(error.code, 422)
    faults = [
        FaultView(where=each.field or each.rule, text=f"{each.text} {each.remedy}".strip()) for each in error.findings
    ]
    told = document(status, error.code, error.public, faults)
    told["findings"] = [FindingView.model_validate(each).model_dump() for each in error.findings]
    advice = models.advice_view(error.advice)
    told["advice"] = advice.model_dump() if advice else None
    return JSONResponse(told, status, media_type=PROBLEM_TYPE)


# --- reading


@router.get("/categories", summary="Kinds of alerts", responses=models.CATEGORIES_SHOWN)
async def categories(standing: Standing, caller: Anybody) -> models.CategoriesView:
    """Article, action, length of life, flag and end of each, with source and confidence. Needs no alert system."""
    families = {
        standing.gateway.formats.family(spec.id).name: standing.gateway.formats.family(spec.id)
        for spec in standing.gateway.formats
    }
    laws = [family.alerts for family in families.values() if family.alerts]
    return models.CategoriesView(
        categories=[models.CategoryView.model_validate(each) for law in laws for each in law.categories()]
    )


@router.post("/searches", summary="Search alerts", responses=models.SEARCHED, openapi_extra=models.SEARCH_BODY)
async def search(
    request: Request, standing: Standing, caller: SeeAlerts, purpose: Purpose, office: Office
) -> models.AlertsView:
    """By person, document, vehicle, object or reference of prints; alerts of all states, journalled with the purpose."""
    wanted = await read_body(request, SearchBody)
    found = await office.desk.search(wanted.sought, caller.person, purpose)
    rules = {each.id: rule for each in found.alerts if (rule := rule_joining(wanted.sought, each.subject))}
    return models.AlertsView(
        alerts=[models.alert_view(each) for each in found.alerts],
        name_rules=rules,
        as_of=found.as_of,
        partial=found.partial,
    )


@router.get("", summary="Own alerts that end soon", responses=models.EXPIRING)
async def expiring(
    standing: Standing, caller: SeeAlerts, purpose: Purpose, office: Office,
    days: Annotated[int, Query(ge=1, le=MAX_DAYS, description="End within so many days.")] = 120,
) -> models.ExpiringView:  # fmt: skip
    """With the warnings that the law gives: four months before the end, and before a child comes of age."""
    found = await office.desk.expiring(days, caller.person, purpose)
    return models.ExpiringView(alerts=[models.shown_view(each) for each in found])


@router.post(
    "/checks", summary="What would become of an alert", responses=models.ADVISED, openapi_extra=models.CHECK_BODY
)
async def check(
    request: Request, standing: Standing, caller: SeeAlerts, purpose: Purpose, office: Office
) -> models.AdvisedView:
    """Minimum data, limits, compatibility with the alerts that exist, priority, and which form to send first. Nothing is entered."""
    body = await read_body(request, EnterBody)
    advised = await office.desk.advise(intended(body.alert, standing), caller.person, purpose)
    return models.AdvisedView(
        findings=[FindingView.model_validate(each) for each in advised.findings],
        advice=models.advice_view(advised.advice), partial=advised.partial,
    )  # fmt: skip


@router.get("/{alert}", summary="One alert", responses=models.READ)
async def show(
    alert: AlertPath, standing: Standing, caller: SeeAlerts, purpose: Purpose, office: Office
) -> models.ShownAlertView:
    """As the alert system holds it; of a deleted one no more than that it was."""
    return models.shown_view(await office.desk.show(alert, caller.person, purpose))


# --- acts


@router.post("", summary="Enter an alert", responses=models.ENTERED, openapi_extra=models.ENTER_BODY)
async def enter(
    request: Request,
    standing: Standing,
    caller: ChangeAlerts,
    purpose: Purpose,
    office: Office,
    idempotency_key: Repeatable = "",
) -> models.ShownAlertView:
    """Refused with every finding where data are missing, and with advice where another alert stands against it.

    The same idempotency key enters one alert. An arrest alert is entered at once; the other states are consulted afterwards.
    """
    key = key_of(request, idempotency_key, needed=True)
    body = await read_body(request, EnterBody)
    command = EnterAlert(
        alert=intended(body.alert, standing), idempotency_key=f"{caller.actor} {key}", despite=body.despite
    )
    return models.shown_view(await office.desk.enter(command, caller.person, purpose))


async def _changed(
    change: Change, request: Request, caller: Caller, purpose: str, office: AlertOffice, key: str
) -> models.ShownAlertView:
    if not change.version:
        raise Problem(400, "alert.version-missing", "Name the version that you have read, in the header If-Match.")
    return models.shown_view(
        await office.desk.change(change, caller.person, purpose, key_of(request, key, needed=False))
    )


class _Act:
    """What every change is asked with."""

    def __init__(  # noqa: PLR0913, PLR0917  one parameter for each part of the request
        self, request: Request, alert: AlertPath, caller: ChangeAlerts, purpose: Purpose, office: Office,
        if_match: Version = "", idempotency_key: Repeatable = "",
    ) -> None:  # fmt: skip
        self.request, self.alert, self.version = request, alert, if_match.strip().removeprefix("W/").strip('"')
        self._caller, self._purpose, self._office, self._key = caller, purpose, office, idempotency_key

    async def body(self, kind: type[T]) -> T:
        """The body of the request."""
        return await read_body(self.request, kind)

    async def done(self, change: Change) -> models.ShownAlertView:
        """The alert after the change."""
        return await _changed(change, self.request, self._caller, self._purpose, self._office, self._key)


Act = Annotated[_Act, Depends()]
_BODY: Final[dict[str, Any]] = {"responses": models.CHANGED}


@router.patch("/{alert}", summary="Change what an alert says", **_BODY, openapi_extra=models.UPDATE_BODY)
async def update(act: Act) -> models.ShownAlertView:
    """Only what is sent changes; the alert must still hold the minimum of its category."""
    given = await pairs_of(act.request)
    return await act.done(converted({**given, "alert": act.alert, "version": act.version}, UpdateAlert))


@router.delete("/{alert}", summary="Delete an alert", responses=models.DELETED)
async def delete(
    act: Act,
    ground: Annotated[
        str, Query(max_length=1000, description="Why; the law's ground or words.", examples=["whereabouts found"])
    ] = "",
) -> models.ShownAlertView:
    """Every exchange about the alert is told; supplementary information about it is kept for one more year at most."""
    if not ground.strip():
        raise Problem(400, "reason.missing", "Say why, in the query parameter ground.")
    return await act.done(DeleteAlert(alert=act.alert, version=act.version, ground=ground))


@router.post("/{alert}/extension", summary="Extend an alert", **_BODY, openapi_extra=models.EXTEND_BODY)
async def extend(act: Act) -> models.ShownAlertView:
    """After an individual assessment, which is recorded; no longer than a new alert would live."""
    body = await act.body(ExtendBody)
    return await act.done(
        ExtendAlert(alert=act.alert, version=act.version, until=body.until, assessment=body.assessment)
    )


@router.post("/{alert}/flags", summary="Add a flag", **_BODY, openapi_extra=models.FLAG_BODY)
async def flag(act: Act) -> models.ShownAlertView:
    """At the request of the other state, by form F; only alerts under Articles 26, 32, 36 and 37a."""
    body = await act.body(FlagBody)
    return await act.done(
        FlagAlert(
            alert=act.alert, version=act.version, state=body.state, reason=body.reason, requested_by=body.requested_by
        )
    )


@router.post("/{alert}/flags/removal", summary="Remove a flag", **_BODY, openapi_extra=models.FLAG_BODY)
async def unflag(act: Act) -> models.ShownAlertView:
    """At the request of the other state, by form F with field 075."""
    body = await act.body(FlagBody)
    return await act.done(
        FlagAlert(
            alert=act.alert,
            version=act.version,
            state=body.state,
            reason=body.reason,
            requested_by=body.requested_by,
            remove=True,
        )
    )


@router.post("/{alert}/links", summary="Link alerts, or end links", **_BODY, openapi_extra=models.LINK_BODY)
async def link(act: Act) -> models.ShownAlertView:
    """Own alerts only."""
    body = await act.body(LinkBody)
    return await act.done(LinkAlerts(alert=act.alert, version=act.version, others=body.others, remove=body.remove))


@router.post(
    "/{alert}/misused-identity", summary="Data of an innocent person", **_BODY, openapi_extra=models.MISUSE_BODY
)
async def misuse(act: Act) -> models.ShownAlertView:
    """Only what the law lists, each category with the person's consent. Null removes everything, as a withdrawal must."""
    body = await act.body(MisuseBody)
    return await act.done(MisuseIdentity(alert=act.alert, version=act.version, identity=body.identity))


@router.post(
    "/{alert}/hiding", summary="Hide an arrest alert, or show it again", **_BODY, openapi_extra=models.HIDE_BODY
)
async def hide(act: Act) -> models.ShownAlertView:
    """For 48 hours at most, with judicial authorisation; it can be renewed."""
    body = await act.body(HideBody)
    return await act.done(
        HideAlert(alert=act.alert, version=act.version, until=body.until, authorisation=body.authorisation)
    )


@router.post("/{alert}/hits", summary="Report a hit", responses=models.HIT_REPORTED, openapi_extra=models.HIT_BODY)
async def hit(  # noqa: PLR0913, PLR0917  one parameter for each part of the request
    request: Request, alert: AlertPath, standing: Standing, caller: ReportHits, purpose: Purpose, office: Office,
    idempotency_key: Repeatable = "",
    draft: Annotated[bool, Query(description="Only show the form; nothing is kept.")] = False,
) -> models.HitView:  # fmt: skip
    """The form to the issuer, filled in from the alert and the report, as an order that waits for an officer.

    Refused where a rule would refuse the form; what the law wants to hear beside that and is not said is listed.
    """
    reported = await read_body(request, Hit)
    if draft:
        return _hit_view(await office.hits.draft(alert, reported, caller.person, purpose), standing)
    key = key_of(request, idempotency_key, needed=True)
    return _hit_view(
        await office.hits.report(alert, reported, claim_of(request, caller.actor, key), purpose, caller.person),
        standing,
    )


def _hit_view(made: HitReported, standing: Here) -> models.HitView:
    order = None
    if made.accepted:
        order = SubmissionView(
            id=made.accepted.envelope, digest=made.digest, known_before=made.accepted.known_before,
            links=views.links(standing.door.public_url, made.accepted.envelope),
        )  # fmt: skip
    return models.HitView(
        form=msgspec.to_builtins(made.form), missing=[FindingView.model_validate(each) for each in made.missing],
        findings=[FindingView.model_validate(each) for each in made.findings], order=order,
    )  # fmt: skip


@router.post(
    "/{alert}/happenings",
    summary="Record what only a person knows",
    responses=models.NOTED,
    openapi_extra=models.NOTE_BODY,
)
async def note(
    request: Request, alert: AlertPath, standing: Standing, caller: ChangeAlerts, office: Office
) -> models.ToldView:
    """For the clocks of the exchanges about the alert: its purpose is achieved, its creator was told, or has answered."""
    body = await read_body(request, NoteBody)
    return models.ToldView(exchanges=await office.desk.tell_by_hand(alert, body.happening, caller.person, body.note))
