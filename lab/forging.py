"""The endpoints of /learn/forge: a card or a hand-made token in, two verdicts out.

Stateless: a token made here is judged and forgotten. It is shown whole, since nothing takes it.
"""

import json
from typing import Any, ClassVar

from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.response import Response

from accounts import conf, errors
from accounts.tokens import keys
from accounts.web.bodies import Worded
from accounts.web.browser import BrowserView
from lab import forge, library, outgoing, verdicts, vulnerable
from lab.cards import CARDS


class CardForm(Worded):
    twist = serializers.BooleanField(default=False)


class EditForm(Worded):
    """Header and claims as typed: they need not be JSON."""

    header = serializers.CharField(max_length=1500, trim_whitespace=False)
    claims = serializers.CharField(max_length=2500, trim_whitespace=False)
    how = serializers.ChoiceField(choices=sorted(forge.SIGNATURES))
    reader = serializers.ChoiceField(choices=sorted(vulnerable.READERS))


class ForgeView(BrowserView):
    """GET: a good token's parts, to start from, and the key that anybody may have."""

    def get(self, request: HttpRequest) -> Response:
        with conf.override(forge.workshop()):
            pem = forge.pem()
            return Response(
                {
                    "header": json.dumps(forge.header(), indent=2),
                    "claims": json.dumps(forge.claims(), indent=2),
                    "pem": pem.decode(),
                    "pem_bytes": len(pem),
                    "pem_end": pem[-6:].hex(" "),
                }
            )


class CardView(BrowserView):
    """POST /learn/api/forge/{card}: the attack, run against both."""

    takes = CardForm

    def post(self, request: HttpRequest, given: dict[str, Any], slug: str) -> Response:
        card = CARDS.get(slug)
        if card is None:
            raise errors.NotFound("no such card")
        with conf.override(forge.workshop()):
            forged = card.make(given["twist"])
            found = judged(forged.token(), card.reader, real_api=card.real_api)
            if slug == "confusion":
                found["library"] = library.asked_carelessly(found["token"], forged.secret)
        if card.real_api:
            answer = outgoing.send(request, "app", "GET", "/api/me", bearer=found["token"])
            found["answer"] = {"status": answer.status, "code": answer.body.get("code", "")}
        return Response(found)


class EditView(BrowserView):
    """POST /learn/api/forge: a token of the learner's own making."""

    takes = EditForm
    max_body: ClassVar[int] = 16 * 1024

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        with conf.override(forge.workshop()):
            token = forge.sign(given["header"], given["claims"], given["how"], forge.pem())
            return Response(judged(token, given["reader"], real_api=False))


def judged(token: str, reader: str, *, real_api: bool) -> dict[str, Any]:
    """The bytes, readable, and both verdicts on them."""
    header, claims, signature = token.split(".")
    return {
        "token": token,
        "parts": {"header": readable(header), "claims": readable(claims), "signature": signature},
        "naive": verdicts.naive(token, reader),
        "ours": verdicts.ours(token, real_api=real_api),
    }


def readable(segment: str) -> str:
    """Indented where it is JSON, as it is where it is not: broken input is shown, not repaired."""
    text = keys.unb64(segment).decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
