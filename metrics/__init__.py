"""A minute of statistics, a document of configuration, and how both travel between the two apps."""
