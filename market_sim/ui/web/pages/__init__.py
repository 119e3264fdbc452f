"""The blueprints: each module has the URLs of one subject; a view validates, calls and renders."""
