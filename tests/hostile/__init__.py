"""Everything that comes in from outside, made to break the program: a table of inputs for each entrance.

running                                       goes through a table in a child of its own: within bounds of time and
                                              memory, a reason each, and what is good is taken afterwards
imap, caldav, ews, mail, ics, w1, http, smtp  the tables
"""
