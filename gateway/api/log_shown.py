"""What the description says about the operations of the published log: examples, and the refusals of each."""

from __future__ import annotations

from typing import Any, Final

from gateway.api.samples import HASH, NOON
from gateway.api.shown import Responses, answers, refusals

ORIGIN: Final = "xa.spoc.example/journal/XA"
VKEY: Final = f"{ORIGIN}+7ce9129b+ASYO6sxkVe7GZB7cW5hqhDqNdMpc0n8YYc/bl5eR4AkT"
ROOT: Final = "czgAvP+vy7/1+BQ2qBBhG6+wvXoRkBqXHl01IT+X6nw="
NOTE: Final = f"{ORIGIN}\n2\n{ROOT}\n\n— {ORIGIN} fOkSm/nVaec/rmhqmFQLiMav6SoJxM/v6BuWpaZuwGnrC8C8nL6Y1sSUldVX92LRaFXRckqPpneHjVoX4I6YcguT9AI=\n"
WITNESS: Final = {"name": "log-witness.example/w1", "size": 2, "countersigned_at": NOON, "trouble": "", "words": ""}
AUTHORITY: Final = {
    "name": "first", "size": 2, "stamped_at": NOON, "trouble": "", "words": "", "clock_difference_seconds": -0.4,
}  # fmt: skip
STAMP: Final = {
    "authority": "first",
    "size": 2,
    "at": NOON,
    "trouble": "",
    "token": "MIIF1AYJKoZI…",
    "checkpoint": NOTE,
}
STANDING: Final[dict[str, Any]] = {
    "origin": ORIGIN, "key": VKEY, "size": 2, "root": ROOT, "unintegrated": 0, "published_at": NOON, "doubt": None, "witnesses": [WITNESS],
    "timestamps": [AUTHORITY], "unstamped": 0,
    "countersigns": {"xb.spoc.example/journal/XB": 17},
}  # fmt: skip
INCLUSION: Final = {
    "number": 2, "size": 2, "leaf_hash": ROOT, "proof": [ROOT], "tlog_proof": f"c2sp.org/tlog-proof@v1\nextra e30=\nindex 1\n{ROOT}\n\n{NOTE}",
}  # fmt: skip
CONSISTENCY: Final = {"first": 1, "second": 2, "first_root": ROOT, "second_root": ROOT, "proof": [ROOT]}
FAULT: Final = {
    "code": "log.tile-damaged",
    "place": "tile/0/000.p/2",
    "number": 2,
    "fault": "hash 2 of 2 is not that of the entry",
}


def _octets(kind: str, words: str, example: str, *codes: int) -> Responses:
    content = {kind: {"schema": {"type": "string"}, "example": example}}
    return {200: {"description": words, "content": content}, **refusals(401, 403, 429, 500, 503, *codes)}


LOG: Final = answers(STANDING)
CHECKPOINT: Final = _octets("text/plain", "The signed note.", NOTE, 404, 422)
TILE: Final = _octets("application/octet-stream", "Hashes of 32 octets, one after another.", HASH, 404, 422)
BUNDLE: Final = _octets("application/octet-stream", "Entries, each behind its length in two octets.", "{}", 404, 422)
PROOFS: Final = answers({"key": VKEY, "proofs": [INCLUSION]}, 404, 422)
CONSISTENT: Final = answers(CONSISTENCY, 404, 422)
STAMPS: Final = answers({"stamps": [STAMP]}, 404, 422)
EXAMINED: Final = answers({"intact": False, "size": 2, "root": ROOT, "faults": [FAULT]})
_TEXT: Final = {"text/plain": {"schema": {"type": "string"}, "example": f"— log-witness.example/w1 {ROOT}\n"}}
COUNTERSIGNED: Final[Responses] = {
    200: {"description": "Lines of our witness.", "content": _TEXT},
    **{
        status: {"description": words, "content": {"text/plain": {"schema": {"type": "string"}, "example": example}}}
        for status, words, example in (
            (400, "The request is not as the protocol says.", "The request is not as C2SP tlog-witness says.\n"),
            (403, "No known key has signed.", "No known key of the log has signed the checkpoint.\n"),
            (404, "The log is not known.", "This witness does not know the log.\n"),
            (409, "Another size was countersigned last: this one.", "17\n"),
            (
                422,
                "The log does not continue what was countersigned.",
                "The log does not continue: the proof leads to another new root.\n",
            ),
        )
    },
    **refusals(408, 413, 429, 500, 503),
}
REQUEST: Final[dict[str, Any]] = {
    "security": [{}],
    "requestBody": {
        "required": True,
        "content": {"text/plain": {"schema": {"type": "string"}, "example": f"old 0\n\n{NOTE}"}},
    },
}
