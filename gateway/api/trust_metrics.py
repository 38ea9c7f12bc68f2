"""Figures about trust: how long certificates last, how old the answers of authorities are, whether the signer is there."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge

from gateway.gateway import Gateway


class TrustFigures:
    """Read when they are asked for."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._expiry = Gauge(
            "spoc_certificate_days_left",
            "Whole days until a certificate ends, as the daily look found it; negative once it has.",
            ["owner", "what", "certificate"],
            registry=registry,
        )
        self._heard = Gauge(
            "spoc_revocation_answer_age_seconds",
            "Age of the newest answer of an authority about revoked certificates.",
            ["kind", "source", "serial"],
            registry=registry,
        )
        self._unheard = Gauge(
            "spoc_revocation_trouble",
            "Sources that gave no usable answer the last time.",
            ["source", "code"],
            registry=registry,
        )
        self._signers = Gauge("spoc_signer_replaced", "Signer processes that had to be replaced.", registry=registry)

    def read(self, gateway: Gateway, now: datetime) -> None:
        """Take the present figures."""
        for gauge in (self._expiry, self._heard, self._unheard):
            gauge.clear()
        for one in gateway.expiry.seen if gateway.expiry else ():
            self._expiry.labels(one.owner, one.what, one.certificate[:16]).set(one.days_left(now))
        for answer in gateway.directory.revocation:
            age = (now - answer.this_update).total_seconds()
            self._heard.labels(answer.kind, answer.source, answer.serial[:16]).set(age)
        for source, code in gateway.hearing.trouble if gateway.hearing else ():
            self._unheard.labels(source, code).set(1)
        self._signers.set(gateway.signatory.deaths if gateway.signatory else 0)
