"""Files and tables as people have them, into a study and back."""
