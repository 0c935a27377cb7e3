"""Opens and clicks: what was tracked, what hits were counted, and how long that is kept."""
