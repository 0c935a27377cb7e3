"""What others read: views, the change feed, webhooks, and who may read."""
