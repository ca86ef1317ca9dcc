"""What a keyring does not accept whole is stored in pieces, and comes back whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.keyrings import CredentialManager, Ring, using
from smtp_nb.client.oauth.token_store import PIECE_CHARS, KeyringStore
from smtp_nb.errors import MissingError
from smtp_nb.model.secret import Secret

MAIN = ("smtp_nb microsoft", "ann")
LONG, OTHER = "x" * 4000, "y" * 3000


@pytest.fixture
def ring() -> Iterator[Ring]:
    made = CredentialManager()
    with using(made):
        yield made


@pytest.fixture
def store(ring: Ring) -> KeyringStore:
    return KeyringStore("microsoft", "ann")


def loaded(store: KeyringStore) -> str | None:
    found = store.load()
    return found and found.reveal()


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=5 * PIECE_CHARS))
def test_any_text_comes_back_from_windows(text: str) -> None:
    with using(CredentialManager()):
        store = KeyringStore("microsoft", "ann")
        store.save(Secret(text))
        assert loaded(store) == text


def test_a_token_as_long_as_microsofts_fits_into_windows(ring: Ring, store: KeyringStore) -> None:
    store.save(Secret(LONG))
    assert loaded(store) == LONG
    assert len(ring.known) == 1 + -(-len(LONG) // PIECE_CHARS)
    assert all(LONG not in entry for entry in ring.known.values())


def test_a_keyring_that_takes_it_whole_has_one_entry() -> None:
    whole = Ring()
    with using(whole):
        KeyringStore("microsoft", "ann").save(Secret(LONG))
    assert whole.known == {MAIN: LONG}


@pytest.mark.parametrize("after", [OTHER, LONG + "z", "short"])
def test_pieces_of_an_older_token_go(ring: Ring, store: KeyringStore, after: str) -> None:
    store.save(Secret(LONG))
    old = set(ring.known) - {MAIN}
    store.save(Secret(after))
    assert loaded(store) == after
    assert not old & set(ring.known)
    store.forget()
    assert ring.known == {}


def test_the_same_token_can_be_stored_again(ring: Ring, store: KeyringStore) -> None:
    store.save(Secret(LONG))
    known = dict(ring.known)
    store.save(Secret(LONG))
    assert ring.known == known


@pytest.mark.parametrize("survivors", range(1, 6))
def test_a_keyring_that_fills_up_keeps_the_older_token(
    ring: Ring, store: KeyringStore, monkeypatch: pytest.MonkeyPatch, survivors: int
) -> None:
    store.save(Secret(LONG))
    before, left = dict(ring.known), iter(range(survivors))
    put = ring.set_password

    def fill(service: str, username: str, password: str) -> None:
        next(left)  # StopIteration is as foreign as an error can be
        put(service, username, password)

    monkeypatch.setattr(ring, "set_password", fill)
    with pytest.raises(MissingError, match="cannot store"):
        store.save(Secret(OTHER))
    assert ring.known == before
    assert loaded(store) == LONG


def test_pieces_that_were_lost_or_changed_are_no_token(ring: Ring, store: KeyringStore) -> None:
    store.save(Secret(LONG))
    piece = next(place for place in ring.known if place != MAIN)
    ring.known[piece] = "z" * PIECE_CHARS
    assert store.load() is None
    del ring.known[piece]
    assert store.load() is None
