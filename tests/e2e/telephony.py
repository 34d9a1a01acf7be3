#!/usr/bin/python3
"""A telephone network on one machine: two real Asterisk processes on loopback.

`pbx` is what Outdial logs in to. `carrier` is the far end: it decides each call's fate by the number's last two digits
(fates.py) and records every call that reached it (witness.py).

  telephony.py install 22 16     installs these versions into the cache folder
  telephony.py run 22            starts a network, prints its ports as JSON; stops it at end of input, Ctrl-C or SIGTERM
  telephony.py fates             prints what each ending of a number means

Needs root. Networks run side by side, each in a slot of its own with its own ports; the state of each is a folder that
goes with it. Nothing is left mounted: mounts live in a namespace that ends with the process.
"""

import argparse
import atexit
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ami
import asterisk_files
import fates
import install
import witness
from asterisk_files import Accounts, Ports
from install import Unavailable

BOOT_TIMEOUT_S = 60
STOP_TIMEOUT_S = 5
ROLES = ("carrier", "pbx")


class Network:
    """One pbx and one carrier of one version. Use as a context manager, or call start() and stop()."""

    def __init__(self, version: str, slot=None, keep=False):
        self.version = version
        self.accounts = Accounts()
        self.ports = None
        self.folder = None  # set by start(): etc, log and run of both processes
        self._keep = keep or bool(os.environ.get("OUTDIAL_KEEP_LAB"))
        self._wanted_slot = slot
        self._slot_lock = None
        self._processes = {}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Starts both and waits until they are fully booted. Raises Unavailable where real Asterisk cannot run."""
        self.launch()
        self.wait_until_booted()

    def launch(self):
        """Starts both without waiting, so that several networks can boot at the same time."""
        install.require_root()
        install.install(self.version)
        self._take_slot()
        self.folder = Path(tempfile.mkdtemp(prefix=f"outdial-lab-{self.version}-"))
        self.folder.chmod(0o755)
        atexit.register(self.stop)
        for role in ROLES:
            asterisk_files.write(self.folder / role, self.version, role, self.ports, self.accounts)
            self.launch_role(role)

    def launch_role(self, role):
        """Starts one process again after stop_role(), as after a crash or a restart of the server."""
        root = install.tree(self.version)
        # setpriv: should this test be killed, its Asterisk goes too. unshare: the mounts end with the process.
        command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private", "sh", "-c",
                   'mount -t proc proc "$1/proc" && mount --bind "$2" "$1$3" && '
                   'exec chroot "$1" /usr/sbin/asterisk -f -C "$3/$4/etc/asterisk.conf"',
                   "sh", root, self.folder, asterisk_files.INSIDE, role]
        with open(self.folder / role / "console", "ab") as console:
            self._processes[role] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console,
                                                     stderr=subprocess.STDOUT, start_new_session=True)

    def wait_until_booted(self, timeout_s=BOOT_TIMEOUT_S):
        deadline = time.monotonic() + timeout_s
        for role in ROLES:
            while not self._booted(role, deadline):
                process = self._processes[role]
                if process.poll() is not None or time.monotonic() > deadline:
                    state = f"ended with {process.returncode}" if process.returncode is not None else "did not boot"
                    tail = (self.folder / role / "console").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"the {role} of Asterisk {self.version} {state} (within {timeout_s} s):\n{tail}")
                time.sleep(0.1)

    def _booted(self, role, deadline):
        """AMI takes logins before the boot is done; FullyBooted comes when it is."""
        try:
            with self.admin(role) as session:
                session.wait_for(lambda events: any(event.get("Event") == "FullyBooted" for event in events),
                                 "FullyBooted", max(0.1, deadline - time.monotonic()))
                return True
        except (OSError, TimeoutError, ami.Refused):
            return False

    def stop(self):
        """Stops what start() started, by process id, and removes its folder. Harmless when called again."""
        for role in reversed(ROLES):
            self.stop_role(role)
        if self.folder and not self._keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        if self._slot_lock:
            self._slot_lock.close()
            self._slot_lock = None
        atexit.unregister(self.stop)

    def stop_role(self, role, how=signal.SIGTERM):
        """SIGTERM is `core stop now`: calls are hung up first. SIGKILL is a crash."""
        process = self._processes.pop(role, None)
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def boot_slower_by(self, role, seconds):
        """At its next start or restart, and ever after: AMI takes logins long before the dialplan is there, as on a busy
        machine. 0: as always."""
        folder = self.folder / role / "etc"
        for name, line in (("asterisk.conf", "execincludes = yes\n"), ("extensions.conf", f"#exec /bin/sleep {seconds}\n")):
            original = folder / f"{name}.original"
            if not original.exists():
                original.write_text((folder / name).read_text())
            text = original.read_text()
            # asterisk.conf ends with [options].
            (folder / name).write_text(text if not seconds else text + line)

    def pid(self, role):
        return self._processes[role].pid

    def admin(self, role="pbx", events=True):
        """An all-powerful AMI session, for the test's own use."""
        port = self.ports.ami if role == "pbx" else self.ports.carrier_ami
        return ami.Client(port, self.accounts.test_username, self.accounts.test_secret, events)

    def outdial_session(self, events=True):
        """An AMI session with exactly the rights and filters of the account Outdial ships."""
        return ami.Client(self.ports.ami, self.accounts.username, self.accounts.secret, events)

    def calls(self):
        """What the carrier has on record: the calls that have ended so far."""
        names = {str(port): trunk for trunk, port in self.ports.trunks.items()}
        return witness.read(self.folder / "carrier/log/cdr-custom/calls.csv", names)

    def wait_for_calls(self, count, timeout_s=20):
        """The carrier's records, once there are at least this many."""
        deadline = time.monotonic() + timeout_s
        while len(calls := self.calls()) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the carrier has {len(calls)} calls on record, not {count}")
            time.sleep(0.05)
        return calls

    def log(self, role="pbx"):
        return (self.folder / role / "log/messages").read_text(errors="replace")

    def _take_slot(self):
        """The first slot nobody holds, or the one asked for. Held by a file lock: free again however we end."""
        wanted = self._wanted_slot if self._wanted_slot is not None else os.environ.get("OUTDIAL_LAB_SLOT")
        for slot in [int(wanted)] if wanted is not None else range(Ports.SLOTS):
            lock = open(install.cache_folder() / f"slot-{self.version}-{slot}.lock", "w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                continue
            ports = Ports.of(self.version, slot)
            if _free(ports.ami) and _free(ports.carrier_ami):
                self._slot_lock, self.ports = lock, ports
                return
            lock.close()
        raise RuntimeError(f"no free slot for Asterisk {self.version}: {Ports.SLOTS} networks can run at once")


def _free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def describe(network: Network) -> dict:
    """All that a script needs to dial through a network."""
    return {"version": network.version, "ami_port": network.ports.ami, "username": network.accounts.username,
            "secret": network.accounts.secret, "trunks": sorted(network.ports.trunks), "folder": str(network.folder),
            "calls": str(network.folder / "carrier/log/cdr-custom/calls.csv")}


def run(version):
    def stop_on(number, _frame):
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, stop_on)
    with Network(version) as network:
        print(json.dumps(describe(network)), flush=True)
        try:
            while sys.stdin.buffer.read(4096):
                pass
        except KeyboardInterrupt:
            pass


def print_fates():
    for code, fate in sorted(fates.FATES.items()):
        sip = f"SIP {fate.sip}" if fate.sip else "-"
        print(f"{code}  {fate.disposition:15} {sip:8} {fate.name}")
    for code, sequence in sorted(fates.SEQUENCES.items()):
        print(f"{code}  {' then '.join(sequence.fates):24} {sequence.name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("install").add_argument("versions", nargs="+", choices=install.VERSIONS)
    commands.add_parser("run").add_argument("version", choices=install.VERSIONS)
    commands.add_parser("fates")
    arguments = parser.parse_args()
    try:
        if arguments.command == "install":
            for version in arguments.versions:
                print(install.install(version))
        elif arguments.command == "run":
            run(arguments.version)
        else:
            print_fates()
    except Unavailable as reason:
        sys.exit(f"telephony.py: {reason}")


if __name__ == "__main__":
    main()
