"""Mails that are about to be sent: which of them may bear a pixel and links, and their bytes with those in.

`markup` knows HTML, `transport` the encodings of a part, `letter` which mails are left alone. All pure.
"""
