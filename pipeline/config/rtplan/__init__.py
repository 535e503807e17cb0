"""DICOM RT Plans and structure sets into `plan.toml`; the only importer of pydicom."""
