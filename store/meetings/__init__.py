"""The facts of calendars, the meetings that are made of them, and people's times of leave."""
