"""What a person looks at: the report as one page, its figures as files, the masks of a case slice by slice."""
