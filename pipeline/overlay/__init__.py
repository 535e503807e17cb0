"""The picture that the operating room sees: pure drawing, one small object per part."""
