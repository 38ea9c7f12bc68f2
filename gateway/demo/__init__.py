"""`spoc demo`: a gateway and a federation of simulators as processes, and stories played between them, told as they
happen.

`federation` starts and ends the processes, `letters` are the calls to the simulators' control ports, `stories` are
what is played, `telling` is what people see. Simulators are other people's programs here: they are started by name
and spoken to over the wire.
"""
