"""Its folder stands on the import path of every test below, for `plain_content`."""
