"""``python -m benchmarks``."""

import sys

from benchmarks.environment import settle
from benchmarks.options import parse


def main() -> None:
    """Settle the threads, and only then load what computes."""
    options = parse(sys.argv[1:])
    on_cuda = any("cuda" in name or "gpu" in name for name in options.device or ())
    options.threads = options.threads or (None if on_cuda else 1)
    settle(options.threads)
    from benchmarks.command import run

    sys.exit(run(options))


if __name__ == "__main__":
    main()
