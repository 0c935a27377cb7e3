"""The submission relay (RFC 6409): mails of reps pass through it to the company's own server, some with a pixel.

The dialogue with the server (`upstream`) runs in step with the client's (`dialogue`, over `line`): every command is
forwarded while the client waits, and it hears what the server says. So the relay has no queue and nothing to lose, and
a mail is taken when the server has taken it. `entrance` has the login, `content` reads a mail, `tracking` decides and
alters, `listener` faces the world.
"""
