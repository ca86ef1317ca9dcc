"""What goes wrong on purpose: faults, those with a name, and those in force."""
