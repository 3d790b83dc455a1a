"""The console of Hubspoke, in Textual."""
