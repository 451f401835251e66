"""Which studies answer a question, in what order, and how do they divide?"""
