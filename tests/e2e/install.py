"""Real Asterisk, installed into a folder.

No current Debian 12 suite carries Asterisk, so debootstrap unpacks an older and a newer one from the Debian mirror that
this machine uses already. A finished tree is never written to again: what a run needs is mounted over /mnt, in a mount
namespace of its own (telephony.py).
"""

import fcntl
import glob
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

SUITES = {"22": "sid", "16": "bullseye"}
VERSIONS = tuple(SUITES)
# A suite that left the mirrors stays here for good.
ARCHIVE = "http://archive.debian.org/debian"
DEBOOTSTRAP_TIMEOUT_S = 900


class Unavailable(Exception):
    """Real Asterisk cannot run here, through no fault of Outdial: tests that need it are skipped, with this reason."""


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "outdial-lab"


def tree(version: str) -> Path:
    return cache_folder() / f"asterisk-{version}"


def installed(version: str) -> bool:
    return (tree(version) / "usr/sbin/asterisk").exists()


def modules_folder(version: str) -> str:
    """Where this version keeps its modules, as seen from inside its tree."""
    root = tree(version)
    for folder in (*root.glob("usr/lib/*/asterisk/modules"), root / "usr/lib/asterisk/modules"):
        if folder.is_dir():
            return "/" + str(folder.relative_to(root))
    raise Unavailable(f"{root} holds no Asterisk modules: remove the folder, and the next run installs it anew")


def require_root() -> None:
    if os.geteuid() != 0:
        raise Unavailable("needs root (chroot, mount): run as root or with sudo")


def configured_mirror() -> str:
    """The Debian mirror of this machine's own apt configuration."""
    for name in sorted(glob.glob("/etc/apt/sources.list.d/*.sources")):
        for uris in re.findall(r"^URIs:\s*(\S+)", Path(name).read_text(), re.M):
            if re.search(r"/debian/?$", uris):
                return uris
    for name in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*.list"))]:
        if os.path.exists(name):
            found = re.search(r"^deb\s+(?:\[[^]]*\]\s+)?(\S+/debian/?)\s", Path(name).read_text(), re.M)
            if found:
                return found.group(1)
    raise Unavailable("no Debian mirror in /etc/apt: add one, or put an Asterisk tree at " + str(cache_folder()))


def install(version: str, say=lambda text: print(text, file=sys.stderr)) -> Path:
    """Installs one version unless it is there already. Safe to run twice at once: the second waits for the first."""
    if installed(version):
        return tree(version)
    require_root()
    if shutil.which("debootstrap") is None:
        raise Unavailable("needs debootstrap: run scripts/setup --asterisk")
    cache_folder().mkdir(parents=True, exist_ok=True)
    with open(cache_folder() / f"install-{version}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed(version):
            _debootstrap(version, say)
    return tree(version)


def _debootstrap(version: str, say) -> None:
    suite = SUITES[version]
    mirrors = list(dict.fromkeys([configured_mirror(), ARCHIVE]))
    reasons = []
    for mirror in mirrors:
        # Unpacked beside its place and renamed at the end, so that a half-made tree is never taken for a whole one.
        unfinished = cache_folder() / f"asterisk-{version}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        say(f"installing Asterisk {version} (Debian {suite}) from {mirror} into {tree(version)}; "
            "about a minute, 500 MB")
        command = ["debootstrap", "--variant=minbase", "--include=asterisk,asterisk-modules", suite, unfinished, mirror]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=DEBOOTSTRAP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            reasons.append(f"{mirror}: gave up after {DEBOOTSTRAP_TIMEOUT_S} s")
            continue
        if done.returncode == 0:
            unfinished.rename(tree(version))
            return
        reasons.append(f"{mirror}: " + "; ".join(done.stdout.strip().splitlines()[-3:]))
    shutil.rmtree(cache_folder() / f"asterisk-{version}.unfinished", ignore_errors=True)
    raise Unavailable(f"Asterisk {version} could not be installed from Debian {suite}. " + " | ".join(reasons))
