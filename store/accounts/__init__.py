"""Accounts as the store knows them: the company's policy, how each account stands, its streams, tokens and audits."""
