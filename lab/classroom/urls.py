"""The paths of a class on the app's host. The lab's host takes predictions too, and every host says
that it can be reached."""

from django.urls import path

from lab.classroom import views

anywhere = [path("ready", views.ready)]
at_lab = [path("class/predictions", views.PredictionView.as_view()), *anywhere]
urlpatterns = [
    path("class", views.ClassPage.as_view(name="join")),
    path("class/teacher", views.ClassPage.as_view(name="teacher")),
    path("class/join", views.JoinView.as_view()),
    path("class/me", views.MeView.as_view()),
    path("class/teacher/session", views.TeacherView.as_view()),
    path("class/tally", views.TallyView.as_view()),
    *at_lab,
]
