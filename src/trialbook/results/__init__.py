"""What happened in a trial, and is it due to be told?"""
