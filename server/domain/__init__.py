"""The rules of the field: pure functions and frozen dataclasses. No await, no clock, no SQL, no sentences."""
