"""Connectors speak to servers; they know no database, no configuration file and no contact."""
