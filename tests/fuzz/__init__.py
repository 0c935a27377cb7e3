"""Any bytes at all to the pure parsers: what they give is sound, whatever it was made of.

mime, ical, quotes, signals, cursors   one target each; `check` raises where something is wrong
mutating                               bytes made of the seeds by chance: short, everywhere
guided                                 bytes that lead to new places in the code, by Atheris: long, in `make soak`
"""
