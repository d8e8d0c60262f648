"""A public page, and a list that the server renders for whoever is signed in."""

from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.parsers import FormParser
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.models import Note

# htmx writes markup, which Trusted Types would refuse. No other script runs here either.
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)


def page(request: HttpRequest) -> HttpResponse:
    """Return the page, which says nothing about anybody."""
    answer = render(request, "example/page.html")
    answer["Content-Security-Policy"] = POLICY
    return answer


class NoteForm(ModelForm):
    """What can be wrong with a note."""

    class Meta:
        model = Note
        fields = ("title",)


class Notes(APIView):
    """The caller's notes as a piece of HTML. REST_FRAMEWORK lets in whoever is signed in."""

    parser_classes = (FormParser,)
    renderer_classes = (TemplateHTMLRenderer,)

    def get(self, request: Request) -> Response:
        return self.answer(request, NoteForm())

    def post(self, request: Request) -> Response:
        form = NoteForm(request.data, instance=Note(owner=request.user))
        if form.is_valid():
            form.save()
            form = NoteForm()
        return self.answer(request, form)

    def answer(self, request: Request, form: NoteForm) -> Response:
        notes = Note.objects.filter(owner=request.user).order_by("-created_at")[:20]
        return Response({"notes": notes, "form": form}, template_name="example/notes.html")
