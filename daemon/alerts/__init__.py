"""Alerts: people or a program are told once when something needs them, and once when it is over."""
