"""HubSpot's HTTP API, typed: the only package that talks to HubSpot."""
