"""What others write: the w1 tables, and what becomes of their rows."""
