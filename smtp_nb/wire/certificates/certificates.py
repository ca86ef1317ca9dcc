"""Certificates: the public class, its store and its place in it."""

from __future__ import annotations

import html

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from smtp_nb.errors import InputError, SettingError
from smtp_nb.model.doors.typed import typed_arguments
from smtp_nb.model.enums import CertStoreType
from smtp_nb.model.known import argument_refused, known_attributes
from smtp_nb.model.secret import Secret
from smtp_nb.model.unseen import unseen_arguments
from smtp_nb.wire.certificates.fields import Fields, thumbprints
from smtp_nb.wire.certificates.formats import read_certificates
from smtp_nb.wire.certificates.identity import Hidden, HiddenText, Identity, concealed
from smtp_nb.wire.certificates.stores import is_contents, open_store
from smtp_nb.wire.certificates.x509_text import UNREADABLE, distinguished_name, shown

_OPTIONS = ("PersistPFXKey", "Thumbprint", "UseInternalSecurityAPI")


@known_attributes()
@typed_arguments
class Certificate(Fields):
    """A certificate, with its private key if the store had one.

    `Certificate()` is empty, to be filled; `Certificate("file.pem")` and `Certificate(data)` read
    a public certificate; the long form looks into a store:
    `Certificate(CertStoreType.PFX_FILE, "me.pfx", "password", "CN=me")`. An empty one is filled by
    its properties: `store_type`, `store_password` and `store` first, then `subject` (or `encoded`),
    which opens the store and looks for it.

    Text fields are named as in IPWorks; each is empty if the certificate does not have
    it. Neither `store_password` nor `private_key` shows in a repr.

    Args:
        source: a file name, bytes in PEM or DER, or the type of the store: the member of
            `CertStoreType`, its number, or (with a store) its name in any case.
        store: for the long form: a file name, or bytes, binary or base64.
        store_password: the password of the store.
        subject: the whole subject, or a part of it; `*` takes any. Bytes are a certificate whose
            key is looked up in the store.
        configuration_string: lines `Name=Value`: `Thumbprint` (MD5, SHA-1 or SHA-256) picks the
            certificate instead of the subject; `PersistPFXKey` and `UseInternalSecurityAPI` are
            accepted without effect, as no key is kept anywhere and there is one engine.

    The keywords certificate_file, certificate_data, cert_store_type, store_blob and encoded are the
    IPWorks names for the same.

    Raises:
        InputError: 271 unreadable, 272 no such certificate in the store, 273 wrong key or password.
        SettingError: an unknown type of store or option.
        Unsupported: a store that Python cannot open.
    """

    @unseen_arguments
    def __init__(
        self,
        source: str | bytes | int = b"",
        store: str | bytes = b"",
        store_password: str | Secret = "",
        subject: str | bytes = "*",
        configuration_string: str = "",
        **named: str | bytes | int,
    ) -> None:
        self._store_password = _secret(store_password)
        parts: dict[str, Part] = {"source": concealed(source), "store": concealed(store)}
        named.update({name: concealed(value) for name, value in named.items()})
        parts |= {"subject": subject} | _by_reference(named)
        self._identity, self._has_lost_key = Identity(), False
        is_long = bool(parts["store"]) or isinstance(parts["source"], int)
        self._store_type, self._store = (_place if is_long else _public)(parts)
        self._thumbprint = _options(configuration_string).get("thumbprint", "")
        self._wanted = _plain(parts["subject"]) if self._store else ""
        if self._store:
            self._identity = self._found(must=True)

    # -- the store ------------------------------------------------------------------------------

    @property
    def store_type(self) -> CertStoreType:
        """The type of the store; set it before `store`."""
        return self._store_type

    @store_type.setter
    def store_type(self, value: CertStoreType | int | str) -> None:
        self._store_type = _kind(value)

    @property
    def store(self) -> str:
        """The name of the file, or the contents as a hidden text.

        Assigning it looks `subject` up, if that is already set.
        """
        if isinstance(self._store, Hidden):
            return HiddenText(self._store.decode("latin-1"))
        return self._store

    @store.setter
    @typed_arguments
    def store(self, value: str | bytes) -> None:
        value = concealed(value)
        self._store = _contents(value) if _is_blob(self._store_type, value) else _name_of(value)
        self._identity, self._has_lost_key = Identity(), False
        if self._store and self._wanted:
            self._look()

    @property
    def store_b(self) -> bytes:
        """The same as bytes."""
        return self._store if isinstance(self._store, Hidden) else self._store.encode()

    @store_b.setter
    def store_b(self, value: bytes) -> None:
        value = concealed(value)
        self.store = value

    @property
    def store_password(self) -> Secret:
        """The password of the store; set it before `subject`."""
        return self._store_password

    @store_password.setter
    def store_password(self, value: str | Secret) -> None:
        self._store_password = _secret(value)

    # -- which one ------------------------------------------------------------------------------

    @property
    def subject(self) -> str:
        """The subject: `CN=mail.test, O=School, C=DE`.

        Assigning the whole or a part of it, or `*`, opens the store and takes the matching
        certificate; if none matches, it is empty afterwards, and so are all fields.
        """
        if self._x509 is None:
            return self._wanted if isinstance(self._wanted, str) and not self._store else ""
        return "" if self._has_lost_key else distinguished_name(self._x509.subject)

    @subject.setter
    @typed_arguments
    def subject(self, value: str) -> None:
        self._wanted = value
        if self._store:
            self._look()

    @property
    def encoded(self) -> str:
        """The certificate in PEM.

        Assigning takes this certificate, in PEM or DER, and its key if the store has it; if there
        is a store without the key, `subject` is empty afterwards.
        """
        return self._x509.public_bytes(Encoding.PEM).decode("ascii") if self._x509 else ""

    @encoded.setter
    @typed_arguments
    def encoded(self, value: str | bytes) -> None:
        self._wanted = _plain(value.encode() if isinstance(value, str) else value)
        self._look()

    @property
    def encoded_b(self) -> bytes:
        """The certificate in PEM, as bytes."""
        return self.encoded.encode("ascii")

    @encoded_b.setter
    def encoded_b(self, value: bytes) -> None:
        self.encoded = value

    def _look(self) -> None:
        """Take the entry requested last, or nothing if it is not there."""
        self._identity, self._has_lost_key = Identity(), False
        if self._wanted:
            self._identity = self._found(must=False)

    def _found(self, must: bool) -> Identity:
        """Return the requested entry of the store.

        Args:
            must: it is an error if there is none.
        """
        entries = self._open() if self._store else []
        if isinstance(self._wanted, bytes):
            return self._with_key(_certificate(self._wanted), entries, must)
        matches = _by_thumbprint(self._thumbprint, entries) if self._thumbprint else None
        if matches is None:
            matches = _by_subject(self._wanted, entries)
        if must and not matches:
            raise _not_there(self._thumbprint or self._wanted, entries)
        return matches[0] if matches else Identity()

    def _open(self) -> list[Identity]:
        password = Hidden(self._store_password.reveal().encode("utf-8", "surrogatepass"))
        return open_store(self._store_type, self._store, password)

    def _with_key(
        self, certificate: x509.Certificate, entries: list[Identity], must: bool
    ) -> Identity:
        """Return `certificate` with its private key, if the store has it."""
        public = certificate.public_key()
        for entry in entries:
            if entry.key is not None and entry.public_key == public:
                return Identity(certificate, entry.key, entry.chain)
        if must:
            raise InputError("the store has no private key for this certificate", code=272)
        self._has_lost_key = bool(entries)
        return Identity(certificate)

    # -- values ---------------------------------------------------------------------------------

    def __bool__(self) -> bool:
        """True if it holds a certificate or a bare key."""
        return bool(self._identity)

    def __eq__(self, other: object) -> bool:
        """Equal if the bytes of the certificates are; private keys do not matter."""
        if not isinstance(other, Certificate):
            return NotImplemented
        return (self.der, self.public_key) == (other.der, other.public_key)

    __hash__ = None  # type: ignore[assignment]  # it can change

    def __copy__(self) -> Certificate:
        made = Certificate()
        vars(made).update(vars(self))
        return made

    def __reduce__(self) -> tuple[type[Certificate], tuple[bytes]]:
        """Only what is public can be pickled."""
        if self._identity.key is not None or self._store_password:
            raise TypeError("a certificate with a private key or a password cannot be pickled")
        if self and self._x509 is None:
            return Certificate, (self.public_key.encode(),)
        return Certificate, (self.der,)

    # -- repr -----------------------------------------------------------------------------------

    def _rows(self) -> list[tuple[str, str]]:
        length = self.public_key_length or ""
        rows = [
            ("subject", self.subject),
            ("issuer", self.issuer),
            ("valid", f"{self.effective_date} to {self.expiration_date} UTC" * bool(self._x509)),
            ("names", self.subject_alt_names),
            ("use", self.usage),
            ("key", f"{self.public_key_algorithm} {length}".strip()),
            ("private key", "yes" if self.private_key_available else "no"),
            ("chain", ", ".join(distinguished_name(it.subject) for it in self._identity.chain)),
            ("SHA-256", self.fingerprint_sha256),
        ]
        return [row for row in rows if row[1]]

    def __repr__(self) -> str:
        if not self:
            return "Certificate()"
        rows = "\n".join(f"  {label:12} {value}" for label, value in self._rows())
        return f"Certificate\n{rows}"

    def _repr_html_(self) -> str:
        if not self:
            return "<code>Certificate()</code>"
        rows = "".join(
            f'<tr><th scope="row">{html.escape(label)}</th><td>{html.escape(value)}</td></tr>'
            for label, value in self._rows()
        )
        return f"<table>{rows}</table>"


# -- what the constructor is given ----------------------------------------------------------------

Part = str | bytes | int
# The IPWorks names for the same arguments, which depend on their types.
_KEYWORDS = {
    "certificate_file": "source",
    "certificate_data": "source",
    "cert_store_type": "source",
    "store_blob": "store",
    "encoded": "subject",
}


def _by_reference(named: dict[str, Part]) -> dict[str, Part]:
    if wrong := named.keys() - _KEYWORDS.keys():
        own = Certificate.__init__.__annotations__.keys() - {"named", "return"}
        raise argument_refused(Certificate, wrong, {*own, *_KEYWORDS})
    return {_KEYWORDS[name]: value for name, value in named.items()}


def _secret(password: str | Secret) -> Secret:
    if isinstance(password, Secret):
        return password
    if not isinstance(password, str):
        raise SettingError("store_password must be a text or a Secret")
    return Secret(password)


def _kind(value: Part) -> CertStoreType:
    """A type of store: the member, its number, or its name in any case."""
    try:
        if isinstance(value, str):
            return CertStoreType[value[:].upper()]
        return CertStoreType(int(value))
    except (KeyError, ValueError, TypeError):
        names = ", ".join(name.lower() for name in CertStoreType.__members__)
        raise SettingError("no such type of store", remedy=f"Use {names}") from None


def _plain(wanted: Part) -> str | bytes:
    return wanted[:] if isinstance(wanted, str) else Hidden(wanted)


def _place(parts: dict[str, Part]) -> tuple[CertStoreType, str | Hidden]:
    """Arguments of the long form: the type of the store, and its file or its bytes."""
    kind, store = _kind(parts["source"]), parts["store"]
    return kind, _contents(store) if _is_blob(kind, store) else _name_of(store)


def _public(parts: dict[str, Part]) -> tuple[CertStoreType, str | Hidden]:
    """Arguments of the short form: a file or bytes with a public certificate; nothing for
    nothing.
    """
    source = parts["source"]
    if not source:
        return CertStoreType.USER, ""
    if isinstance(source, str) and not is_contents(source):
        return CertStoreType.PUBLIC_KEY_FILE, _name_of(source)
    return CertStoreType.PUBLIC_KEY_BLOB, _contents(source)


def _is_blob(kind: CertStoreType, store: Part) -> bool:
    """True if these are the contents of a store, not the name of its file."""
    if not isinstance(store, str) or kind.name.endswith("_BLOB"):
        return True
    # Even where a file was meant: an error would show its name, and this may be a key.
    return is_contents(store)


def _name_of(store: Part) -> str:
    """Return the name of a file, which may be shown."""
    return store[:] if isinstance(store, str) else ""  # a slice of a hidden text is plain


def _contents(store: Part) -> Hidden:
    # IPWorks accepts bytes as a string too, one character for each byte.
    return Hidden(store.encode("latin-1", "replace") if isinstance(store, str) else store)


def _options(text: str) -> dict[str, str]:
    """Return the lines of a configuration string, names in lower case.

    Raises:
        SettingError: an unknown option.
    """
    lines = [line.partition("=") for line in text.splitlines() if line.strip()]
    found = {name.strip().lower(): value.strip() for name, _, value in lines}
    if wrong := found.keys() - {name.lower() for name in _OPTIONS}:
        raise SettingError(
            f"a certificate has no option {shown(min(wrong))!r}",
            remedy=f"Use {', '.join(_OPTIONS)}",
        )
    return found


# -- which entry of a store -----------------------------------------------------------------------


def _certificate(data: bytes) -> x509.Certificate:
    try:
        return read_certificates(data)[0]
    except UNREADABLE as error:
        raise InputError(
            f"this is not a certificate in PEM or DER: {shown(str(error))}", code=271
        ) from None


def _name(entry: Identity) -> str:
    return distinguished_name(entry.certificate.subject) if entry.certificate else ""


def _by_subject(wanted: str, entries: list[Identity]) -> list[Identity]:
    """Return those whose subject is `wanted`, then those whose subject contains it."""
    exact = [entry for entry in entries if wanted == "*" or _name(entry) == wanted]
    return exact or [entry for entry in entries if wanted in _name(entry)]


def _by_thumbprint(wanted: str, entries: list[Identity]) -> list[Identity]:
    digits = wanted.replace(":", "").replace(" ", "").lower()
    return [entry for entry in entries if digits in thumbprints(entry)]


def _not_there(wanted: str, entries: list[Identity]) -> InputError:
    return InputError(
        f"the store has no certificate for {shown(wanted)!r}",
        code=272,
        remedy=f"It has {'; '.join(filter(None, map(_name, entries))) or 'bare keys only: use *'}",
    )
