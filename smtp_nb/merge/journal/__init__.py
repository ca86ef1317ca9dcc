"""The journal of a campaign: what was about to be sent, and the outcome."""
