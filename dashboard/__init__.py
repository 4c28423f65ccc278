"""The manager: what the image service reports, as charts and tables, and the configuration it follows."""
