"""Keeping a store: copies, proofs that it is whole, and the decisions of people that outlive a store."""
