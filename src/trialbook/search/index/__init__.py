"""What of a record can be searched? The schema, the document of a study, the files on disk, the feed."""
