"""Mail to and from foreign offices.

In: `inbound` opens the door, `conversation` talks, `reading` is strict about lines, `door` decides, `replies` has
every answer in words. Out: `outbound` hands over, `compose` writes the mail, `delivery` talks, `pool` keeps
connections. `settings`, `addresses` and `tls` serve both.
"""
