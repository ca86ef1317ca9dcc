"""SCRAM against its RFCs' examples, against scramp, and against servers that cheat."""

import hashlib
import hmac
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scramp import ScramMechanism

from smtp_nb import sasl
from smtp_nb.errors import AuthenticationError, InputError, Unsupported
from smtp_nb.model.secret import Secret
from smtp_nb.sasl.scram import MAX_ITERATIONS, scram

PENCIL = sasl.Credentials("user", Secret("pencil"))
PLAIN_LINE = sasl.ConnectionFacts("mx.test", 25)
EXAMPLES = {
    # RFC 5802 section 5 and RFC 7677 section 3: nonces, salt, proof, signature.
    "sha1": (
        "fyko+d2lbbFgONRv9qkxdawL",
        "fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
        "QSXCR+Q6sek8bf92",
        "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        "rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ),
    "sha256": (
        "rOprNGfwEbeRWgbNEkqO",
        "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
        "W22ZaJ0SNY7soEsUEjb6gQ==",
        "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ),
}
SALT = "QSXCR+Q6sek8bf92"


@pytest.mark.parametrize("digest", EXAMPLES)
def test_the_examples_of_the_rfcs(digest):
    nonce, whole, salt, proof, signature = EXAMPLES[digest]
    exchange = scram(digest, False, PENCIL, PLAIN_LINE, nonce)
    assert next(exchange) == f"n,,n=user,r={nonce}".encode()
    said = exchange.send(f"r={whole},s={salt},i=4096".encode())
    assert said == f"c=biws,r={whole},p={proof}".encode()
    assert exchange.send(f"v={signature}".encode()) == b""
    with pytest.raises(StopIteration):
        exchange.send(None)


passwords = st.text(
    st.characters(codec="ascii", min_codepoint=32, exclude_characters="\x7f"), min_size=1
)


@given(user=passwords, password=passwords)
@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_another_implementation_takes_and_proves_any_password(digest, user, password):
    mechanism = ScramMechanism(f"SCRAM-{digest.upper().replace('SHA', 'SHA-')}")
    known = mechanism.make_auth_info(password, iteration_count=4096)
    server = mechanism.make_server(lambda name: known if name == user else None)
    exchange = scram(digest, False, sasl.Credentials(user, Secret(password)), PLAIN_LINE)
    server.set_client_first(next(exchange).decode())
    server.set_client_final(exchange.send(server.get_server_first().encode()).decode())
    assert exchange.send(server.get_server_final().encode()) == b""


@pytest.mark.parametrize(
    ("spelt", "hashed"),
    [("I\u00adX", "IX"), ("\u2168", "IX"), ("pass\u00a0word", "pass word"), ("\u00e4", "ä")],
)
def test_passwords_are_prepared(spelt, hashed):
    """RFC 4013 section 3: what looks the same is the same."""
    proofs = []
    for password in (spelt, hashed):
        exchange = scram("sha1", False, sasl.Credentials("u", Secret(password)), PLAIN_LINE, "abc")
        next(exchange)
        proofs.append(exchange.send(f"r=abcdef,s={SALT},i=4096".encode()))
    assert proofs[0] == proofs[1]


@pytest.mark.parametrize("password", ["\x07bell", "\u0627\u0031", "\ue000private", "\u00ad"])
def test_what_cannot_be_prepared_is_refused_and_not_quoted(password):
    with pytest.raises(InputError, match="the password") as caught:
        next(scram("sha1", False, sasl.Credentials("u", Secret(password)), PLAIN_LINE))
    assert password not in str(caught.value)


def test_commas_and_equals_signs_of_names_are_escaped():
    who = sasl.Credentials("a=b,c", Secret("x"), Secret("d,e"))
    said = next(scram("sha1", False, who, PLAIN_LINE, "abc"))
    assert said == b"n,a=d=2Ce,n=a=3Db=2Cc,r=abc"


@pytest.mark.parametrize(
    ("bindings", "offered", "flag"),
    [
        ({}, "SCRAM-SHA-1", b"n,,"),
        ({"tls-exporter": b"x"}, "SCRAM-SHA-1 PLAIN", b"y,,"),
        ({"tls-exporter": b"x"}, "SCRAM-SHA-1 SCRAM-SHA-1-PLUS", b"n,,"),
    ],
)
def test_a_server_can_see_that_plus_was_taken_off_its_list(bindings, offered, flag):
    line = sasl.ConnectionFacts(offered=frozenset(offered.split()), binding=bindings.get)
    assert next(scram("sha1", False, PENCIL, line)).startswith(flag)


@pytest.mark.parametrize(
    ("bindings", "kind"),
    [({"tls-exporter": b"x" * 32}, "tls-exporter"), ({"tls-unique": b"x" * 32}, "tls-unique")],
)
def test_plus_sends_the_binding_under_its_name(bindings, kind):
    exchange = scram("sha1", True, PENCIL, sasl.ConnectionFacts(binding=bindings.get), "abc")
    assert next(exchange) == f"p={kind},,n=user,r=abc".encode()
    said = exchange.send(f"r=abcdef,s={SALT},i=4096".encode())
    assert said.startswith(b"c=" + b64encode(f"p={kind},,".encode() + b"x" * 32) + b",")


def test_plus_without_tls_says_nothing():
    with pytest.raises(Unsupported, match="TLS"):
        next(scram("sha1", True, PENCIL, PLAIN_LINE))


# -- servers that cheat -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "challenge",
    [
        "",
        "r=abcdef",
        f"s={SALT},r=abcdef,i=4096",
        f"m=ext,r=abcdef,s={SALT},i=4096",
        f"r=abc,s={SALT},i=4096",
        f"r=xyzdef,s={SALT},i=4096",
        f"r=Abcdef,s={SALT},i=4096",
        f"r=abc def,s={SALT},i=4096",
        "r=abcdef,s=,i=4096",
        "r=abcdef,s=***,i=4096",
        "r=abcdef,s=QSX,i=4096",
        f"r=abcdef,s={SALT},i=0",
        f"r=abcdef,s={SALT},i=-1",
        f"r=abcdef,s={SALT},i=4095",
        f"r=abcdef,s={SALT},i={MAX_ITERATIONS + 1}",
        f"r=abcdef,s={SALT},i=99999999999999999999",
        f"r=abcdef,s={SALT},i=4096.5",
        f"r=abcdef,s={SALT},i=4096\n",
        "\ud83d\ude00",
        "e=other-error",
    ],
)
def test_a_first_message_that_is_wrong_gets_no_proof(challenge):
    exchange = scram("sha1", False, PENCIL, PLAIN_LINE, "abc")
    next(exchange)
    with pytest.raises(AuthenticationError):
        exchange.send(challenge.encode("utf-8", "surrogatepass"))


def test_the_most_iterations_are_still_taken(monkeypatch):
    monkeypatch.setattr(hashlib, "pbkdf2_hmac", lambda *_: b"x" * 20)
    exchange = scram("sha1", False, PENCIL, PLAIN_LINE, "abc")
    next(exchange)
    assert exchange.send(f"r=abcdef,s={SALT},i={MAX_ITERATIONS}".encode())


def before_the_end():
    """An exchange that waits for the server's last message, and that message."""
    exchange = scram("sha1", False, PENCIL, PLAIN_LINE, "abc")
    first = next(exchange)[3:]
    challenge = f"r=abcdef,s={SALT},i=4096".encode()
    unproven = exchange.send(challenge).rpartition(b",p=")[0]
    salted = hashlib.pbkdf2_hmac("sha1", b"pencil", bytes.fromhex("4125c247e43ab1e93c6dff76"), 4096)
    key = hmac.digest(salted, b"Server Key", "sha1")
    signature = hmac.digest(key, b",".join([first, challenge, unproven]), "sha1")
    return exchange, b"v=" + b64encode(signature)


def test_the_right_signature_is_taken():
    exchange, last = before_the_end()
    assert exchange.send(last + b",extension=x") == b""


@given(st.data())
def test_no_other_signature_is_taken(data):
    exchange, last = before_the_end()
    at = data.draw(st.integers(2, len(last) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda octet: octet != last[at]))
    with pytest.raises(AuthenticationError):
        exchange.send(last[:at] + bytes([other]) + last[at + 1 :])


@pytest.mark.parametrize("last", [b"", b"v=", b"v", b"x=", b"v=QSXCR+Q6sek8bf92"])
def test_a_last_message_that_is_wrong_is_refused(last):
    exchange, _ = before_the_end()
    with pytest.raises(AuthenticationError):
        exchange.send(last)


def test_a_server_that_skips_its_signature_is_not_believed():
    exchange, _ = before_the_end()
    with pytest.raises(AuthenticationError, match="before it was"):
        sasl.finish(exchange)


@pytest.mark.parametrize(
    ("reason", "shown"),
    [("invalid-proof", "invalid-proof"), ("unknown-user", "unknown-user"), ("pencil", "another")],
)
def test_a_refusal_says_why_in_known_words_only(reason, shown):
    exchange, _ = before_the_end()
    with pytest.raises(AuthenticationError, match=shown) as caught:
        exchange.send(f"e={reason}".encode())
    assert "pencil" not in str(caught.value)


@given(st.binary(), st.binary())
def test_nonsense_is_refused_and_no_other_exception(first, last):
    exchange = scram("sha256", False, PENCIL, PLAIN_LINE)
    next(exchange)
    with pytest.raises(AuthenticationError):
        exchange.send(first)
    exchange, _ = before_the_end()
    with pytest.raises(AuthenticationError):
        exchange.send(last)
