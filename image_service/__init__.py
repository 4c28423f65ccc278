"""The image service: adds, lists and gives images, and caches what it gives."""
