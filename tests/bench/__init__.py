"""How fast keeptouch is beside other programs, on the machine it runs on: `python -m tests.bench`."""
