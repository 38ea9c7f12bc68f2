"""The HTTP door for national systems, officers and auditors, and the local door for the command line.

`app` builds the application, `server` listens; `callers` says who may do what; `messages`, `journal`, `catalogue`, `tokens`, `health`
and `metrics` are the operations; `models` and `views` the answers; `submission` and `bodies` read what callers send.
"""
