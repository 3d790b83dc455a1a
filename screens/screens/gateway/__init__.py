"""The gateway: whether it runs, who may call, what waits for HubSpot, and the newest requests."""
