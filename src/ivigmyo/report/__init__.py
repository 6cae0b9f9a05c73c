"""A report as a document, and its layouts: text, Markdown, a page, Word, and tidy frames."""
