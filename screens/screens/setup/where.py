"""Where each value of the credentials is found in HubSpot, sentence by sentence."""

from __future__ import annotations

from console.settings.secrets import ACCESS_TOKEN, CLIENT_SECRET, REFRESH_TOKEN
from console.settings.shapes import CLIENT_ID

SCOPES = (
    "crm.objects.contacts.read and .write, crm.objects.companies.read and .write, "
    "crm.schemas.contacts.read, crm.schemas.companies.read"
)
"""What the credentials must be allowed; without companies only contacts work."""
MORE = "crm.schemas.contacts.write, crm.schemas.companies.write"
"""What they need to change property definitions."""

WHERE = {
    "setup-name": ("Your own short name for this connection, such as production. It names the file of its settings.",),
    "setup-base": ("https://api.hubapi.com for HubSpot; another only for a proxy of your own, or the simulator.",),
    "setup-token": (
        "In HubSpot open Development > Keys > Service keys > Create service key. A super admin may.",
        "The access token of an older private app does as well.",
        f"Scopes: {SCOPES}.",
        f"To change definitions also {MORE}.",
    ),
    "setup-client": (
        "In HubSpot open Development > Projects > your project > your app > Auth: Client ID.",
        f"Its required scopes (app-hsmeta.json): oauth, {SCOPES}.",
    ),
    "setup-secret": (
        "On the same page, below the client id: Client secret > Show.",
        f"The app's optional scopes, to change property definitions: {MORE}.",
    ),
    "setup-redirect": (
        "HubSpot sends the browser there after the login. Write exactly this among the app's redirect URLs.",
        "HubSpot takes https, and http for localhost only. With https, you paste what the browser shows.",
    ),
    "setup-refresh": (
        "Leave it empty: Enter logs in with the browser.",
        "Or paste a refresh token of this app that you have already.",
    ),
}

SECRETS = {
    "setup-token": ACCESS_TOKEN,
    "setup-client": CLIENT_ID,
    "setup-secret": CLIENT_SECRET,
    "setup-refresh": REFRESH_TOKEN,
}
"""Fields whose shape is judged, and what they hold."""
SETTINGS = {"setup-base": "apiBaseUrl", "setup-redirect": "redirectUri"}
"""Fields that are settings of the profile."""
KEPT = ("setup-name", "setup-base", "setup-client", "setup-redirect")
"""Fields that a setup remembers when it is left; none of them is a secret."""
