"""Use-cases: each opens its transaction, calls the rules, saves, and tells the hub. No requests, no templates."""
