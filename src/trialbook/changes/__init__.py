"""How do two versions of a record differ?"""
