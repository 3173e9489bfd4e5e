"""Benchmarks, evaluations and the contract check. Not shipped."""
