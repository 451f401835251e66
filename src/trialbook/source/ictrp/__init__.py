"""WHO ICTRP: the search portal's exports, XML and CSV."""
