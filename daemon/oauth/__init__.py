"""OAuth 2.0: how accounts get the tokens that their servers take instead of a password."""
