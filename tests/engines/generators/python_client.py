"""By the package that openapi-python-client has made: sign in, write, list, refresh, be refused."""

import json
import os

from gatehouse_client import AuthenticatedClient, Client
from gatehouse_client.api.api import create_note, get_me, list_notes
from gatehouse_client.api.programs import issue_tokens, refresh_tokens
from gatehouse_client.models import NoteRequest, ProgramSignInRequest, RefreshBodyRequest

url, title = os.environ["URL"], os.environ["TITLE"]
with Client(base_url=url) as anyone:
    who = ProgramSignInRequest(email=os.environ["EMAIL"], password=os.environ["PASSWORD"])
    pair = issue_tokens.sync(client=anyone, body=who)
    renewed = refresh_tokens.sync(client=anyone, body=RefreshBodyRequest(pair.refresh_token))
with AuthenticatedClient(base_url=url, token=renewed.access_token) as client:
    create_note.sync(client=client, body=NoteRequest(title=title))
    notes = list_notes.sync(client=client, search=title)
with AuthenticatedClient(base_url=url, token="x") as stranger:
    refused = get_me.sync(client=stranger)
print(json.dumps([[note.title for note in notes.results], renewed.token_type, refused.code]))
