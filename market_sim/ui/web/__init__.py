"""The site: a Flask application with the course, the scenarios, and the pages of runs."""
