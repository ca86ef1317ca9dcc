"""Planning of a merge: keys, recipients, rendering and changes."""
