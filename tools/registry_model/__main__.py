"""`python -m tools.registry_model --spec DIR`: make the model and its tables from the registry's documents.

With `--check` nothing is written: the command shows what would change, and exits with 1 if anything would.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.registry_model.documents import DocumentError, read_documents
from tools.registry_model.files import compare_files, make_files, save_files
from tools.registry_model.tables import find_disagreements


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.registry_model", description=__doc__)
    parser.add_argument("--spec", type=Path, required=True, help="the folder of the registry's documents")
    parser.add_argument("--check", action="store_true", help="write nothing, show what would change")
    options = parser.parse_args(arguments)
    try:
        documents = read_documents(options.spec)
        files = make_files(documents)
    except DocumentError as error:
        print(error, file=sys.stderr)
        return 2
    for sentence in find_disagreements(documents):
        print(sentence, file=sys.stderr)
    if options.check:
        difference = compare_files(files)
        print(difference, end="")
        return 1 if difference else 0
    changed = save_files(files)
    print("\n".join(changed) or f"All {len(files)} files are as version {documents.version} has them.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
