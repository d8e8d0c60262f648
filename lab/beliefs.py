"""Fourteen sentences about tokens in browsers: each true or false, and where to try it."""

from dataclasses import dataclass

from lab import addresses
from lab.contents import BY_SLUG, WITH_BINDING


@dataclass(frozen=True)
class Try:
    """A link to an experiment. `place` is its page and its anchor, as `storage#places-local`."""

    text: str
    place: str

    @property
    def address(self) -> str:
        """Where it runs: on the app's own host, or straight on the lab's."""
        page = BY_SLUG[self.place.partition("#")[0]]
        return f"{addresses.lab() if page.at_lab else ''}/learn/{self.place}"


@dataclass(frozen=True)
class Belief:
    """`true`: whether it is. `because` says why or why not."""

    sentence: str
    true: bool
    because: str
    tries: tuple[Try, ...]


BINDING = Belief(
    "A session that is bound to its device makes a copied cookie jar worthless.",
    False,
    "The copy works for the rest of the companion's life, five minutes at most. A step-up refuses"
    " it at once.",
    (Try("Use a bound jar elsewhere", "binding#bound"),),
)

BELIEFS = (
    Belief(
        "HttpOnly stops XSS.",
        False,
        "It stops reading. Injected script acts as the user while the page is open.",
        (Try("Attack the HttpOnly cookie", "storage#places-httponly"),),
    ),
    Belief(
        "An access token in a variable is safe from injected script.",
        False,
        "Script catches it in fetch, or asks the refresh endpoint for another.",
        (Try("Attack the variable", "storage#places-memory"),),
    ),
    Belief(
        "A cookie with SameSite=Strict travels with a form post from a sibling subdomain.",
        True,
        "A sibling host is the same site, so every cookie travels.",
        (Try("Attack from a sibling", "cross-site#sibling"),),
    ),
    Belief(
        "Browsers default to Lax, so a new cookie without SameSite stays behind.",
        False,
        "It goes even with a form post from another site: in Chromium for two minutes, in Firefox"
        " always.",
        (Try("Attack from another site", "cross-site#other"),),
    ),
    Belief(
        "If document.cookie is empty and Set-Cookie reads null, the sign-in has failed.",
        False,
        "That is the design: script sees nothing of the cookies.",
        (Try("Watch steps 4 and 5", "flow#step-4"),),
    ),
    Belief(
        "A page that cannot read its cookies can still know who is signed in.",
        True,
        "It asks the server: here GET /auth/session, without an error for strangers.",
        (Try("Watch the requests", "flow#step-6"),),
    ),
    Belief(
        "A JWT is encrypted.",
        False,
        "Anyone can read one, and anyone can write one. The signature tells whose it is.",
        (Try("Decode one", "inspect#paste"), Try("Forge one", "forge#tampered")),
    ),
    Belief(
        "A copied access token can go on working after its owner has signed out.",
        True,
        "It is good until it expires, unless the API also looks at the session.",
        (Try("Use a copy after sign-out", "refresh#copied"),),
    ),
    Belief(
        "Rotation makes a stolen refresh token worthless.",
        False,
        "It notices that there are two holders, once both have used theirs.",
        (Try("Be a patient thief", "refresh#patient"), Try("Open two tabs", "refresh#tabs")),
    ),
    *((BINDING,) if WITH_BINDING else ()),
    Belief(
        "JWTs are broken today by alg: none, or by the public key as a secret.",
        False,
        "Libraries refuse both. Checks of audience, issuer and type are what is forgotten.",
        (Try("The old way", "forge#confusion"), Try("The way of today", "forge#audience")),
    ),
    Belief(
        "A token can leave a page whose Content Security Policy allows no request elsewhere.",
        True,
        "The policy blocks requests. A page that is simply left takes the token along in the"
        " address.",
        (Try("Attack with the policy on", "storage#places-local"),),
    ),
    Belief(
        "A JWT in a cookie needs no CSRF defence.",
        False,
        "The browser adds any cookie by itself. What it holds makes no difference.",
        (Try("See which till pays", "cross-site#other"),),
    ),
    Belief(
        "For one site with one database, a plain Django session does the job with less.",
        True,
        "It is smaller, and over when its row is deleted. A JWT earns its keep where a second"
        " server checks.",
        (Try("Compare the two", "sessions#compare"),),
    ),
)
