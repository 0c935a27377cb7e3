"""The daemon runs things: it alone knows configuration, clock and environment.

Nothing is imported from this module: python-daemon owns its name too.
"""
