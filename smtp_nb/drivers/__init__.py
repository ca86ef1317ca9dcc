"""Drivers: the client's only sockets, clocks, threads and signals."""
