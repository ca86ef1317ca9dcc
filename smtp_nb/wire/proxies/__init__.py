"""Handshakes with proxies, and the HTTP GET that fetches revocation lists."""
