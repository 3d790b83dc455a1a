"""HubSpot's allowance: the right to send one request."""
