"""The small made-up company that `keeptouch demo` follows: who is in it, what they write, and where it lies."""
