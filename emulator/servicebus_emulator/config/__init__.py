"""config.json: read, checked and applied to namespaces."""
