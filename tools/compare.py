"""Show which claims, numbers, tables and figures moved between two runs beyond seed spread.

    make compare A=results_old B=results
    python tools/compare.py results_old results --output comparison

With --output NAME, NAME.html is a page and NAME.csv a table of every item.
"""

import argparse
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from convatlas.comparison.compare import compare_runs  # noqa: E402
from convatlas.comparison.pages import say_comparison, write_csv, write_page  # noqa: E402
from convatlas.comparison.runs import read_run  # noqa: E402
from convatlas.errors import ConvatlasError  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("first", type=Path, help="A: a results folder, or one that holds it")
    parser.add_argument("second", type=Path, help="B: another")
    parser.add_argument("--output", type=Path, help="also write OUTPUT.html and OUTPUT.csv")
    options = parser.parse_args()
    try:
        comparison = compare_runs(read_run(options.first), read_run(options.second))
    except ConvatlasError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    width = shutil.get_terminal_size((100, 24)).columns
    sys.stdout.write(f"{say_comparison(comparison, width)}\n")
    if options.output:
        page, table = (Path(f"{options.output}{suffix}") for suffix in (".html", ".csv"))
        write_page(comparison, page)
        write_csv(comparison, table)
        sys.stdout.write(f"\nAll items: {page} and {table}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
