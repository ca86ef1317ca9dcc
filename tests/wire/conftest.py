"""A server certificate on disk, and pairs of a layer and a server that have not met."""

import pytest

from smtp_nb.wire.tls.tls import TLSLayer, TLSSettings
from wire import pki


@pytest.fixture(scope="session")
def leaf():
    return pki.issue(issuer=pki.intermediate())


@pytest.fixture(scope="session")
def folder(tmp_path_factory, leaf):
    folder = tmp_path_factory.mktemp("tls")
    leaf.write(folder)
    return folder


@pytest.fixture(params=["1.2", "1.3"])
def version(request):
    return request.param


@pytest.fixture
def make(folder, version):
    """Makes a layer and a server that have not met."""

    def make(host=pki.HOST, context=None, **settings):
        context = context or pki.server_context(folder / "server.pem", version)
        settings = {"ca_data": pki.root().pem} | settings
        return TLSLayer(TLSSettings(**settings), host), pki.MemoryServer(context)

    return make
