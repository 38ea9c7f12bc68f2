"""Content under keys of its own, so that it can be destroyed while every proof stays.

- `port`     what a vault is: a place beside the ledger that keeps wrapped keys and forgets some of them for good
- `sealed`   how content looks under its key, and what is said when it does not open
- `masters`  the keys that wrap all others, each in a file of its own
- `keyring`  keys made ahead, keys at hand, keys destroyed
- `blind`    words to search by that tell nobody what they stand for
- `subjects` whose key is meant: an envelope, an exchange, a day of the journal
- `rolling`  a new master takes over while messages go on

To destroy content, ask the ledger (`gateway.ledger.Ledger.destroy`): it knows which keys a subject has, destroys them in the vault
and writes the entry. To ask whether it is destroyed: `gateway.ledger.Ledger.destroyed`.
"""
