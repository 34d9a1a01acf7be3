"""The steps of scripts/test: build, run CTest, count what really ran, and say it in a table. Called by scripts/test only."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

from ccache import SHARED_OBJECTS

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/test"
CLANG_BUILD = ROOT / "build/clang"
PROOF_BUILD = ROOT / "build/proof"  # optimised: what runs for long
PROOFS = ROOT / "tests/soak/rows.json"
# Each kind must have run at least one test, or the run fails: a suite that lost its tests is not a passing one.
KINDS = ("unit", "zones", "style", "service", "sandbox", "asterisk-22", "asterisk-16", "clang", "fuzz", "simulation", "mutants")
MUTANTS = 3  # planted bugs: others with each commit; scripts/mutants plants them all
FUZZ_EXECUTIONS = 1_000_000  # of all targets together; scripts/soak does 500 times as many
FUZZ_SEED = 1  # the same search each time: new inputs are for scripts/fuzz and scripts/soak to find
ASTERISK = {"asterisk-22": "22", "asterisk-16": "16"}
KEEP_OUTPUT_BYTES = "10000000"


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    remarks: list = field(default_factory=list)
    reports: list = field(default_factory=list)  # (row, done, violations) of tests/soak/rows.json

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.seconds += other.seconds
        self.remarks += other.remarks
        self.reports += other.reports

    @property
    def total(self):
        return self.passed + self.failed + self.skipped


def step(title):
    print(f"\n== {title}", flush=True)


def run(*command):
    print("+ " + " ".join(str(part) for part in command), flush=True)
    return subprocess.run(command, cwd=ROOT).returncode


def build(folder, jobs, *options, target="all"):
    """Configures and builds; whether it worked."""
    configured = run("cmake", "-S", ".", "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DOUTDIAL_WERROR=ON",
                     *options)
    return configured == 0 and run("cmake", "--build", folder, "-j", str(jobs), "--target", target) == 0


def listed_tests(kinds):
    """Name and kind of each test that CTest knows, of the kinds asked for."""
    listing = subprocess.run(["ctest", "--test-dir", BUILD, "--show-only=json-v1"], capture_output=True, text=True,
                             check=True)
    tests = {}
    for test in json.loads(listing.stdout)["tests"]:
        labels = [value for entry in test.get("properties", []) if entry["name"] == "LABELS" for value in entry["value"]]
        kind = next((label for label in labels if label in KINDS), None)
        if kind is None:
            raise SystemExit(f"scripts/test: test {test['name']} has none of the labels {', '.join(KINDS)}")
        if kind in kinds:
            tests[test["name"]] = kind
    return tests


def reports_in(output):
    """What the lines of JSON that scripts/soak counts by say in a test's output."""
    found = []
    for line in re.findall(r'\{"row".*\}$', output, re.M):  # unittest's dots may stand before it
        report = json.loads(line)
        found.append((report["row"], int(report["done"]), int(report["violations"])))
    return found


def count(case):
    """How many test cases one CTest test stands for, from what Catch2 or run_tests.py printed at its end."""
    status = case.get("status")
    output = case.findtext("system-out") or ""
    tally = Tally(seconds=float(case.get("time") or 0), reports=reports_in(output))
    name = case.get("name")
    if found := re.search(r"^counts: (\d+) passed, (\d+) failed, (\d+) skipped$", output, re.M):
        tally.passed, tally.failed, tally.skipped = map(int, found.groups())
    elif found := re.search(r"^All tests passed \(\d+ assertions? in (\d+) test cases?\)", output, re.M):
        tally.passed = int(found.group(1))
    elif found := re.search(r"^test cases: +(\d+) \|(.*)$", output, re.M):
        for number, what in re.findall(r"(\d+) (passed|failed)", found.group(2)):
            setattr(tally, what, int(number))
    elif status == "run":
        tally.passed = 1
    skipped = case.find("skipped")
    if status == "fail" and tally.failed == 0:
        tally.failed = 1  # crashed, or ran out of time, before it could count
    elif status not in ("run", "fail") and tally.total == 0:
        reason = skipped.get("message", "") if skipped is not None else ""
        if "SKIP" in reason:
            tally.skipped = 1
        else:
            tally.failed = 1
            tally.remarks.append(f"{name} was not run: {reason or status}")
    if status == "fail":
        tally.remarks.append(f"{name} failed")
    tally.remarks += [f"{name}: {line}" for line in output.splitlines() if line.startswith("SKIPPED ")]
    return tally


def run_tests(tests, jobs):
    """Runs these CTest tests; a tally for each kind."""
    report = BUILD / "tests.xml"
    report.unlink(missing_ok=True)
    names = "^(" + "|".join(re.escape(name) for name in tests) + ")$"
    run("ctest", "--test-dir", BUILD, "-j", str(jobs), "-R", names, "--output-on-failure", "--output-junit", report,
        "--test-output-size-passed", KEEP_OUTPUT_BYTES, "--test-output-size-failed", KEEP_OUTPUT_BYTES)
    tallies = {}
    cases = {case.get("name"): case for case in ElementTree.parse(report).getroot().iter("testcase")}
    for name, kind in tests.items():
        tally = tallies.setdefault(kind, Tally())
        if name in cases:
            tally.add(count(cases[name]))
        else:
            tally.add(Tally(failed=1, remarks=[f"{name} was not run"]))
    return tallies


def install_asterisk(kinds):
    """Before the tests, where its progress can be seen and takes no test's time. Why it failed, the tests say themselves."""
    versions = [version for kind, version in ASTERISK.items() if kind in kinds]
    if versions and os.geteuid() == 0:
        step("real Asterisk " + " and ".join(versions))
        run("/usr/bin/python3", "tests/e2e/telephony.py", "install", *versions)


def compile_with_clang(jobs):
    compiler = shutil.which("clang++-14") or shutil.which("clang++")
    if compiler is None:
        return Tally(skipped=1, remarks=["SKIPPED clang: no clang++ here"])
    began = time.monotonic()
    works = build(CLANG_BUILD, jobs, f"-DCMAKE_CXX_COMPILER={compiler}", "-DOUTDIAL_TESTS=OFF")
    tally = Tally(passed=int(works), failed=int(not works), seconds=time.monotonic() - began)
    if not works:
        tally.remarks.append(f"does not compile with {compiler}")
    return tally


def fuzz(jobs):
    if shutil.which("clang++-14") is None and shutil.which("clang++") is None:
        return Tally(skipped=1, remarks=["SKIPPED fuzz: no clang++ here"])
    began = time.monotonic()
    command = ["scripts/fuzz", "--runs", str(FUZZ_EXECUTIONS), "--seed", str(FUZZ_SEED), "--jobs", str(jobs),
               "--row", "fuzz"]
    print("+ " + " ".join(command), flush=True)
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace")
    targets = re.findall(r"^\w+ +(\d+) +\d+ +[\d.]+ +\d+ +(\d)$", done.stdout, re.M)
    executions = sum(int(count) for count, _ in targets)
    crashed = sum(int(crash) for _, crash in targets)
    tally = Tally(passed=len(targets) - crashed, failed=crashed, seconds=time.monotonic() - began,
                  reports=reports_in(done.stdout))
    if not crashed and (done.returncode != 0 or executions < FUZZ_EXECUTIONS):
        tally.failed += 1
        tally.remarks.append(f"scripts/fuzz ended with {done.returncode} and did not do what it was to do")
    print(done.stdout if tally.failed else "\n".join(done.stdout.splitlines()[-len(targets) - 2:]), flush=True)
    return tally


def simulate(jobs):
    """outdial-sim: the seeds that once broke a rule, then others, then whole days."""
    began = time.monotonic()
    if not build(PROOF_BUILD, jobs, "-DCMAKE_BUILD_TYPE=Release", target="outdial-sim"):
        return Tally(failed=1, seconds=time.monotonic() - began, remarks=["outdial-sim does not build"])
    tally = Tally()
    for options in (("--seeds-file", "tests/sim/seeds.txt"), ("--seeds", "1..300", "--row", "seeds"),
                    ("--seeds", "1..5", "--calls", "100000", "--row", "campaign_days")):
        command = [PROOF_BUILD / "outdial-sim", *options, "--jobs", str(jobs)]
        print("+ " + " ".join(map(str, command)), flush=True)
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(done.stdout, end="", flush=True)
        tally.reports += reports_in(done.stdout)
        tally.passed += done.returncode == 0
        tally.failed += done.returncode != 0
        if done.returncode != 0:
            tally.remarks.append("a rule was broken by outdial-sim " + " ".join(options))
    tally.seconds = time.monotonic() - began
    return tally


def plant_bugs(jobs):
    """A few of tests/mutants/mutants.yaml: each must make a test fail."""
    began = time.monotonic()
    command = ["scripts/mutants", "--few", str(MUTANTS), "--jobs", str(jobs)]
    print("+ " + " ".join(command), flush=True)
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout, end="", flush=True)
    reports = reports_in(done.stdout)
    caught = sum(count for _, count, _ in reports)
    tally = Tally(passed=caught, failed=sum(missed for *_, missed in reports), seconds=time.monotonic() - began,
                  reports=reports)
    if done.returncode != 0 and not tally.failed:
        tally.failed = 1
    if tally.failed:
        tally.remarks.append("a planted bug was not caught, or scripts/mutants could not do its work")
    return tally


def print_proofs(whole, is_complete):
    """What was tried how often, beside what a whole run of scripts/test has to try; how many rows fell short of it."""
    print(f"\n{'proof':20}{'done':>12}{'wanted':>12}  {'unit':20}{'violations':>11}")
    short = 0
    for row in json.loads(PROOFS.read_text()):
        done = sum(done for name, done, _ in whole.reports if name == row["row"])
        violations = sum(violations for name, _, violations in whole.reports if name == row["row"])
        if not done and not violations and not is_complete:
            continue  # not asked for
        print(f"{row['row']:20}{done:12,}{row['in_test']:12,}  {row['unit']:20}{violations:11}")
        if is_complete and done < row["in_test"]:
            short += 1
            whole.remarks.append(f"{row['row']}: {done} {row['unit']} were done, {row['in_test']} are wanted")
    return short


def summarise(kinds, tallies, seconds):
    """Prints the table and the last line; the exit code."""
    strict = os.environ.get("CI", "").lower() in ("true", "1")
    whole = Tally()
    for kind in kinds:
        tally = tallies.setdefault(kind, Tally())
        if tally.total == 0:
            tally.add(Tally(failed=1, remarks=[f"no {kind} test was run"]))
        elif tally.skipped and strict:
            tally.remarks.append(f"{tally.skipped} {kind} tests skipped, which CI does not accept")
            tally.failed, tally.skipped = tally.failed + tally.skipped, 0
        whole.add(tally)
    step("summary")
    print(f"{'kind':14}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for kind in kinds:
        tally = tallies[kind]
        print(f"{kind:14}{tally.passed:8}{tally.failed:8}{tally.skipped:9}{tally.seconds:9.1f}")
    if whole.reports:
        whole.failed += print_proofs(whole, set(kinds) == set(KINDS) and not whole.skipped)
    for remark in whole.remarks:
        print(f"  {remark}")
    if whole.skipped:
        print(f"\n*** {whole.skipped} TESTS WERE SKIPPED, see above: this run does not prove what they would ***")
    print(f"took {int(seconds) // 60} min {int(seconds) % 60} s")
    print(f"{whole.passed} passed, {whole.failed} failed, {whole.skipped} skipped")
    return 1 if whole.failed else 0


def main():
    parser = argparse.ArgumentParser(prog="scripts/test")
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--label", action="append", choices=KINDS)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    arguments = parser.parse_args()
    kinds = ("unit",) if arguments.fast else tuple(arguments.label or KINDS)

    os.environ.update(SHARED_OBJECTS)
    began = time.monotonic()
    tallies = {}
    if not set(kinds) <= {"clang", "fuzz", "simulation", "mutants"}:
        step("build with warnings as errors")
        if not build(BUILD, arguments.jobs):
            tallies["unit"] = Tally(failed=1, remarks=["the build failed"])
            return summarise(kinds, tallies, time.monotonic() - began)
        install_asterisk(kinds)
        step("tests")
        tests = listed_tests(kinds)
        if tests:
            tallies = run_tests(tests, arguments.jobs)
    if "clang" in kinds:
        step("compile with clang")
        tallies["clang"] = compile_with_clang(arguments.jobs)
    if "fuzz" in kinds:
        step("fuzz")
        tallies["fuzz"] = fuzz(arguments.jobs)
    if "simulation" in kinds:
        step("simulation")
        tallies["simulation"] = simulate(arguments.jobs)
    if "mutants" in kinds:
        step("planted bugs")
        tallies["mutants"] = plant_bugs(arguments.jobs)
    return summarise(kinds, tallies, time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(main())
