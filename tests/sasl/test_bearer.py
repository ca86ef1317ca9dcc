"""Tokens: what goes out, what is no token, and how a refusal is answered."""

import pytest

from smtp_nb import sasl
from smtp_nb.errors import AuthenticationError, InjectionError, MissingError
from smtp_nb.model.secret import Secret, encodings

LINE = sasl.ConnectionFacts("server.example.com", 587)
TOKEN = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="


def credentials(token=TOKEN, user="user@example.com"):
    return sasl.Credentials(user, tokens=sasl.Tokens(lambda renew: token)).with_token(token)


def said(name, who, *challenges):
    exchange = sasl.exchange(name, who, LINE)
    return [next(exchange), *map(exchange.send, challenges)]


def test_xoauth2_is_as_its_inventors_write_it():
    who = credentials("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", "someuser@example.com")
    assert said("XOAUTH2", who) == [
        b"user=someuser@example.com\1auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\1\1"
    ]


def test_oauthbearer_is_the_example_of_rfc_7628():
    # Section 4.1, with the port of a server for mail.
    assert said("OAUTHBEARER", credentials()) == [
        b"n,a=user@example.com,\1host=server.example.com\1port=587\1"
        b"auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1"
    ]


def test_commas_and_equals_signs_of_the_user_are_escaped():
    assert b"n,a=a=2Cb=3D," in said("OAUTHBEARER", credentials(user="a,b="))[0]


@pytest.mark.parametrize(("name", "answer"), [("XOAUTH2", b""), ("OAUTHBEARER", b"\1")])
def test_the_reason_of_a_refusal_is_answered_once(name, answer):
    exchange = sasl.exchange(name, credentials(), LINE)
    next(exchange)
    assert exchange.send(b'{"status":"401","schemes":"bearer"}') == answer
    with pytest.raises(AuthenticationError, match="another challenge"):
        exchange.send(b"{}")


@pytest.mark.parametrize(
    "token", [TOKEN, f"Bearer {TOKEN}", f"bearer  {TOKEN}\n", f" {TOKEN} ", Secret(TOKEN)]
)
def test_the_scheme_in_front_may_be_there(token):
    assert credentials().with_token(token).token == Secret(TOKEN)


@pytest.mark.parametrize(
    "bad", ["a b", "a\1auth=x", "a\0b", "a\nb", "ä", "a=b", "{}", 'tok"', "a,b", "\ud800"]
)
def test_what_is_no_token_is_refused_and_not_quoted(bad):
    token = f"opensesame{bad}opensesame"
    with pytest.raises(InjectionError) as caught:
        credentials(token)
    assert not any(form in str(caught.value) for form in encodings("opensesame"))


@pytest.mark.parametrize("empty", ["", " ", "Bearer ", Secret(""), None, b"token"])
def test_a_source_that_gives_nothing(empty):
    with pytest.raises(MissingError, match="token source"):
        credentials(empty)


def test_a_token_shows_in_no_repr():
    who = credentials("opensesame")
    shown = repr(who) + str(who) + repr(who.tokens) + repr(sasl.Tokens("opensesame".join))
    assert not any(form in shown for form in encodings("opensesame"))
