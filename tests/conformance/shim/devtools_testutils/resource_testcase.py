"""The name under which a resource group is handed to a case."""

RESOURCE_GROUP_PARAM = "resource_group"
