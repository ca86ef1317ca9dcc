"""A server for a class: who is who, what they do, and what goes wrong for them."""
