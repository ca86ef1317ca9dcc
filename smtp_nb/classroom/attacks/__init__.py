"""Attacks on mail, and what defends against them; each on servers of its own in this process."""
