"""What `keeptouch doctor` looks at: the machine and the store, check after check, and what it mends."""
