"""What is made from records, by whom, from which state, and how is it made again?"""
