"""The blueprints: each module holds the addresses of one subject; a view validates, calls and renders."""
