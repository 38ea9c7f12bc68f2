"""What every foreign office is made of; the offices themselves are in `counterparts/`.

| file | what it keeps |
| --- | --- |
| `identity.py` | who the office is, and what `--set` says about it |
| `keys.py` | its own authority, signing keys and TLS keys, and those of a stranger |
| `cards.py` | partner cards, its own and those of others |
| `signing.py`, `verifying.py` | XML signatures, written by hand and judged by signxml: one checks the other |
| `forms.py`, `templates.py` | what stands in a message; new messages from templates |
| `tampering.py` | what can be wrong with a message that is sent |
| `mail.py` | one message as one mail, and back |
| `odd_xml.py` | the same document in unusual clothes |
| `smtp_in.py`, `smtp_out.py`, `amqp.py` | the wire |
| `mailbag.py` | all messages that came, with what was found, and waiting for the next |
| `receipts.py`, `outbox.py`, `office.py`, `clerk.py`, `desk.py` | what it answers, what it sends, the whole, who writes, and its control port |
"""
