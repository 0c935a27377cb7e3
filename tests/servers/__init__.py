"""Real servers on loopback for the tests, and what fills them."""
