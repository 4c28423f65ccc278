"""Where images are kept: their bytes in a blob store, a row of each in a catalog."""
