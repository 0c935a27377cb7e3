"""Kills: the real program in a forked child of a warm process, ended by SIGKILL at labelled points and at random."""
