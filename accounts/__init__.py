"""Decide who signs in, which tokens they get, and when those stop working.

This package is the unit to install or to copy into another Django project. It imports nothing of
the project that it lives in.
"""

VERSION = "0.1.0"
