"""Hold a class: a room of learners on the local network, who join with a code and leave nothing.

`./run --class` serves it (tools/classroom.py), and `GATEHOUSE_MODE=class` alone puts it into the
paths and the middleware.
"""
