"""The other side of a handshake by pyOpenSSL, for what Python's own ssl cannot do."""

import contextlib

from OpenSSL import SSL

from smtp_nb.wire.tls.tls import HandshakeStep

VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
NO_EXTENDED_MASTER_SECRET = 1  # SSL_OP_NO_EXTENDED_MASTER_SECRET, which pyOpenSSL does not name


def context(leaf, version="1.3", ciphers=b"DEFAULT", options=0):
    """A server's context that shows `leaf`, for one version of TLS."""
    made = SSL.Context(SSL.TLS_SERVER_METHOD)
    made.set_min_proto_version(VERSIONS[version])
    made.set_max_proto_version(VERSIONS[version])
    made.set_cipher_list(ciphers)
    made.set_options(options)
    made.use_certificate(leaf.certificate)
    made.use_privatekey(leaf.key)
    for certificate in leaf.chain:
        made.add_extra_chain_cert(certificate)
    return made


def serve(context):
    """A server that waits for a client."""
    server = SSL.Connection(context, None)
    server.set_accept_state()
    return server


def exchange(layer, server):
    """Run a handshake to its end, accepting whatever the server shows."""
    while (step := layer.handshake()) is not HandshakeStep.DONE:
        if step is HandshakeStep.DECIDE:
            layer.accept()
            continue
        layer.receive(feed(server, layer.outgoing()))
    layer.receive(feed(server, layer.outgoing()))


def feed(server, raw):
    """Give the server octets of the client; returns its answer."""
    if raw:
        server.bio_write(raw)
    with contextlib.suppress(SSL.WantReadError):
        server.do_handshake()
    with contextlib.suppress(SSL.WantReadError):
        return server.bio_read(1 << 20)
    return b""
