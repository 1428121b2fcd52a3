"""The model in a page and in a notebook: sliders, charts, moving messages, and a figure that needs no script."""
