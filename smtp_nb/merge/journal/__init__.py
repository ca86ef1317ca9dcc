"""The journal of a campaign: delivery attempts and their outcomes."""
