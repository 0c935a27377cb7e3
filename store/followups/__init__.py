"""What the rules of follow-ups look at, the tasks that they raise, and the lists and digests that show them."""
