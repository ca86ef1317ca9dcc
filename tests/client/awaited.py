"""Rows whose features are still being built, and have no test yet."""

AWAITED = {
    "SSLSecurityFlags.0x00000100",
    "SSLSecurityFlags.0x00000400",
    "SSLSecurityFlags.0x00000800",
    "error.1117",
    "error.1119",
    "error.135",
    "error.212",
    "error.274",
    "error.275",
    "error.283",
    "error.284",
}
