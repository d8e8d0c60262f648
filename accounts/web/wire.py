"""JSON on the wire, strictly: what DRF parses, renders and negotiates with."""

import json
from typing import Any, NoReturn

from rest_framework import negotiation, parsers, renderers
from rest_framework.request import Request
from rest_framework.utils import encoders

from ..errors import InvalidRequest
from ..strict_json import TooDeep, decode

MEDIA_TYPE = "application/json"


class JSONParser(parsers.BaseParser):
    """RFC 8259 to the letter: UTF-8, no NaN, no lone surrogates, no bottomless nesting."""

    media_type = MEDIA_TYPE

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        data = stream.read()
        if not data.strip():
            return {}
        try:
            found = decode(data.decode("utf-8"), DECODER)
            json.dumps(found, ensure_ascii=False).encode("utf-8")  # fails on a lone surrogate
        except TooDeep as error:
            raise InvalidRequest("the body is nested too deeply") from error
        except ValueError as error:
            raise InvalidRequest("the body is not JSON in UTF-8") from error
        if not isinstance(found, dict):
            raise InvalidRequest("the body is not a JSON object")
        return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


DECODER = json.JSONDecoder(parse_constant=_refuse)


class JSONRenderer(renderers.JSONRenderer):
    """UTF-8 JSON without escaping, by one encoder for the life of the process."""

    encode = encoders.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode

    def render(self, data: Any, media_type: Any = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else self.encode(data).encode()


class AlwaysJSON(negotiation.BaseContentNegotiation):
    """There is one representation; what the client would accept does not change it."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type
