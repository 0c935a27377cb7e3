"""What people ask of a store: histories, verdicts, reports, and what needs somebody."""
