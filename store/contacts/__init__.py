"""Contacts and organizations: entered, found by address, merged and moved, with what they agreed to."""
