"""`make bench-large`: how quickly a store of 10 million interactions answers, on SQLite and on PostgreSQL."""
