"""What holds the records? Archives, streams, JSON and XML cut without reading them whole."""
