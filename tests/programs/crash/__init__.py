"""The parts of test-crash.py."""
