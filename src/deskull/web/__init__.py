"""The local web app: a server that strips the scans that a page in the browser gives it."""
