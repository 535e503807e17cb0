"""The record of one session for the file: HTML, PDF, and DICOM Encapsulated PDF."""
