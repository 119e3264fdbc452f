"""What came of a run: the result, its tables, what each account made of it. Terminal, page and Python read these."""
