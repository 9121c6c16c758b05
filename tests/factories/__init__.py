"""Factories: rows for tests, valid by default, with invented numbers."""
