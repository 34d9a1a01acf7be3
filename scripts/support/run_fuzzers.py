"""Runs the fuzz targets of build/fuzz and prints one table. Called by scripts/fuzz only."""

import argparse
import hashlib
import json
import math
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "build/fuzz/targets"
SEEDS = ROOT / "tests/fuzz/corpus"
GROWN = ROOT / "build/fuzz-corpus"
CRASHES = ROOT / "build/fuzz-crashes"

DEFAULT_SECONDS = 30
RSS_LIMIT_MB = 1024
INPUT_TIMEOUT_SECONDS = 10  # an input takes well under a millisecond; this is an endless loop, on the busiest machine
INPUT_SUFFIX = ".input"


@dataclass(frozen=True)
class Target:
    max_bytes: int  # of an input: longer ones reach nothing new, and slow the search
    per_second: int  # executions of one core; shares out --runs so that each target takes about the same time


TARGETS = {
    "ami_parser": Target(max_bytes=2048, per_second=5500),
    "ami_action": Target(max_bytes=2048, per_second=14000),
    "call_facts": Target(max_bytes=128, per_second=12000),
    "control_request": Target(max_bytes=1024, per_second=2500),
    "csv_import": Target(max_bytes=1024, per_second=700),
    "engine": Target(max_bytes=512, per_second=200),
    "number": Target(max_bytes=96, per_second=25000),
    "yaml_config": Target(max_bytes=2048, per_second=1300),
}


@dataclass
class Outcome:
    name: str
    executions: int = 0
    seconds: float = 0
    edges: int = 0
    code: int = 0
    crash: Path | None = None
    output: str = ""


def bound(name, names, arguments):
    """The libFuzzer option that ends this target's run."""
    if arguments.runs is None:
        return f"-max_total_time={arguments.seconds}"
    share = TARGETS[name].per_second / sum(TARGETS[other].per_second for other in names)
    return f"-runs={math.ceil(arguments.runs * share)}"


def fuzz(name, limit, seed):
    grown, crashes = GROWN / name, CRASHES / name
    grown.mkdir(parents=True, exist_ok=True)
    crashes.mkdir(parents=True, exist_ok=True)
    command = [PROGRAMS / f"fuzz_{name}", limit, f"-max_len={TARGETS[name].max_bytes}", f"-rss_limit_mb={RSS_LIMIT_MB}",
               f"-timeout={INPUT_TIMEOUT_SECONDS}", f"-artifact_prefix={crashes}/", f"-seed={seed}",
               "-print_final_stats=1", grown, SEEDS / name]
    began = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT)
    outcome = Outcome(name, seconds=time.monotonic() - began, code=done.returncode,
                      output=done.stdout.decode(errors="replace"))
    if found := re.search(r"^stat::number_of_executed_units: (\d+)", outcome.output, re.M):
        outcome.executions = int(found.group(1))
    if edges := re.findall(r"\bcov: (\d+)", outcome.output):
        outcome.edges = int(edges[-1])
    if crash := re.search(r"Test unit written to (.+)$", outcome.output, re.M):
        outcome.crash = Path(crash.group(1))
    return outcome


def merge(name):
    """Adds what reached something new to the inputs that are kept; how many."""
    kept = SEEDS / name
    kept.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([PROGRAMS / f"fuzz_{name}", "-merge=1", f"-max_len={TARGETS[name].max_bytes}",
                           f"-timeout={INPUT_TIMEOUT_SECONDS}", kept, GROWN / name],
                          stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, cwd=ROOT)
    if done.returncode != 0:
        raise SystemExit(f"scripts/fuzz: merging the inputs of {name} failed with {done.returncode}")
    new = [path for path in kept.iterdir() if path.suffix == ""]  # libFuzzer's name is the SHA-1 alone
    for path in new:
        path.rename(kept / (hashlib.sha1(path.read_bytes()).hexdigest()[:12] + INPUT_SUFFIX))
    return len(new)


def show(outcomes):
    print(f"\n{'target':17}{'executions':>12}{'per second':>12}{'seconds':>9}{'edges':>7}{'crashes':>9}")
    for outcome in outcomes:
        rate = outcome.executions / outcome.seconds if outcome.seconds else 0
        print(f"{outcome.name:17}{outcome.executions:12}{rate:12.0f}{outcome.seconds:9.1f}{outcome.edges:7}"
              f"{int(outcome.code != 0):9}")
    print(f"{'all':17}{sum(outcome.executions for outcome in outcomes):12}")


def explain(outcome):
    print(f"\n*** {outcome.name} broke (exit code {outcome.code}); the end of what it said:")
    print("\n".join(outcome.output.splitlines()[-40:]))
    if outcome.crash:
        program = (PROGRAMS / f"fuzz_{outcome.name}").relative_to(ROOT)
        crash = os.path.relpath(outcome.crash, ROOT)
        print(f"To replay it:      {program} {crash}")
        print(f"To make it small:  {program} -minimize_crash=1 -max_total_time=60 {crash}")
        print(f"With the fix, keep it: cp {crash} tests/fuzz/corpus/{outcome.name}/NAME{INPUT_SUFFIX}")


def main():
    parser = argparse.ArgumentParser(prog="scripts/fuzz")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--seconds", type=int, default=DEFAULT_SECONDS)
    length.add_argument("--runs", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("--row", metavar="NAME")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    arguments = parser.parse_args()
    if unknown := set(arguments.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    names = arguments.targets or list(TARGETS)

    with ThreadPoolExecutor(arguments.jobs) as pool:
        outcomes = list(pool.map(lambda name: fuzz(name, bound(name, names, arguments), arguments.seed), names))
    show(outcomes)
    broken = [outcome for outcome in outcomes if outcome.code != 0]
    for outcome in broken:
        explain(outcome)
    if arguments.merge and not broken:
        for name in names:
            print(f"{name}: {merge(name)} inputs added to {(SEEDS / name).relative_to(ROOT)}")
    if arguments.row:
        done = sum(outcome.executions for outcome in outcomes)
        print(json.dumps({"row": arguments.row, "done": done, "violations": len(broken)}))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
