"""The documentation site: ``sphinx-build -W --keep-going docs site``, after ``pip install -e '.[docs]'``.

Sphinx, since MkDocs 1 is kept no more, Material for MkDocs ends in May 2027, and what follows them is not yet stable.
Pages are Markdown that reads as well where the repository is browsed; nothing on the site is fetched from elsewhere.
"""

from bench_cases import __version__

project = "sambench"
author = "The sambench developers"
project_copyright = "The sambench developers, Apache-2.0"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
master_doc = "index"
nitpicky = False  # types of numpy and torch have no pages here; links between pages are checked by MyST

myst_heading_anchors = 3
myst_enable_extensions = ["attrs_block"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_mock_imports: list[str] = []
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = "sambench"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "monokai"
