"""Opens and clicks: whose program asked for a pixel or a link, and whether a person was there. Pure.

`agents` reads what a program says of itself, `networks` whence it asks, `verdicts` judges the hits of one mail together
by these and by their times. Nothing is left out: what machines do is told as theirs, and never counts as a person's.
"""
