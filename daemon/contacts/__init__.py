"""Contacts that come from elsewhere: files, address books and queries are read, take effect, and are written back."""
