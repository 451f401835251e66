"""Who is this person? What a note, a form or a health record says of them."""
