"""The rules of the family, by what they look at. Ids are those of the validator list (IPV-…); IPX-… are additions of this project.

- `message.py`   what every message must have: parties, times, conditions, purpose, language, attachments
- `numbers.py`   numbers of documents, vehicles and files; country codes; deceiving characters
- `queries.py`   keys of queries, content of answers, no personal data about objects
- `persons.py`   persons in free messages and diffusions: status, offence, age
- `wanted.py`    diffusions: identifier sets, thresholds, warrants, assurances, neutrality

Not here, because a form and its occasion do not tell: duplicates (004, 058), the channel's ceiling (008), notices and record maintenance
(030, 033, 038, 040, 049 to 051), malware (047), signatures (048), forwarding (054), earlier decisions (059), the journal (062).
"""
