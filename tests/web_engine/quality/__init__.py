"""Quality in the engine of the static page, against that of the package."""
