"""The daemon runs things: it alone knows configuration, clock and environment. Nothing is imported from here (python-daemon owns the name too)."""
