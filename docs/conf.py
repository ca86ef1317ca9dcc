"""How Sphinx builds the site. The pages come from `build.py`."""

from sphinx.application import Sphinx

from generator.search_words import CodesAndWords

project = "smtp_nb"
author = "the smtp_nb authors"
extensions = ["myst_parser", "sphinx_copybutton"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
smartquotes = False  # two dashes are an option
add_module_names = False
python_maximum_signature_line_length = 76
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_remove_prompts = True
html_theme = "furo"
html_title = "smtp_nb"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
# No theme option that would fetch anything: the site opens from a disk without a network.
html_theme_options = {"footer_icons": []}
html_domain_indices = False  # one module


def setup(app: Sphinx) -> None:
    app.add_search_language(CodesAndWords)
