"""Runs the benchmark programs of build/release and prints one table. Called by scripts/bench only.

A program is a Google Benchmark (tests/bench/*_bench.cpp), a script tests/bench/*_bench.py, which measures the whole program and
prints JSON of the same form: {"benchmarks": [{"name", "real_time", "time_unit", "items_per_second"}]}, or one that prints a table of
its own (percentiles, say), which is shown as it is.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / "build/release"
# Minutes and gigabytes: these run when --filter names them, and not otherwise.
ONLY_WHEN_NAMED = {"restart_bench"}


def programs():
    """Name and command of each benchmark program."""
    compiled = {path.stem: [RELEASE / "benchmarks" / path.stem] for path in sorted((ROOT / "tests/bench").glob("*_bench.cpp"))}
    scripts = {path.stem: ["/usr/bin/python3", path] for path in sorted((ROOT / "tests/bench").glob("*_bench.py"))}
    return compiled | scripts


def run(name, command, pattern):
    """The rows that one program measured, and the largest memory that it or its children had."""
    compiled = command[0] != "/usr/bin/python3"
    options = ["--benchmark_format=json"] if compiled else []
    if compiled and pattern and not re.search(pattern, name):
        options.append(f"--benchmark_filter={pattern}")
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen([*command, *options], stdout=output, env={**os.environ, "OUTDIAL_PROGRAM":
                                                                             str(RELEASE / "outdial")})
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            raise SystemExit(f"scripts/bench: {name} failed with {os.waitstatus_to_exitcode(status)}")
        output.seek(0)
        text = output.read()
    if text.strip() and not text.lstrip().startswith("{"):
        print(f"{text}\n{name}: peak memory {usage.ru_maxrss / 1024:.0f} MB\n", flush=True)
        return []
    # A filter that matches nothing leaves Google Benchmark's output empty.
    rows = json.loads(text)["benchmarks"] if text.strip() else []
    for row in rows:
        row.setdefault("peak_memory_mb", usage.ru_maxrss / 1024)
        row["program"] = name
    return rows


def quantity(value):
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.2f} {unit}"
    return f"{value:.1f} "


def print_table(rows):
    names = [f"{row['program'].removesuffix('_bench')}: {row['name']}" for row in rows]
    width = max([len(name) for name in names] + [len("benchmark")])
    print(f"{'benchmark':{width}} {'time':>14} {'items/s':>12} {'bytes/s':>12} {'peak MB':>9}")
    for name, row in zip(names, rows):
        time = f"{row['real_time']:.4g} {row['time_unit']}" if "real_time" in row else ""
        items = quantity(row["items_per_second"]) if "items_per_second" in row else ""
        size = quantity(row["bytes_per_second"]) + "B" if "bytes_per_second" in row else ""
        print(f"{name:{width}} {time:>14} {items:>12} {size:>12} {row['peak_memory_mb']:9.1f}")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--filter", default="")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = []
    for name, command in programs().items():
        if arguments.filter and command[0] == "/usr/bin/python3" and not re.search(arguments.filter, name):
            continue
        if name in ONLY_WHEN_NAMED and not arguments.filter:
            continue
        print(f"running {name} ...", file=sys.stderr, flush=True)
        rows += [row for row in run(name, command, arguments.filter) if row.get("run_type", "iteration") == "iteration"]
    if not rows:
        print("scripts/bench: no benchmark matches", file=sys.stderr)
        return 1
    print_table(rows)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
