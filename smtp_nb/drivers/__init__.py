"""The only sockets, clocks, threads and signals of the client."""
