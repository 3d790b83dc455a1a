"""SCIM and IDM-style REST in front of the engine: identity servers push people, and speak to the connector."""
