"""What does a health record, a form, a note say of a person? One module a form, all ending in `Person`."""
