"""Notebooks as pages of the gallery: executed in a clean kernel, written as one file that opens anywhere.

What a notebook says at its head becomes its card: the heading, the first sentence, the picture of its first map, and
the first line that the cell tagged ``answer`` prints. nbclient, nbconvert and ipykernel come with the extra
``notebooks`` and are loaded only here.
"""

from __future__ import annotations

import html
import json
import os
import re
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from . import style, text

PREFIX = "notebook-"
"""The files of notebook pages begin with it."""
NEEDS = ("ipykernel", "nbclient", "nbconvert")
CELL_SECONDS = 600
SHORT_SIGNS = 34
"""Words up to this long are not broken over lines in a table."""
_PICTURE = re.compile(r'src="(data:image/png;base64,[A-Za-z0-9+/=]+)"')
_TABLE = re.compile(r'<table[^>]*class="dataframe"[^>]*>.*?</table>', re.DOTALL)
_ROW = re.compile(r"<tr.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<(t[hd])[^>]*>(.*?)</t[hd]>", re.DOTALL)
_NUMBER = re.compile(r"-?[\d,.]+(e[+-]?\d+)?%?|NaN|inf|True|False|None|")
_NO_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 400" aria-hidden="true">'
    f'<rect class="sea" width="640" height="400" fill="{style.LIGHT["sea"]}"/></svg>'
)

# The code is folded: who wants the answer reads on, who wants to know how opens it. No script is needed for that.
_TEMPLATE = """
{%- extends 'classic/base.html.j2' -%}
{% block input %}<details><summary>CODE</summary>{{ super() }}</details>{% endblock input %}
"""
_CSS = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink)}
body{font:16px/1.55 "Segoe UI","Noto Sans",Roboto,"Helvetica Neue","DejaVu Sans",Arial,sans-serif;overflow-wrap:break-word}
header,main,footer{max-width:1120px;margin:0 auto;padding:0 24px}
header{padding-top:20px;font-size:14px}
footer{padding-top:12px;padding-bottom:36px;color:var(--muted);font-size:13px}
h1{font-size:30px;line-height:1.2;letter-spacing:-.015em;margin:14px 0 10px}
h2{font-size:21px;line-height:1.3;margin:36px 0 6px}
h3{font-size:17px;margin:24px 0 4px}
.text_cell p,.text_cell ul,.text_cell ol{max-width:76ch;margin:8px 0}
a{color:var(--accent);text-underline-offset:3px}
code,pre{font-family:ui-monospace,"Cascadia Mono",Consolas,"DejaVu Sans Mono",monospace;font-size:.86em}
.text_cell code{background:var(--tint);border-radius:3px;padding:.1em .3em}
details{margin:14px 0 4px;font-size:14px}
summary{cursor:pointer;color:var(--muted);width:max-content;padding:2px 4px}
details pre{margin:6px 0;padding:10px 14px;background:var(--tint);border:1px solid var(--rule);border-radius:4px}
details pre{overflow-x:auto;line-height:1.45}
.output_subarea{margin:8px 0 14px;max-width:100%;overflow-x:auto}
.output_stream pre{margin:0;white-space:pre-wrap;font:inherit}
.output_stream{border-left:3px solid var(--accent);padding:4px 0 4px 14px}
.output_stderr{border-color:var(--assumed)}
.output_text:not(.output_stream) pre{margin:0}
table.dataframe{border-collapse:collapse;border:0;font-size:13.5px;line-height:1.4;font-variant-numeric:tabular-nums}
.dataframe th,.dataframe td{border:0;border-bottom:1px solid var(--rule);padding:5px 12px 5px 0;text-align:right;vertical-align:top}
.dataframe thead th{border-bottom:1px solid var(--field);color:var(--muted);font-weight:600;text-align:right;vertical-align:bottom}
.dataframe thead .w,.dataframe .w{text-align:left;padding-right:20px}
.dataframe .w:not(.s){min-width:11em}
.dataframe .s{white-space:nowrap}
.dataframe tbody th{text-align:left;color:var(--muted);font-weight:400}
.chart{display:block;width:100%;min-width:620px;height:auto;background:#fff;border:1px solid var(--rule);border-radius:4px}
iframe{background:var(--paper)}
.k,.kn,.ow{color:var(--accent)}
.s1,.s2,.si,.sa{color:var(--sourced)}
.c1{color:var(--muted);font-style:italic}
.mi,.mf{color:var(--assumed)}
@media(max-width:600px){header,main,footer{padding-left:14px;padding-right:14px}h1{font-size:25px}.output_html:has(iframe){margin-left:-14px;margin-right:-14px;max-width:none}}
@media print{details{display:none}.output_subarea{overflow:visible;break-inside:avoid}}
"""


class NotebookError(Exception):
    """What keeps a notebook from becoming a page, in one line."""


class Notebook(NamedTuple):
    """A notebook of a folder: its file, the name of its page, its heading and the sentence after it."""

    path: Path
    name: str
    title: str
    question: str

    @property
    def file(self) -> str:
        """The file of its page."""
        return f"{self.name}.html"


def notebooks(folder: Path) -> tuple[Notebook, ...]:
    """The notebooks of a folder, by name. Raises NotebookError where there is none, one is no notebook, or a package lacks."""
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise NotebookError(f"notebooks need {', '.join(missing)}: pip install {' '.join(missing)} (the extra 'notebooks')")
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        raise NotebookError(f"there are no notebooks in {folder}; an installed package has none, they come with the project's source")
    return tuple(_read(path) for path in paths)


def _read(path: Path) -> Notebook:
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        head = "".join(next(cell for cell in cells if cell["cell_type"] == "markdown")["source"])
    except (ValueError, KeyError, TypeError, StopIteration):
        raise NotebookError(f"{path.name}: not a notebook that begins with a heading") from None
    heading, _, rest = head.strip().partition("\n")
    paragraph = " ".join(rest.strip().split("\n\n")[0].split())
    sentence = re.split(r"(?<=[.?!])\s", paragraph)[0]
    return Notebook(path, PREFIX + path.stem.replace("_", "-").lower(), heading.lstrip("# ").strip(), re.sub(r"[`*]", "", sentence))


class Executed(NamedTuple):
    """A notebook that was executed: its page, the line that answers its question, and its picture."""

    html: str
    answer: str
    picture: str


def make_page(notebook: Notebook) -> Executed:
    """Execute a notebook and make its page. Raises NotebookError where a cell fails."""
    executed = _executed(notebook)
    answer, picture = _answer(executed), _picture(executed)
    return Executed(_page(notebook, executed), answer, picture)


def _executed(notebook: Notebook) -> Any:
    """The notebook with its outputs, from a kernel of this very Python that knows nothing of the user's own settings."""
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    content = nbformat.read(notebook.path, as_version=4)
    with tempfile.TemporaryDirectory() as own:
        kernel = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
        kernel.connection_file = os.path.join(own, "kernel.json")
        # A socket file in a folder of our own, where there are such: nobody else can listen, and the kernel has nothing to warn of.
        kernel.transport = "ipc" if os.name == "posix" else "tcp"
        client = NotebookClient(
            content, km=kernel, timeout=CELL_SECONDS, record_timing=False, resources={"metadata": {"path": str(notebook.path.parent)}}
        )
        try:
            client.execute(cleanup_kc=True, env=_environment(own))
        except CellExecutionError as error:
            raise NotebookError(f"{notebook.path.name}: {error.ename}: {' '.join(str(error.evalue).split())}") from None
        except (CellTimeoutError, DeadKernelError) as error:
            raise NotebookError(f"{notebook.path.name}: {' '.join(str(error).split())}") from None
    return content


def _environment(own: str) -> dict[str, str]:
    """The environment of the kernel: this project's packages first, a folder of its own for settings and history."""
    packages = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (packages, os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, "PYTHONPATH": path, "IPYTHONDIR": own, "MPLBACKEND": "agg", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def _outputs(content: Any) -> Iterator[Any]:
    for cell in content.cells:
        yield from cell.get("outputs", ())


def _answer(content: Any) -> str:
    """The first line that the cell tagged ``answer`` prints."""
    tagged = [cell for cell in content.cells if "answer" in cell.metadata.get("tags", ())]
    printed = [output.text for cell in tagged for output in cell.get("outputs", ()) if output.output_type == "stream"]
    return next((line.strip() for part in printed for line in part.splitlines() if line.strip()), "")


def _picture(content: Any) -> str:
    """The still picture that the first map of the notebook carries, or an empty one."""
    shown = (output.data.get("text/html", "") for output in _outputs(content) if "data" in output)
    found = next((match for part in shown if "<iframe" in part and (match := _PICTURE.search(part))), None)
    return _NO_PICTURE.replace("</svg>", f'<image width="640" height="400" href="{found[1]}"/></svg>') if found else _NO_PICTURE


def _page(notebook: Notebook, content: Any) -> str:
    words = text.strings("en")
    body = _body(content, words["notebook.code"])
    css = style.css_variables() + _CSS
    title = html.escape(notebook.title)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(body)}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{css}</style>\n</head>\n<body>\n"
        f'<header><a href="index.html">← {html.escape(words["notebook.back"])}</a></header>\n<main>\n{body}\n</main>\n'
        f"<footer><p>{html.escape(words['notebook.made'].format(file=notebook.path.name))}</p>"
        f"<p>{html.escape(words['disclaimer'])}</p></footer>\n</body>\n</html>\n"
    )


def _body(content: Any, code: str) -> str:
    """The cells as HTML, without what differs between two runs: ids, counts and times."""
    from jinja2 import DictLoader
    from nbconvert import HTMLExporter

    for cell in content.cells:
        cell.metadata = {}
        # An id is written out as an anchor; the numbers of the cells serve as well and are never drawn at random.
        cell.pop("id", None)
        for output in cell.get("outputs", ()):
            _settle(output)
    content.nbformat_minor = 4
    exporter = HTMLExporter(
        template_name="basic",
        extra_loaders=[DictLoader({"index.html.j2": _TEMPLATE.replace("CODE", html.escape(code))})],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    return str(exporter.from_notebook_node(content)[0]).strip()


def _settle(output: Any) -> None:
    """Make an output final: a chart becomes a picture with its name as its text, a table knows its columns of words."""
    data = output.get("data", {})
    if "text/html" in data:
        data["text/html"] = _TABLE.sub(lambda table: _aligned(table[0]), data["text/html"])
    if "image/png" in data:
        packed = "".join(data.pop("image/png").split())
        name = html.escape(data.get("text/plain", ""))
        data["text/html"] = f'<img class="chart" alt="{name}" src="data:image/png;base64,{packed}">'


def _aligned(table: str) -> str:
    """A table of pandas made for reading, its numbers as they are.

    Names of the index stand in one line with those of the columns, an index that only counts is left out, columns of words
    read from the left, a column of whole numbers has no decimals, and large numbers have commas.
    """
    rows = [[_Cell(*found) for found in _CELL.findall(row)] for row in _ROW.findall(table)]
    head, body = [row for row in rows if all(cell.kind == "th" for cell in row)], [row for row in rows if row[-1].kind == "td"]
    if not head or not body or len({len(row) for row in rows}) > 1 or 'span="' in table:
        return table
    named = [[cell.text for cell in column if cell.text] for column in zip(*head, strict=True)]
    columns = [list(column) for column in zip(*body, strict=True)]
    counted = not named[0] and [cell.text for cell in columns[0]] == [str(at) for at in range(len(body))]
    shown = [_column(names[-1] if names else "", column) for names, column in list(zip(named, columns, strict=True))[counted:]]
    lines = ["".join(cells) for cells in zip(*shown, strict=True)]
    inside = "".join(f"<tr>{line}</tr>\n" for line in lines[1:])
    return f'<table class="dataframe"><thead><tr>{lines[0]}</tr></thead>\n<tbody>\n{inside}</tbody></table>'


class _Cell(NamedTuple):
    kind: str
    text: str


def _column(name: str, cells: list[_Cell]) -> list[str]:
    """The cells of a column from its name down."""
    texts = [re.sub(r"^\((.*?),?\)$", r"\1", cell.text.strip()) for cell in cells]
    if all(_NUMBER.fullmatch(text) for text in texts):
        whole = all(text.endswith(".0") or not re.search(r"\d", text) for text in texts)
        texts = _with_commas(["–" if text == "NaN" else text.removesuffix(".0") if whole else text for text in texts])
        looks = [""] * len(texts)
    else:
        looks = [' class="w s"' if len(text) <= SHORT_SIGNS else ' class="w"' for text in texts]
    of_name = ' class="w"' if looks[0] or cells[0].kind == "th" else ""
    return [f"<th{of_name}>{name}</th>", *(f"<{c.kind}{look}>{text}</{c.kind}>" for c, look, text in zip(cells, looks, texts, strict=True))]


def _with_commas(numbers: list[str]) -> list[str]:
    """Commas in a column that has a number of five figures, so that a column of years stays one."""
    if not any(re.match(r"-?\d{5}", number) for number in numbers):
        return numbers
    return [re.sub(r"^-?\d+", lambda found: f"{int(found[0]):,}", number) for number in numbers]


def _policy(body: str) -> str:
    """A Content-Security-Policy that fetches nothing and runs the scripts of the embedded maps alone, which inherit it."""
    hashes = sorted(set(re.findall(r"'sha256-[A-Za-z0-9+/=]+'", html.unescape(body))))
    scripts = f"script-src {' '.join(hashes)}; " if hashes else ""
    return (
        f"default-src 'none'; {scripts}style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
    )
