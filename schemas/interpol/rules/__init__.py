"""The rules of the family, by what they look at. IPV-… are ids of the validator list, IPX-… additions of this project.

- `message.py`   what every message must have: parties, times, conditions, purpose, language, attachments
- `numbers.py`   numbers of documents, vehicles and files; country codes; deceiving characters
- `queries.py`   keys of queries, content of answers, no personal data about objects
- `persons.py`   persons in free messages and diffusions: status, offence, age
- `identity.py`  the identifier sets: whether somebody is described well enough
- `wanted.py`    red diffusions: thresholds, warrants, assurances
- `diffusions.py`  what the other kinds need, and the neutrality checklist

Not here, because a form and its occasion do not tell: duplicates (004, 058), the channel's ceiling (008), malware
(047), signatures (048), forwarding (054), earlier decisions (059), the journal (062). Not here, because their forms do
not exist yet: record maintenance, person and firearm queries, hits (030, 033, 038, 040, 049 to 051). One subject per
diffusion (060) is what the schema says.
"""
