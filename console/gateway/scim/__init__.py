"""SCIM 2.0 and 1.1 over the managed repository: one core (RFC 7643, 7644), and translators for what clients really send."""
