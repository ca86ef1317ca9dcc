"""Received messages: read part by part, and kept in the order of their arrival."""
