"""In which other form does someone need a record? No HTTP here."""
