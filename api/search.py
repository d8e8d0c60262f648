"""Fold what the search of notes compares, so that it is the same on every database.

SQLite compares only the letters a to z without case, PostgreSQL what its locale knows, and neither
takes a letter with its accent beside it for the composed one. So a note keeps its text folded.
"""

import unicodedata

# UAX #15 section 13: no script needs more marks on one letter.
MOST_MARKS = 30


def folded(text: str) -> str:
    """Return the text composed, without case and without other forms of a letter (NFKC)."""
    if text.isascii():
        return text.lower()
    composed = unicodedata.normalize("NFKC", _stream_safe(text))
    return unicodedata.normalize("NFKC", composed.casefold())


def _stream_safe(text: str) -> str:
    """Return the text with a joiner after each 30 marks in a row (UAX #15, D4).

    Putting marks in order takes time by the square of their number: 100,000 take ten seconds.
    """
    letters, marks = [], 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks > MOST_MARKS:
            letters.append("\u034f")
            marks = 1
        letters.append(letter)
    return "".join(letters)
