"""API v1: the JSON addresses for programs. Each handler parses, calls one service, answers."""
