"""The connector's REST as identity servers know it (CREST), under /openidm."""
