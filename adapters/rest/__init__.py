"""What the adapters to national REST systems share. No adapter itself: plain modules, which import only the core.

- `settings.py`  where a system is, who we are there, how long we wait
- `wire.py`      one HTTP conversation: TLS, limits, time; library exceptions become ours here
- `words.py`     our words into theirs and back, without a wire
- `problems.py`  what a refusal of theirs means for us
- `identifiers.py`  formats of the numbers that systems are asked by
"""
