"""What does the record say, as it was received? Its pieces, a walk through them, their texts: the raw lens."""
