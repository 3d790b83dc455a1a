"""The embedded HubSpot."""
