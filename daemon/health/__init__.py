"""Looking inside the service while it runs: is it alive, is it ready, and its numbers. Local, apart from tracking."""
