"""Frozen values that cross the rooms: no I/O, no clock, no socket."""
