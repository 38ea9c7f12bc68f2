"""The language of the journal: every event that may be written, each with its sentence.

Nothing else is ever journalled: `Entry` refuses an event that does not stand here. Events are named
`thing.happening`; the events of the lifecycle are `envelope.` and the state.
"""

from gateway import lifecycle

STATE_EVENTS = {lifecycle.event(row.name): row.meaning for row in lifecycle.STATES}

EVENTS: dict[str, str] = {
    **STATE_EVENTS,
    "envelope.retry": "A stage could not finish; it is tried again at the time given.",
    "envelope.alarm": "The same message id, or the same reference, came with other content.",
    "envelope.same-matter": "The same content came before under another message id.",
    "rule.tolerated": "A finding on a partner's form counted for less, as the table of tolerances says.",
    "envelope.released": "An officer let a held message go on.",
    "envelope.given-up": "An officer refused a held or quarantined message.",
    "envelope.replayed": "An officer sent a message through the stages again.",
    "envelope.read": "A person read a message.",
    "envelope.exported": "A person took out the bytes of a message.",
    "messages.searched": "A person searched the messages.",
    "worker.broke": "A worker process died over a message.",
    "register.asked": "A register was asked; outcome, time and digest of the answer are kept.",
    "case.opened": "A case was opened or found in a case system.",
    "transmission.attempted": "A message was handed to the other side once; its words are kept as evidence.",
    "receipt.recorded": "A receipt came in for a message of ours.",
    "delivery.reported": "A delivery status notification came in for a message of ours.",
    "door.refused": "A channel refused to take something in; nothing was accepted.",
    "clock.warned": "A share of a legal limit is used up, or something is owed at once.",
    "clock.breached": "A legal limit has passed and what was owed is not done, or was done too late.",
    "clock.took-effect": "A legal limit has passed, and what the law attaches to silence holds from then on.",
    "clock.trouble": "The clocks of an exchange cannot be computed; a person must see to it.",
    "happening.recorded": "A person recorded for an exchange what took place beside its messages.",
    "exchange.read": "A person read where an exchange stands.",
    "exchanges.searched": "A person listed or searched the exchanges.",
    "alert.ordered": "A person ordered an act in the alert system; what became of it is told by the next entry about it.",
    "alert.not-done": "The alert system did not carry out what was ordered, or did not say whether it did.",
    "alert.entered": "A person entered an alert.",
    "alert.updated": "A person changed what an alert says.",
    "alert.unflagged": "A person removed the flag of a state from an alert.",
    "alert.linked": "A person linked alerts, or ended links.",
    "alert.misuse-changed": "A person added or removed the data of somebody whose identity is misused.",
    "alert.shown-again": "A person showed a hidden arrest alert again.",
    "alert.deleted": "A person deleted an alert.",
    "alert.read": "A person read an alert.",
    "alerts.searched": "A person searched the alert system.",
    "alert.hit": "A person reported a hit on an alert; a form to the issuer was drafted.",
    "alert.told": "An exchange was told what happened to its alert; its clocks run on it.",
    "gateway.started": "The gateway started, with these settings, partners, routes and callers.",
    "gateway.stopped": "The gateway was asked to stop.",
    "alert.extended": "The time of an alert of ours was extended, with a reason.",
    "alert.flagged": "A flag was added to an alert of ours for the territory of another state.",
    "alert.hidden": "An arrest alert of ours was hidden from users for a time.",
    "figure.recorded": "An officer recorded something that is counted and that no message shows.",
    "journal.exported": "A person took out a part of the journal.",
    "address-book.taken": "A newer issue of the address book took the place of the one in force.",
    "broadcast.ordered": "A message to every bureau was ordered; who gets it and who is left out, with the reason.",
    "transmission.rerouted": "The usual way failed; the next attempt takes another way of the address book.",
    "partner.added": "A partner was added to the directory or changed.",
    "client.added": "A caller of the API was added to the settings.",
    "token.issued": "An access token was issued.",
}
