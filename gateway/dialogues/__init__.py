"""Dialogues as data: who may send which form next, what is expected back, when a matter is closed.

- `step`      one message of an exchange as dialogues see it: who, what, when, which facts; no content
- `happened`  what was recorded for an exchange beside its messages: telephone calls, decisions, deletions
- `standing`  the answer: where every dialogue of an exchange stands, how each step fits, what comes next
- `story`     all that is known of one exchange, for rules that a single form cannot decide

The one idea: the standing is computed from the steps and what was recorded, in the order in which things were sent and
not in which they arrived, so a late message is no special case and nothing has to be kept in step with anything.
"""
