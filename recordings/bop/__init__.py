"""BOP scene folders: read and write."""
