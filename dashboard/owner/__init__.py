"""The pages of who runs the site: the snippet and whether it works, what the pages are, the settings, the public privacy page."""
