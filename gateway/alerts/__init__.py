"""Alerts: the records of the Schengen Information System that messages are about, in the gateway's own words.

- `words`     an alert and its parts, what is searched for, what the change feed tells
- `commands`  what an officer can do with an alert, one struct each
- `law`       what a family of forms knows about alerts: checks, advice, the form that reports a hit
- `desk`      the acts of officers: checked, journalled, carried out by the alert system
- `matters`   what an act or a notice means for the exchanges about the alert
- `follower`  notices of the alert system, read in the background and never twice
- `lookup`    what rules need to know of an alert, or nothing when the system is away

The one idea: an alert lives in the alert system (N.SIS) and nowhere else. The gateway asks for it, checks what an
officer wants to do with it before it is done, and tells the exchanges about it what has happened.
"""
