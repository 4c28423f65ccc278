"""One module a page: `layout()` says what stands on it, `register()` what it does."""
