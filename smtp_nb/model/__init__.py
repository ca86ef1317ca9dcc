"""Model: frozen values shared by all rooms, without I/O, clocks or sockets."""
