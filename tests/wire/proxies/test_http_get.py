"""One GET: whatever an HTTP server says is content, another address, or an error in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.errors import InputError, LinkError
from smtp_nb.wire.proxies.http_get import HttpGet, parse_url

URL = parse_url("http://lists.test:8080/a/b.crl?x=1")


def answered(*pieces, most=100, url=URL):
    got = HttpGet(url, most)
    got.request()
    for piece in pieces:
        if not got.is_done:
            got.receive(piece)
    return got


def test_the_request_names_host_and_target():
    assert HttpGet(URL, 1).request() == (
        b"GET /a/b.crl?x=1 HTTP/1.1\r\nHost: lists.test:8080\r\n"
        b"Accept-Encoding: identity\r\nConnection: close\r\n\r\n"
    )
    plain = HttpGet(parse_url("http://[::1]"), 1).request()
    assert plain.startswith(b"GET / HTTP/1.1\r\nHost: [::1]\r\n")


ANSWERS = {
    "a length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    "to the end": b"HTTP/1.0 200 OK\r\n\r\nhello",
    "a word before": b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
}


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_content_comes_in_any_pieces(answer, size):
    pieces = [answer[start : start + size] for start in range(0, len(answer), size)]
    assert answered(*pieces, b"").body == b"hello"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 404 Not here\r\nContent-Length: 0\r\n\r\n", "404"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\n", "encoding"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + b"x" * 101, "larger"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "hung up"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz", "hung up"),
        (b"220 mx.test ESMTP\r\n", "HTTP"),
        (b"", "hung up"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, "hung up"),
    ],
)
def test_failures_are_told_in_words(answer, words):
    with pytest.raises(LinkError, match=words):
        answered(answer, b"")


def test_a_redirect_is_told_as_an_address():
    moved = b"HTTP/1.1 302 Found\r\nLocation: ../c.crl\r\nContent-Length: 0\r\n\r\n"
    assert answered(moved).location == "http://lists.test:8080/c.crl"


@pytest.mark.parametrize(
    "text",
    [
        "https://lists.test/",
        "ldap://x",
        "http://",
        "http:///a",
        "http://user@lists.test/",
        "http://lists.test:99999/",
        "http://lists.test/a b",
        "http://lists.test/\r\nX: y",
        "http://müller.test/",
        "file:///etc/passwd",
        "",
    ],
)
def test_other_addresses_are_refused(text):
    with pytest.raises(InputError):
        parse_url(text)


@given(noise=st.binary(max_size=200))
def test_noise_is_an_error_or_content(noise):
    try:
        got = answered(b"HTTP/1.1 200 OK\r\n" + noise, b"")
    except LinkError:
        return
    assert got.is_done
