"""What is derived of the facts for those who ask: history, threads, signals, engagement and scores."""
