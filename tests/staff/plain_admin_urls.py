"""The project's paths, with Django's own administration where ours should be."""

from django.contrib import admin
from django.urls import path

from project.urls import urlpatterns as project_paths

urlpatterns = [path("own-admin/", admin.site.urls), *project_paths]
