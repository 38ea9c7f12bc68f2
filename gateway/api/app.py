"""The application: operations, refusals and the guard around them, over one gateway."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI

from gateway.alerts.desk import AlertRefused
from gateway.api import (
    acts,
    address_book,
    alerts,
    balance,
    broadcasts,
    by_hand,
    catalogue,
    description,
    drafts,
    evidence,
    exchanges,
    health,
    journal,
    keys,
    log_stamps,
    messages,
    metrics,
    partners,
    published_log,
    retention,
    rules,
    sheets,
    statistics,
    tokens,
)
from gateway.api.callers import Here
from gateway.api.door import ApiDoor
from gateway.api.guard import Guard
from gateway.api.health import Readiness
from gateway.api.metrics import Meters
from gateway.api.problems import speak_in_problems
from gateway.gateway import Gateway


def create_app(gateway: Gateway, door: ApiDoor, local: bool = False) -> FastAPI:
    """The API over a gateway. `local` is for a Unix socket only: its caller is the user at the other end, with all roles."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.here = Here(gateway=gateway, door=door, local=local)
    app.state.readiness = Readiness(asyncio.Lock())
    app.state.meters = Meters()
    parts = (
        messages, by_hand, exchanges, evidence, drafts, broadcasts, journal, balance, sheets, published_log, log_stamps,
        catalogue, rules, partners, keys, acts, address_book, alerts, statistics, retention,
        tokens, health, metrics, description,
    )  # fmt: skip
    app.state.parts = tuple(part.router for part in parts)
    for router in app.state.parts:
        app.include_router(router)
    speak_in_problems(app)
    app.add_exception_handler(AlertRefused, alerts.refused)
    app.add_middleware(Guard, counted=app.state.meters.counted, now=gateway.clock.now)
    return app
