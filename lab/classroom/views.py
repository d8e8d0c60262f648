"""Answer in a class: join, predict, and for the teacher the tally and a new class."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework import serializers
from rest_framework.response import Response

from accounts import callers, errors
from accounts.credentials import budgets
from accounts.web.bodies import Worded
from accounts.web.browser import BrowserView
from lab import addresses
from lab.classroom import questions, rooms
from lab.models import Prediction, Pupil, Room
from lab.pages import LearnPage


class ClassPage(LearnPage):
    """GET: one of the two pages of a class."""

    name = ""

    def get_template_names(self) -> list[str]:
        return [f"lab/class/{self.name}.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        places = [addresses.lab(), *addresses.hostile()]
        return super().get_context_data(places=places, **kwargs) | {"page": f"class-{self.name}"}


def ready(request: HttpRequest) -> HttpResponse:
    """GET on every kind of host: shows that this address can be opened."""
    return render(request, "lab/class/ready.html", {"host": request.get_host()})


class JoinForm(Worded):
    code = serializers.CharField(max_length=40)


class JoinView(BrowserView):
    """POST {"code"}: a new account for this browser, whose password is told this once."""

    takes = JoinForm

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        pupil, user, password = rooms.join(request, given["code"])
        response = Response({"name": pupil.name, "email": user.email, "password": password})
        rooms.remember(response, rooms.PUPIL, pupil.id)
        return response


class MeView(BrowserView):
    """GET: the name of the pupil whose browser this is, or null."""

    def get(self, request: HttpRequest) -> Response:
        pupil = rooms.pupil_of(request)
        return Response({"name": pupil.name if pupil else None})


class PredictionForm(Worded):
    experiment = serializers.CharField(max_length=40)
    answer = serializers.CharField(max_length=40)


class PredictionView(BrowserView):
    """POST {"experiment", "answer"}: what this pupil expects. The last word counts."""

    takes = PredictionForm

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        pupil = rooms.pupil_of(request)
        asked = questions.all_questions().get(given["experiment"])
        if pupil is None or asked is None or given["answer"] not in asked.answers:
            raise errors.NotFound("no such pupil, or no such prediction")
        Prediction.objects.update_or_create(
            pupil=pupil,
            experiment=given["experiment"],
            defaults={"answer": given["answer"]},
        )
        return Response(status=204)


class TeacherForm(Worded):
    secret = serializers.CharField(max_length=100)


class TeacherView(BrowserView):
    """POST {"secret"}: this browser is the teacher's from now on."""

    takes = TeacherForm

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        guesses = [budgets.Budget("class teacher", callers.network_of(request), 30, 600)]
        budgets.spend(guesses)
        if not rooms.knows_secret(given["secret"]):
            raise serializers.ValidationError({"secret": "That is not the teacher's secret."})
        budgets.give_back(guesses)
        response = Response(status=204)
        rooms.remember(response, rooms.TEACHER, given["secret"])
        return response


class TallyView(BrowserView):
    """The teacher's. GET: the code and how often each prediction was made. POST: a new class."""

    def get(self, request: HttpRequest) -> Response:
        response = Response(tally(teachers_room(request)))
        rooms.remember(response, rooms.TEACHER, request.COOKIES[rooms.TEACHER])
        return response

    def post(self, request: HttpRequest) -> Response:
        teachers_room(request)
        return Response(tally(rooms.new()))


def teachers_room(request: HttpRequest) -> Room:
    """Return the room. Raise NotFound for anyone but its teacher."""
    room = Room.objects.first()
    if room is None or not rooms.is_teacher(request):
        raise errors.NotFound("not the teacher")
    return room


def tally(room: Room) -> dict[str, Any]:
    """Return the code, how many have joined, and the count of each answer. No name is in it."""
    rows = Prediction.objects.values_list("experiment", "answer").annotate(Count("id"))
    counts = {(experiment, answer): count for experiment, answer, count in rows}
    asked = questions.all_questions()
    return {
        "code": room.code,
        "pupils": Pupil.objects.filter(room=room).count(),
        "experiments": [
            {
                "id": name,
                "question": asked[name].text,
                "answers": [
                    {"label": label, "count": counts.get((name, key), 0)}
                    for key, label in asked[name].answers.items()
                ],
            }
            for name in asked
            if any(experiment == name for experiment, _ in counts)
        ],
    }
