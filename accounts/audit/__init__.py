"""Keep a log of security events: its table, a person's own part of it, and the report."""
