"""What both apps need to be on the web: serving, refusing foreigners, and errors that are documents."""
