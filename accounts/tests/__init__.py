"""The core's own tests, which travel with it and run on the settings of whoever adopts it.

`python -m pytest <this folder>`, with DJANGO_SETTINGS_MODULE set, needs pytest, pytest-django,
hypothesis and time-machine. The paths, the issuer, the keys and the hasher are the suite's own.
Middleware, user model, database and everything else are the project's.
"""
