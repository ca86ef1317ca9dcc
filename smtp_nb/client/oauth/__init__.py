"""Logins by OAuth: Google and Microsoft accept only tokens over SMTP, no passwords.

    account = microsoft("ann@school.test", client_id="…")     # or google(user, "client.json")
    account.by_device(print)                                  # once; the grant is stored
    with SMTP(**account.properties()) as smtp: ...            # refreshes the token by itself

The user grants access in a browser, in one of two ways. By device: the browser may be anywhere, a
short code is typed there. By a pasted address: the browser is sent to an address that does not
open, and that address is pasted here. Either way this library never sees the password.

You need an OAuth client of your own, registered with Google or Microsoft, because they grant mail
access only to registered clients. It requires the extra `oauth`.
"""

from smtp_nb.client.oauth.account import Account, Consent, DeviceCode
from smtp_nb.client.oauth.gmail import google
from smtp_nb.client.oauth.outlook import microsoft

__all__ = ["Account", "Consent", "DeviceCode", "google", "microsoft"]
