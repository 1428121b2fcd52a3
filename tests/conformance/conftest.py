"""Its folder stands on the import path of the tests below, for `suite`."""
