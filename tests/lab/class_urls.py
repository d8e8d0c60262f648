"""The paths of the app's host in a class."""

from lab.classroom.urls import urlpatterns as class_patterns
from project.urls import *  # noqa: F403
from project.urls import urlpatterns as usual

urlpatterns = [*usual, *class_patterns]
