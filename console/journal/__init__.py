"""The durable record of plans, runs, entries and links."""
