"""Where the gateway touches other systems: channels, registers, case systems, stores.

One folder per adapter, each with a `manifest.toml` that can be read without importing code. An adapter imports the
core (`gateway`) and nothing else of ours, another adapter least of all; library exceptions become ours at its border.

- `channels/`     bring bytes in and take them out; they know nothing of forms
- `registers/`    ask a national register in the neutral words of `gateway.subjects`
- `casesystems/`  hand a matter to a national case system, exactly once
- `alertsystems/` enter, change, find and follow alerts in SIS
- `witnesses/`    ask others to countersign the published journal
- `timestamps/`   ask others when it stood where it stands
- `stores/`       keep envelopes and their journal, written together
- `rest/`         what adapters to REST systems share: the wire, the context, the answer; no adapter itself
- `handout/`      give stored envelopes to workers

To write one, copy `channels/loopback/`.
"""
