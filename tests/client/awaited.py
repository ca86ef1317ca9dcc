"""Rows whose features are still being built, and have no test yet."""

AWAITED = {
    "SSL.SSLCheckCRL",
    "SMTP.AuthorizationIdentity",
    "SSLSecurityFlags.0x00000100",
    "SSLSecurityFlags.0x00000400",
    "SSLSecurityFlags.0x00000800",
    "SmtpAuthMechanisms.amCRAMMD5",
    "SmtpAuthMechanisms.amKerberos",
    "SmtpAuthMechanisms.amNTLM",
    "SmtpAuthMechanisms.amSASLDigestMD5",
    "SmtpAuthMechanisms.amSASLPlain",
    "SmtpAuthMechanisms.amXOAUTH2",
    "error.1117",
    "error.1119",
    "error.135",
    "error.212",
    "error.274",
    "error.275",
    "error.283",
    "error.284",
}
