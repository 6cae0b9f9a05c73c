"""A report as tables, text, Markdown and a page."""
