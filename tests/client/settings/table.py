"""Every property and setting: what it holds at first, what it takes, and what it does not take.

A row of the registry without a row here fails a test, and the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smtp_nb import (
    AuthMechanism,
    FirewallType,
    Importance,
    Priority,
    Sensitivity,
    SSLProtocol,
    SSLProvider,
    SSLSecurityFlag,
    SSLStartMode,
)

NOTHING = object()


@dataclass(frozen=True)
class Row:
    """One property or setting.

    Attributes:
        name: its reference name, behind that of its owner where the reference has it.
        default: what it holds at first, as `settings` tells it.
        legal: what it takes; a pair is what is given and what it is read as.
        illegal: values that are refused.
        fixed: the illegal values are not wrong, but cannot be honoured here.
    """

    name: str
    default: Any = ""
    legal: tuple[Any, ...] = ()
    illegal: tuple[Any, ...] = ("a\r\nb", 5)
    fixed: bool = False
    takes: tuple[tuple[Any, Any], ...] = field(init=False)

    def __post_init__(self) -> None:
        pairs = tuple(v if isinstance(v, tuple) else (v, v) for v in self.legal)
        object.__setattr__(self, "takes", pairs)

    @property
    def reference(self) -> str:
        return self.name.rpartition(".")[2]


BOOLS = (
    *((word, True) for word in (True, 1, "True", "true", "TRUE", "1", "Yes", "yes", " YES ")),
    *((word, False) for word in (False, 0, "False", "false", "0", "No", "no", "NO")),
)
NO_BOOLS = ("maybe", "", "2", 2, -1, None)
NO_NUMBERS = (-1, "many", None, True)


def flag(name: str, default: bool = False) -> Row:
    return Row(name, default, BOOLS, NO_BOOLS)


def number(name: str, default: int, *legal: int, illegal: tuple[Any, ...] = ()) -> Row:
    return Row(name, default, (*legal, (str(legal[0]), legal[0])), (*illegal, *NO_NUMBERS))


def member(name: str, default: Any, *legal: Any) -> Row:
    forms = (lambda m: m, int, lambda m: m.name, lambda m: m.name.lower(), lambda m: str(int(m)))
    dashed = [(m.name.replace("_", "-").title(), m) for m in legal]
    pairs = [(form(m), m) for m in legal for form in forms]
    return Row(name, default, (*pairs, *dashed), (9999, -1, "9999", "other", "", None))


def fixed(name: str, default: Any, *unavailable: Any) -> Row:
    return Row(name, default, (default,), unavailable, fixed=True)


def line(name: str, *legal: Any) -> Row:
    return Row(name, "", ("", *legal))


def names(name: str, listed: str) -> Row:
    """A list of names; `listed` has all that the reference knows."""
    each = listed.split()
    one, other = each[0], each[-1]
    messy = (f" {one.upper()}, {other} ,{one}", f"{one},{other}")
    legal = ("", *each, ",".join(each), messy)
    return Row(name, "", legal, ("none", f"{one};{other}", "a\r\nb", 5))


def text(name: str, *legal: str) -> Row:
    return Row(name, "", ("", *legal, "a\r\nb"), (5, None))


def boxes(name: str, *more: Any) -> Row:
    legal = ("", "ann@x.test", ("Ann  <ann@x.test>", "Ann <ann@x.test>"), *more)
    return Row(name, "", legal, ("ann", "a b@x.test", "a@x.test\r\nBcc: e@x.test", 5))


SEVERAL = (
    ("a@x.test; b@x.test", "a@x.test, b@x.test"),
    (["a@x.test", "B <b@x.test>"], "a@x.test, B <b@x.test>"),
    (("Bé, B", "b@x.test"), '"Bé, B" <b@x.test>'),
    ([("", "a@x.test"), ("B", "b@x.test")], "a@x.test, B <b@x.test>"),
)
SECONDS = (0, 1, 0.5, 300, ("60", 60.0))
NO_PORT = (65536,)

PROPERTIES = (
    flag("SMTP.AllowExtensions", True),
    member(
        "SMTP.AuthMechanism",
        AuthMechanism.USER_PASSWORD,
        *(m for m in AuthMechanism if m is not AuthMechanism.APOP),
    ),
    boxes("SMTP.BCc", *SEVERAL),
    boxes("SMTP.Cc", *SEVERAL),
    boxes("SMTP.SendTo", *SEVERAL),
    boxes("SMTP.DeliveryNotificationTo"),
    boxes("SMTP.From"),
    member("SMTP.Importance", Importance.UNSPECIFIED, *Importance),
    Row(
        "SMTP.LocalHost",
        "",
        ("", "127.0.0.1", "host.test"),
        ("a b", "a\nb", 5),
    ),
    number("SMTP.MailPort", 25, 1, 25, 465, 65535, illegal=NO_PORT),
    Row(
        "SMTP.MailServer",
        "",
        ("", "mail.test", "*mail.test", "::1", ("straße.test", "xn--strae-oqa.test")),
        ("a b", "a@b", "a\r\nb", "*a\nb", 5),
    ),
    Row("SMTP.Message", "", ("", "A: b\r\n\r\nc\r\n", (b"\xff", "\udcff")), (5, None)),
    Row("SMTP.MessageB", b"", (b"", b"A: b\r\n\r\n\xff\r\n"), (5, "text")),
    Row(
        "SMTP.MessageDate",
        "*",
        (
            *("", "*", "Fri, 01 Mar 2024 21:24:52 +0100", "Fri, 1 Mar 96 21:24:52 EST"),
            (datetime(2024, 3, 1, 21, 24, 52, tzinfo=UTC), "Fri, 01 Mar 2024 21:24:52 +0000"),
        ),
        ("yesterday", "Fri, 1 Mar 96 21:24:52 EST\r\nBcc: e@x.test", 5),
    ),
    Row(
        "SMTP.MessageId",
        "*",
        ("", "*", "<a@x.test>", ("a@x.test", "<a@x.test>")),
        ("a b@x.test", "<a@x.test>\n", 5),
    ),
    Row("SMTP.MessageText", "", ("", "a\r\n.b", "ü"), (5, None)),
    Row(
        "SMTP.OtherHeaders",
        "",
        ("", ("X-A: b", "X-A: b\r\n"), ("\nX-A: b\n  c\n", "\r\nX-A: b\r\n  c\r\n")),
        ("no field", "X-A: b\n\nbody", "X A: b", "Bcc: e@x.test", "X-A: b\rc", 5),
    ),
    Row("SMTP.Password", "", ("", ("pass word", "<hidden>")), (5, None)),
    member("SMTP.Priority", Priority.UNSPECIFIED, *Priority),
    boxes("SMTP.ReadReceiptTo"),
    boxes("SMTP.ReplyTo"),
    boxes("SMTP.ReturnPath", "<>", (" <> ", "<>")),
    member("SMTP.Sensitivity", Sensitivity.UNSPECIFIED, *Sensitivity),
    flag("SMTP.SSLEnabled"),
    # Another word would be the name of an engine, which is not wrong but not there.
    replace(
        member("SMTP.SSLProvider", SSLProvider.AUTOMATIC, *SSLProvider),
        illegal=(9999, -1, "9999", "", None),
    ),
    member("SMTP.SSLStartMode", SSLStartMode.NONE, *SSLStartMode),
    line("SMTP.Subject", "Grüße", "a: b"),
    Row("SMTP.Timeout", 60.0, SECONDS, (-1, "long", None, True)),
    line("SMTP.User", "ann", "ann@x.test"),
    boxes("Sender"),
    text("MessageHtml", "<p>a</p>"),
    text("MessageMarkdown", "# a\n"),
    Row("Pipelining", "auto", ("auto", "message", "off", ("OFF", "off")), ("on", 5, None)),
    Row(
        "MailOptions",
        "",
        (
            "",
            "RET=HDRS",
            ("ret=FULL  envid=QQ31", "RET=FULL ENVID=QQ31"),
            "HOLDFOR=60",
            "HOLDUNTIL=2027-01-31T08:00:00Z",
            "BY=-5;N",
            "BY=120;RT",
            "MT-PRIORITY=-9",
            "REQUIRETLS",
        ),
        (
            "SIZE=1",
            "RET=ALL",
            "RET",
            "RET=FULL RET=FULL",
            "REQUIRETLS=1",
            "BY=0;R",
            "HOLDFOR=0",
            "HOLDFOR=1 HOLDUNTIL=2027-01-31T08:00:00Z",
            "ENVID=a\r\nb",
            "ENVID=a+b",
            5,
            None,
        ),
    ),
    number("Window", 32, 1, 1024, illegal=(0, 1025)),
)

GROUPS = (
    "ecdhe_x25519 ecdhe_x448 ecdhe_secp256r1 ecdhe_secp384r1 ecdhe_secp521r1 ffdhe_2048 ffdhe_3072"
    " ffdhe_4096 ffdhe_6144 ffdhe_8192"
)
# The reference's names of suites, and of what suites are made of, in the words of Windows.
PARTS = (
    "CALG_3DES CALG_AES CALG_AES_128 CALG_AES_256 CALG_DES CALG_DH_EPHEM CALG_DH_SF CALG_DSS_SIGN"
    " CALG_ECDH CALG_ECDH_EPHEM CALG_ECDSA CALG_MD5 CALG_RC4 CALG_RSA_KEYX CALG_RSA_SIGN CALG_SHA"
    " CALG_SHA1 CALG_SHA_256 CALG_SHA_384"
)
SUITES = [*(Path(__file__).parents[2] / "wire" / "suites.txt").read_text().split(), *PARTS.split()]
# No suite of TLS is made of these.
NO_PARTS = (
    "CALG_3DES_112 CALG_AES_192 CALG_AGREEDKEY_ANY CALG_CYLINK_MEK CALG_DESX CALG_ECMQV CALG_HMAC"
    " CALG_HASH_REPLACE_OWF CALG_HUGHES_MD5 CALG_KEA_KEYX CALG_MAC CALG_MD2 CALG_MD4 CALG_NO_SIGN"
    " CALG_OID_INFO_CNG_ONLY CALG_OID_INFO_PARAMETERS CALG_PCT1_MASTER CALG_RC2 CALG_RC5 CALG_SEAL"
    " CALG_SCHANNEL_ENC_KEY CALG_SCHANNEL_MAC_KEY CALG_SCHANNEL_MASTER_HASH CALG_SHA_512 CALG_TEK"
    " CALG_SKIPJACK CALG_SSL2_MASTER CALG_SSL3_MASTER CALG_SSL3_SHAMD5 CALG_TLS1_MASTER"
    " CALG_TLS1PRF"
)

SETTINGS = (
    flag("SMTP.AllowEmptyTo"),
    Row("SMTP.AuthorizationIdentity", "", ("", ("ben", "<hidden>")), (5, None)),
    Row(
        "SMTP.Charset",
        "",
        ("", "utf-8", ("UTF-8", "utf-8"), "iso-8859-1"),
        ("utf-16", "klingon", "utf-8\r\n", 5),
    ),
    flag("SMTP.FoldHeaders", True),
    Row("SMTP.Hello", "", ("", "mail.test", "[127.0.0.1]"), ("a b", "a\r\nb", 5)),
    flag("SMTP.KeepQueue"),
    number("SMTP.MaxHeaderLength", 80, 42, 80, 100, 1000, illegal=(41, 1001)),
    Row(
        "SMTP.MessageIdAlgorithm",
        "SHA1",
        ("MD5", "SHA1", "SHA256", ("sha256", "SHA256")),
        ("SHA3", 5),
    ),
    flag("SMTP.SendRSET", True),
    flag("SMTP.StopOnBccErrors"),
    flag("SMTP.StopOnCcErrors", True),
    flag("SMTP.StopOnToErrors", True),
    flag("IPPort.CloseStreamAfterTransfer", True),
    Row("IPPort.ConnectionTimeout", 0.0, SECONDS, (-1, "long", None)),
    flag("IPPort.FirewallAutoDetect"),
    Row("IPPort.FirewallHost", "", ("", "proxy.test"), ("a b", "a\nb", 5)),
    fixed("IPPort.FirewallListener", False, True),
    Row("IPPort.FirewallPassword", "", ("", ("word", "<hidden>")), (5, None)),
    number("IPPort.FirewallPort", 0, 0, 3128, illegal=NO_PORT),
    member("IPPort.FirewallType", FirewallType.NONE, *FirewallType),
    line("IPPort.FirewallUser", "ann"),
    number("IPPort.KeepAliveInterval", 0, 0, 1000),
    number("IPPort.KeepAliveTime", 0, 0, 60000),
    flag("IPPort.Linger", True),
    number("IPPort.LingerTime", 0, 0, 30, illegal=NO_PORT),
    number("IPPort.LocalPort", 0, 0, 65535, illegal=NO_PORT),
    number("IPPort.MaxLineLength", 2048, 256, 4096, illegal=(255,)),
    number("IPPort.MaxTransferRate", 0, 0, 1, 1000),
    line("IPPort.ProxyExceptionsList", "a.test;b.test"),
    flag("IPPort.TCPKeepAlive"),
    flag("IPPort.TcpNoDelay", True),
    number("IPPort.UseIPv6", 0, 0, 1, 2, illegal=(3,)),
    flag("IPPort.UseNTLMv2"),
    line("SSL.CACertFilePaths", "/etc/a.pem;/etc/b.pem"),
    flag("SSL.LogSSLPackets"),
    flag("SSL.ReuseSSLSession"),
    text("SSL.SSLCACerts", "-----BEGIN"),
    flag("SSL.SSLCheckCRL"),
    number("SSL.SSLCipherStrength", 0, 128, 256, illegal=(1025,)),
    Row(
        "SSL.SSLEnabledCipherSuites",
        "*",
        (
            "*",
            *SUITES,
            ";".join(SUITES),
            ("tls_rsa_with_rc4_128_md5; CALG_AES_256", "TLS_RSA_WITH_RC4_128_MD5;CALG_AES_256"),
        ),
        ("TLS_NONE", "TLS_DH_anon_WITH_AES_128_CBC_SHA", "", "*;*", "a\r\nb", 5, *NO_PARTS.split()),
    ),
    Row(
        "SSL.SSLEnabledProtocols",
        SSLProtocol.TLS1_2 | SSLProtocol.TLS1_3,
        (12288, 3072, 768, 192, 48, 12, ("4032", 4032), ("0x3C00", 15360)),
        ("TLS", None, "4032;"),
    ),
    flag("SSL.SSLEnableRenegotiation", True),
    flag("SSL.SSLIncludeCertChain"),
    line("SSL.SSLKeyLogFile", "/tmp/keys"),
    Row(
        "SSL.SSLSecurityFlags",
        SSLSecurityFlag(0),
        (*(int(f) for f in SSLSecurityFlag), ("0x80000010", 0x80000010)),
        ("all", None),
    ),
    text("SSL.SSLServerCACerts", "-----BEGIN"),
    names(
        "SSL.TLS12SignatureAlgorithms",
        "sha512-ecdsa sha512-rsa sha512-dsa sha384-ecdsa sha384-rsa sha384-dsa sha256-ecdsa"
        " sha256-rsa sha256-dsa sha224-ecdsa sha224-rsa sha224-dsa sha1-ecdsa sha1-rsa sha1-dsa",
    ),
    names("SSL.TLS12SupportedGroups", "ecdhe_secp256r1 ecdhe_secp384r1 ecdhe_secp521r1"),
    names("SSL.TLS13KeyShareGroups", GROUPS),
    fixed("SSL.TLS13Provider", 0, 1),
    names(
        "SSL.TLS13SignatureAlgorithms",
        "ed25519 ed448 ecdsa_secp256r1_sha256 ecdsa_secp384r1_sha384 ecdsa_secp521r1_sha512"
        " rsa_pkcs1_sha256 rsa_pkcs1_sha384 rsa_pkcs1_sha512 rsa_pss_sha256 rsa_pss_sha384"
        " rsa_pss_sha512",
    ),
    names("SSL.TLS13SupportedGroups", GROUPS),
    flag("Socket.AbsoluteTimeout"),
    Row(
        "Socket.FirewallData",
        "",
        ("", ("X-Token: 1", "<hidden>"), ("A: b\r\nC: d", "<hidden>"), ("A: b\n", "<hidden>")),
        ("X-Token", "Host: other.test", "A: b\0", "A\r: b", " A: b", "A : b", 5, None),
    ),
    number("Socket.InBufferSize", 0, 0, 8192),
    number("Socket.OutBufferSize", 0, 0, 8192),
    fixed("Base.GUIAvailable", False, True),
    flag("Base.UseInternalSecurityAPI"),
    flag("AllowClearTextAuth"),
    flag("FirewallTLS"),
    Row("FinalReplyTimeout", 600.0, SECONDS, (-1, "long", None)),
    line("SSLServerPin", "sha256:00"),
    line("OpenSSLCipherList", "HIGH:!SHA1"),
)

# What can only be read: (name, what a new component tells).
TOLD = (
    ("SMTP.Idle", True),
    ("SMTP.LastReply", ""),
    ("SMTP.MessageHeadersString", ""),
    ("SMTP.MessageHeaders", []),
    ("SMTP.TransferText", ""),
    ("SSL.SSLNegotiatedCipher", ""),
    ("SSL.SSLNegotiatedCipherStrength", 0),
    ("SSL.SSLNegotiatedCipherSuite", ""),
    ("SSL.SSLNegotiatedKeyExchange", ""),
    ("SSL.SSLNegotiatedKeyExchangeStrength", 0),
    ("SSL.SSLNegotiatedProtocol", ""),
    ("Base.LicenseInfo", "This library is free software and needs no key"),
)
# What has tests of its own, because its values are objects or calls.
ELSEWHERE = frozenset(
    {
        "BuildInfo",
        "Connected",
        "Firewall",
        "MessageRecipients",
        "SSLAcceptServerCert",
        "SSLCert",
        "SSLServerCert",
    }
)
