"""What the pages of a live market show, take and forbid: the views of it, its stream, its order ticket, its members."""
