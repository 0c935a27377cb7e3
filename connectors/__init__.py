"""Connectors speak to servers; they know no database, no configuration file and no contact.

Where to look for what:

    for plug-ins     api records cursors conformance calendar_conformance memory
    optional powers  addressbooks tasks watching
    kinds            imap ews dav carddav local
    a mail           mime headers structure parameters transfer words mailboxes dates bodies html html_quotes charsets
                     charset_guess reports authentication invitations outgoing
    a calendar       ical contentlines events meetings occurrences recurrence zones windows_zones globalobjectid
                     conferences
    folders          choices foldernames
    the network      network http webdav bounded_xml unblocked traffic
"""
