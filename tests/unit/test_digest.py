"""A digest that follows what code means, and nothing else."""

import os
from pathlib import Path

import pytest

from convatlas.digest import RuleDigests, digest_of_code, files_behind

CODE = {
    "run.py": '"""A script."""\nfrom pack.top import work\n\nwork(1)\n',
    "pack/__init__.py": "",
    "pack/top.py": (
        '"""A module."""\nfrom pack.data import splits\n\n\n'
        'def work(n):\n    """Work."""\n    return splits.load(n)\n'
    ),
    "pack/data/__init__.py": '"""Data."""\n',
    "pack/data/splits.py": (
        "from ..deep import LIMIT as limit\nfrom . import near\n\n\n"
        "def load(n):\n    return n * limit + near.SIZE\n"
    ),
    "pack/data/near.py": "import pack.far.off as other\n\nSIZE = other.SIZE\n",
    "pack/far/__init__.py": "FAR = 1\n",
    "pack/far/off.py": "SIZE = 2\n",
    "pack/far/aside.py": "ASIDE = 3\n",
    "pack/deep.py": "LIMIT = 10\n",
    "pack/stranger.py": "STRANGE = 1\n",
    "template.html": "<p>{{ x }}</p>",
}
FOLLOWED = {
    "run.py",
    "pack/__init__.py",
    "pack/top.py",
    "pack/data/__init__.py",
    "pack/data/splits.py",
    "pack/data/near.py",
    "pack/far/__init__.py",
    "pack/far/off.py",
    "pack/deep.py",
}


@pytest.fixture
def digest(tmp_path_factory):
    """Digest the code with some files changed; each time in a new folder, as parses are kept."""

    def make(changes=None, *, assets=(), **options):
        folder = tmp_path_factory.mktemp("code")
        for name, text in {**CODE, **(changes or {})}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        paths = tuple(folder / asset for asset in assets)
        if "chosen" in options:
            options["chosen"] = (folder / options["chosen"][0], options["chosen"][1])
        return digest_of_code(folder / "run.py", package=folder / "pack", assets=paths, **options)

    return make


def write_all(folder):
    for name, text in CODE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_imports_of_every_form_are_followed_and_no_others(tmp_path):
    write_all(tmp_path)
    found = files_behind(tmp_path / "run.py", tmp_path / "pack")
    assert {path.relative_to(tmp_path).as_posix() for path in found} == FOLLOWED
    assert list(found) == sorted(found)


@pytest.mark.parametrize(
    "line",
    [
        "import pack.stranger",
        "import os, pack.stranger as s",
        "from pack import stranger",
        "from pack.stranger import STRANGE",
        "from pack.stranger import *",
        "def later():\n    from pack import stranger",
        "class Later:\n    from pack import stranger",
        "try:\n    LIMIT\nexcept NameError:\n    from pack import stranger",
        "try:\n    LIMIT = 1\nfinally:\n    from pack import stranger",
        "for LIMIT in ():\n    LIMIT\nelse:\n    with open(LIMIT):\n        import pack.stranger",
        "match 1:\n    case 2:\n        import pack.stranger",
    ],
)
def test_each_way_to_import_counts(digest, line):
    with_import = {"pack/deep.py": f"{line}\nLIMIT = 10\n"}
    changed = {**with_import, "pack/stranger.py": "STRANGE = 2\n"}
    assert digest(with_import) != digest(changed)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("pack/deep.py", "from . import stranger"),
        ("pack/deep.py", "from .stranger import STRANGE"),
        ("pack/far/__init__.py", "from .. import stranger"),
        ("pack/far/off.py", "from ..stranger import STRANGE"),
    ],
)
def test_relative_imports_count(digest, module, line):
    with_import = {module: f"{line}\n{CODE[module]}"}
    assert digest(with_import) != digest({**with_import, "pack/stranger.py": "STRANGE = 2\n"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.py", '# a comment\n"""Another docstring."""\nfrom pack.top import work\n\nwork( 1 )'),
        ("pack/deep.py", 'LIMIT = 10  # ten\n"""Of something."""\n'),
        ("pack/deep.py", "\n\n\nLIMIT = (\n    10\n)\n"),
        (
            "pack/top.py",
            CODE["pack/top.py"].replace("    return", "    'A constant.'\n    3\n    return"),
        ),
        ("pack/stranger.py", "STRANGE = 2\n"),
        ("pack/far/aside.py", "ASIDE = 4\n"),
        (
            "pack/top.py",
            "from pack.data import splits\n\n\ndef work(n):\n    return splits.load(n)\n",
        ),
    ],
)
def test_comments_docstrings_layout_and_strangers_do_not_count(digest, name, text):
    assert digest({name: text}) == digest()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.py", "from pack.top import work\n\nwork(2)\n"),
        ("pack/__init__.py", "x = 1\n"),
        ("pack/top.py", CODE["pack/top.py"].replace("load(n)", "load(n + 0)")),
        ("pack/top.py", CODE["pack/top.py"].replace("work(n)", "work(n=1)")),
        ("pack/data/near.py", CODE["pack/data/near.py"] + "SIZE += 1\n"),
        ("pack/far/__init__.py", "FAR = 2\n"),
        ("pack/far/off.py", "SIZE = 3\n"),
        ("pack/deep.py", "LIMIT = 11\n"),
        ("pack/deep.py", "LIMIT = 10.0\n"),
    ],
)
def test_a_changed_meaning_counts_however_far_away(digest, name, text):
    assert digest({name: text}) != digest()


def test_a_text_that_is_used_counts(digest):
    assert digest({"pack/deep.py": "LIMIT = 'a'\n"}) != digest({"pack/deep.py": "LIMIT = 'b'\n"})


def test_a_touch_and_another_folder_do_not_count(tmp_path, digest):
    write_all(tmp_path)
    for path in tmp_path.rglob("*"):
        os.utime(path, (1, 1))
    found = digest_of_code(tmp_path / "run.py", package=tmp_path / "pack")
    assert found == digest()
    assert len(found) == 12
    assert set(found) <= set("0123456789abcdef")


def test_assets_count_by_name_and_content(digest):
    digests = [
        digest(),
        digest(assets=["template.html"]),
        digest({"template.html": "<b>{{ x }}</b>"}, assets=["template.html"]),
        digest({"other.html": CODE["template.html"]}, assets=["other.html"]),
    ]
    assert len(set(digests)) == 4
    assert digest(assets=["template.html"]) == digests[1]


NETWORKS = (
    "import pack.far.aside\n\nSCALE = 1\n\n\n"
    "def help():\n    return Used()\n\n\n"
    "class Used:\n    x = 1\n\n\n"
    "class Base:\n    x = 2\n\n\n"
    "class One(Base):\n    x = help\n\n\n"
    "class Two:\n    x = 3\n"
)


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("x = 3", "x = 4", False),  # the other network
        ("x = help", "x = 4", True),
        ("x = 2", "x = 4", True),  # what it is derived from
        ("x = 1", "x = 4", True),  # what a function uses that it may call
        ("SCALE = 1", "SCALE = 4", True),
    ],
)
def test_a_chosen_class_counts_without_those_beside_it(digest, old, new, counts):
    chosen = ("pack/networks.py", "One")
    before = digest({"pack/networks.py": NETWORKS}, chosen=chosen)
    assert before != digest()
    after = digest({"pack/networks.py": NETWORKS.replace(old, new)}, chosen=chosen)
    assert (after != before) is counts


def test_what_a_chosen_module_imports_counts(digest):
    options = {"chosen": ("pack/networks.py", "Two")}
    one, other = (
        digest({"pack/networks.py": NETWORKS, "pack/far/aside.py": f"ASIDE = {n}\n"}, **options)
        for n in (1, 2)
    )
    assert one != other


def test_a_circle_of_imports_ends(digest):
    assert digest({"pack/deep.py": "import pack.top\nLIMIT = 10\n"}) != digest()


def test_a_broken_module_is_named(digest):
    with pytest.raises(SyntaxError, match=r"deep\.py"):
        digest({"pack/deep.py": "LIMIT = = 10\n"})


def test_this_package_is_followed_to_the_end():
    scripts = Path(__file__).parents[2] / "scripts"
    found = files_behind(scripts / "train_classifier.py", scripts / "convatlas")
    names = {path.relative_to(scripts).as_posix() for path in found}
    assert {"convatlas/seeding.py", "convatlas/files.py", "convatlas/data/splits.py"} <= names
    assert not any("figures" in name or "report" in name for name in names)


class Wildcards:
    model = "mine"


def test_a_rule_is_digested_once_a_job_asks_and_not_before(tmp_path):
    package = tmp_path / "convatlas"
    for path in (
        package / "models" / "net.py",
        package / "__init__.py",
        package / "page" / "a.html",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    digests = RuleDigests(tmp_path, {"models": {"mine": {"network": "net.Small"}}})
    asked = [
        digests.of("run"),
        digests.of("run", "page"),
        digests.with_network("run"),
        digests.with_modules("run", ["models/net.py"]),
    ]
    (tmp_path / "run.py").write_text("x = 1\n")  # it is written only now
    (package / "models" / "net.py").write_text("class Small:\n    x = 1\n")
    script, chosen = tmp_path / "run.py", (package / "models" / "net.py", "Small")
    assert [ask(Wildcards()) for ask in asked] == [
        digest_of_code(script, package=package),
        digest_of_code(script, package=package, assets=(package / "page" / "a.html",)),
        digest_of_code(script, package=package, chosen=chosen),
        digest_of_code(script, chosen[0], package=package),
    ]
    assert len({ask(Wildcards()) for ask in asked}) == 3
