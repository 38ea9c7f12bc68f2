"""The stages, one verb a file. Inbound: identify, verify, decode, check, correlate, route, deliver, acknowledge.
Outbound: check, route, encode, sign, transmit, confirm. `gateway.pipeline` says in which order and why.
"""
