"""Profiles, the vault and the folders they live in."""
