"""How the documentation is built: ``sphinx-build -W --keep-going -n -b html docs docs/_build/html``.

Nothing is fetched while it is built. What can be read from the code is read from the code: see ``_ext``.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))
sys.path.insert(0, str(HERE.parent))

import autohighlight  # noqa: E402 -- that of this checkout, whichever is installed

project = "autohighlight"
author = "autohighlight contributors"
project_copyright = author
version = release = autohighlight.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_design",
    "sphinx_copybutton",
    "command_pages",
    "code_lists",
    "finishing",
    "python_names",
]
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
smartquotes = False  # would turn the two dashes of an option into one

autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
maximum_signature_line_length = 80
add_module_names = False
default_role = "py:obj"  # names in `single backticks` become links where there is something to link to

copybutton_prompt_text = r"\$ |>>> "
copybutton_prompt_is_regexp = True

html_theme = "furo"
html_title = f"autohighlight {release}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_copyright = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
