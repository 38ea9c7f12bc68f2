"""Typed settings and the files that fill them. Imports nothing of ours.

Every field has a unit, a default and a sentence. What is wrong is reported all at once, with file, line and remedy,
before anything starts.
"""
