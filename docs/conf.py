"""How Sphinx builds the site. The pages come from `build.py`."""

project = "smtp_nb"
author = "the smtp_nb authors"
extensions = ["myst_parser"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
smartquotes = False  # two dashes are an option
html_theme = "furo"
html_title = "smtp_nb"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_use_index = False  # nothing would stand in it
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
# No theme option that would fetch anything: the site opens from a disk without a network.
html_theme_options = {"footer_icons": []}
