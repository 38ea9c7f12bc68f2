"""Answers composed from what national registers said, and from nothing else.

A draft tells what was found, as of when, and which register is missing. Names, numbers and references of holders or
owners never reach it: it copies single fields, each checked against a closed shape, and no free text of a register.
"""
