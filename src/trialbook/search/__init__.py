"""Which studies answer this, in what order, and what is like this one?"""
