"""Messages over queues of a RabbitMQ broker.

In: `inbound` keeps the door open, `consuming` is one connection of it, `door` decides what becomes of a delivery,
`reading` translates it. Out: `outbound` hands over, `lanes` keeps channels, `compose` writes the message.
`settings`, `broker` (connecting) and `topology` (queues) serve both.
"""
