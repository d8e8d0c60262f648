"""The wiring: settings, headers, logs, start-up."""
