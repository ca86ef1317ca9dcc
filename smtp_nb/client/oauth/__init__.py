"""Logins by OAuth: Google and Microsoft take no passwords over SMTP any more, only tokens.

    account = microsoft("ann@school.test", client_id="…")     # or google(user, "client.json")
    account.by_device(print)                                  # once; what it gives is kept
    with SMTP(**account.properties()) as smtp: ...            # refreshes the token by itself

The permission comes from a person with a browser, in one of two ways. By device: the browser may be
anywhere, a short code is typed there. By a pasted address: the browser is sent to an address that
does not open, and that address is pasted here. Either way this library never sees the password.

Whoever uses this needs a client of their own, registered with Google or Microsoft: the two let
nobody else ask for mail. It needs the extra `oauth`.
"""

from smtp_nb.client.oauth.account import Account, Consent, DeviceCode
from smtp_nb.client.oauth.gmail import google
from smtp_nb.client.oauth.outlook import microsoft

__all__ = ["Account", "Consent", "DeviceCode", "google", "microsoft"]
