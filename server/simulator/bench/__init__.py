"""The parts of `sanh bench`; `run.py` puts them together."""
