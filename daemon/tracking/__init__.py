"""Opens and clicks: pixels and links for mails to those who agreed, and the listener that is asked for them.

`creating` gives them out, `recording` writes what is asked, `listener` and `answers` face the world, `api` programs of
the company.
"""
