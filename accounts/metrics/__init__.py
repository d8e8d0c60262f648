"""Counts for a monitor, in the text format of Prometheus: events, refreshes, the feed's age."""
