"""How well the assistant understands, on sentences that it did not learn from."""
