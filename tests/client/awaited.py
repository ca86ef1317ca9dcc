"""Rows whose features are still being built, and have no test yet."""

AWAITED = {
    "SSL.SSLCheckCRL",
    "SSLSecurityFlags.0x00000100",
    "SSLSecurityFlags.0x00000400",
    "SSLSecurityFlags.0x00000800",
}
