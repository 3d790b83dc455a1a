"""The managed repository: Hubspoke's own small store of people."""
