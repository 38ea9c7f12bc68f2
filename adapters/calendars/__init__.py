"""Calendars: the legal time and the working days of states, for limits that are counted in days."""
