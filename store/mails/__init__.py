"""The facts of mails: written page by page, placed, taken away, read anew, and the signals and words found in them."""
