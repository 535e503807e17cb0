"""The software's identity in records."""

SOFTWARE_VERSION = "0.1.0"
SOFTWARE_ID = f"iort-tracker@{SOFTWARE_VERSION}"
