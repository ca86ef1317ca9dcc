"""The form that writes a message and the cell that sends it."""
