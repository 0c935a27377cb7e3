"""A company of hundreds of accounts of all kinds, followed while everything goes wrong that may."""
