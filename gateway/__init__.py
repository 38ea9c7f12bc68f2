"""The core of SPOC Gateway: what an envelope is, which stages it goes through, and how each step is kept and proved.

Words: `identity` `form` `subjects` `findings` `verdict` `errors` `envelope` `questions` `partners`. Rules of
movement: `lifecycle` (one table of states), `pipeline` (which stage comes when), `retry`, `duplicates`. Doors:
`intake` (bytes come in), `safexml` (the one door for XML), `parcel` (one form and its attachments as MIME). Rooms:
`stages/` `signing/` `journal/` `clocks/` `protection/`. Running: `engine` and `worker`; `assembly` joins it with the edges.

The core imports none of the other packages; `ports` says what it expects of them.
"""
