"""The site: a Flask application that shows the course, starts runs and tells their story."""
