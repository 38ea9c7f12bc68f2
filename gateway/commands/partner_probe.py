"""Trying the way to a partner: the channel's own probe, which sends no message, and what its signatures must look like."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from config.load import Home
from gateway.commands.partner_card import authority_problem
from gateway.errors import GatewayError
from gateway.gateway import Gateway
from gateway.partners import Partner


async def probed(home: Home, party: str, seconds: float) -> dict[str, Any]:
    """Whether the partner can be reached and what was agreed about signatures; raises `ConfigurationFaults`."""
    from gateway.assembly import assemble

    gateway = assemble(home)
    partner = gateway.directory.get(party)
    assert partner is not None, "the caller has looked"
    trouble = await try_way(gateway, partner, seconds)
    anchors = [_anchor(der) for der in partner.signature.anchors]
    policy = {
        "signers": list(partner.signature.signers), "plain_xmldsig": partner.signature.plain_xmldsig, "anchors": anchors,
        "usable": bool(partner.signature.signers) and any(not one["problem"] for one in anchors),
    }  # fmt: skip
    return {"party": party, "way": way(partner), "reachable": not trouble, "trouble": trouble, "signature": policy}


def way(partner: Partner) -> str:
    """Where the partner is reached."""
    if partner.channel == "amqp":
        return f"amqp {partner.queue.routing_key if partner.queue else ''}".strip()
    return f"{partner.channel} {partner.mail.host}:{partner.mail.port}" if partner.mail else partner.channel


async def try_way(gateway: Gateway, partner: Partner, seconds: float) -> str:
    """What is wrong with the way to the partner, or an empty text."""
    channel = gateway.outbound.get(partner.channel)
    if channel is None:
        return f"The channel {partner.channel} is not configured."
    try:
        async with asyncio.timeout(seconds):
            await channel.start()
            channel.address(partner, urgent=False)
            await channel.probe(partner)
    except GatewayError as error:
        return f"{error.public} {error.operator}".strip() if error.operator != error.public else error.public
    except TimeoutError:
        return f"No answer within {seconds:.0f} seconds."
    finally:
        await channel.stop()
    return ""


def _anchor(der: bytes) -> dict[str, str]:
    certificate = x509.load_der_x509_certificate(der)
    return {
        "subject": certificate.subject.rfc4514_string(), "valid_until": certificate.not_valid_after_utc.isoformat(),
        "problem": authority_problem(certificate, datetime.now(UTC)),
    }  # fmt: skip
