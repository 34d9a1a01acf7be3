"""The configuration of a network's two Asterisk processes: `pbx`, which Outdial logs in to, and `carrier`, the far end.

The pbx includes config/asterisk/, the very files an operator would install, so what the tests prove holds for them.
Most of what looks arbitrary below was found by running it; the comments say what happens without.
"""

from dataclasses import dataclass
from pathlib import Path

import fates
import install
import witness

REPOSITORY = Path(__file__).resolve().parents[2]
SHIPPED = REPOSITORY / "config/asterisk"

# Where a run's folder is mounted inside the tree.
INSIDE = "/mnt"

# Everything is loaded but these: a hand-made list of what to load misses hidden dependencies (chan_pjsip has dozens).
NOT_LOADED = """app_jack app_minivm app_voicemail cdr_radius cel_radius chan_console chan_dahdi chan_iax2
chan_mgcp chan_mobile chan_motif chan_ooh323 chan_sip chan_skinny chan_unistim pbx_ael pbx_dundi pbx_lua
res_ari_mailboxes res_calendar res_config_ldap res_config_odbc res_config_pgsql res_corosync res_fax res_hep res_hep_pjsip res_hep_rtcp
res_odbc res_phoneprov res_pjsip_phoneprov_provider res_pktccops res_smdi res_snmp res_xmpp""".split()

# Modules that refuse to load, or complain, without their file.
EMPTY_FILES = """acl agents amd ari ccss cdr cdr_manager cel cli codecs confbridge dnsmgr dsp enum extconfig features
followme indications musiconhold pjproject queues res_parking resolver_unbound say sorcery stasis statsd
udptl users""".split()


@dataclass(frozen=True)
class Ports:
    """The ports of one network on loopback: a block of its own, below the range the kernel hands out by itself."""

    first: int

    BLOCK = 2000
    LOWEST = 10000
    SLOTS = 5  # networks of each version that can run at once

    @staticmethod
    def of(version: str, slot: int) -> "Ports":
        if not 0 <= slot < Ports.SLOTS:
            raise ValueError(f"slot {slot}: from 0 to {Ports.SLOTS - 1}")
        block = slot * len(install.VERSIONS) + install.VERSIONS.index(version)
        return Ports(Ports.LOWEST + block * Ports.BLOCK)

    @property
    def ami(self):  # the pbx's: Outdial logs in here
        return self.first

    @property
    def carrier_ami(self):
        return self.first + 1

    @property
    def http(self):
        return self.first + 2

    @property
    def pbx_sip(self):
        return self.first + 10

    @property
    def trunks(self):
        """Each trunk is a port of the carrier, so that its records can tell over which one a call came."""
        return {"carrier-a": self.first + 11, "carrier-b": self.first + 12}

    @property
    def rtp(self):
        """Two ports a call: (pbx, carrier) ranges for about 450 calls at once."""
        return (self.first + 100, self.first + 1049), (self.first + 1050, self.first + 1999)


@dataclass(frozen=True)
class Accounts:
    """Logins of the pbx: Outdial's own, as shipped but for the secret, and an all-powerful one for the test itself."""

    username: str = "outdial"
    secret: str = "lab-secret-of-outdial"
    test_username: str = "test"
    test_secret: str = "lab-secret-of-the-test"


def write(folder: Path, version: str, role: str, ports: Ports, accounts: Accounts) -> None:
    """Writes the configuration of one process ('pbx' or 'carrier') into folder/etc."""
    for name in ("etc", "run", "log/cdr-custom", "log/cdr-csv", "spool", "lib"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    files = {name + ".conf": "" for name in EMPTY_FILES}
    files |= _common(version, role, ports)
    files |= _pbx(ports, accounts) if role == "pbx" else _carrier(ports, accounts)
    for name, text in files.items():
        (folder / "etc" / name).write_text(text)


def _common(version: str, role: str, ports: Ports) -> dict:
    here = f"{INSIDE}/{role}"
    rtp_first, rtp_last = ports.rtp[0 if role == "pbx" else 1]
    return {
        "asterisk.conf": f"""[directories]
astetcdir => {here}/etc
astmoddir => {install.modules_folder(version)}
astvarlibdir => /usr/share/asterisk
astdatadir => /usr/share/asterisk
astkeydir => /usr/share/asterisk
astagidir => /usr/share/asterisk/agi-bin
astdbdir => {here}/lib
astspooldir => {here}/spool
astrundir => {here}/run
astlogdir => {here}/log
[options]
verbose = 0
""",
        "modules.conf": "[modules]\nautoload = yes\nrequire = chan_pjsip.so\n"
                        + "".join(f"noload = {module}.so\n" for module in NOT_LOADED),
        "logger.conf": "[general]\n[logfiles]\nmessages => notice,warning,error\n",
        "rtp.conf": f"[general]\nrtpstart = {rtp_first}\nrtpend = {rtp_last}\n",
        "http.conf": f"[general]\nenabled = {'yes' if role == 'pbx' else 'no'}\n"
                     f"bindaddr = 127.0.0.1\nbindport = {ports.http}\n",
        "indications.conf": "[general]\ncountry = us\n[us]\ndescription = United States\nringcadence = 2000,4000\n"
                            "dial = 350+440\nring = 440+480/2000,0/4000\nbusy = 480+620/500,0/500\n"
                            "congestion = 480+620/250,0/250\n",
    }


def _pbx(ports: Ports, accounts: Accounts) -> dict:
    manager = (SHIPPED / "manager.conf").read_text()
    ours_for = {"port = 5038": f"port = {ports.ami}", "secret = CHANGE-ME": f"secret = {accounts.secret}"}
    for shipped, ours in ours_for.items():
        if shipped not in manager:
            raise ValueError(f"{SHIPPED}/manager.conf no longer says '{shipped}', which the lab replaces")
        manager = manager.replace(shipped, ours)
    pjsip = _transport("udp", ports.pbx_sip)
    for trunk, port in ports.trunks.items():
        pjsip += _endpoint(trunk, "udp", "from-carrier", f"sip:127.0.0.1:{port}")
    return {
        "manager.conf": manager + _account(accounts.test_username, accounts.test_secret),
        "pjsip.conf": pjsip,
        "extensions.conf": "#include extensions_outdial.conf\n" + PBX_CONTEXTS,
        "extensions_outdial.conf": (SHIPPED / "extensions_outdial.conf").read_text(),
        "cdr.conf": "[general]\nenable = yes\nunanswered = yes\nbatch = no\n[csv]\nloguniqueid = yes\nusegmtime = yes\n",
    }


# Contexts for tests only; what an operator would use is in extensions_outdial.conf.
PBX_CONTEXTS = f"""
[hold]            ; keeps an answered call up until somebody hangs up
exten => _X.,1,Wait({fates.FOREVER_S})
 same => n,Hangup()
exten => _+X.,1,Goto(${{EXTEN:1}},1)
[brief]           ; one second of talk
exten => _X.,1,Wait(1)
 same => n,Hangup()
exten => _+X.,1,Goto(${{EXTEN:1}},1)
[from-carrier]    ; nobody calls in
"""


def _carrier(ports: Ports, accounts: Accounts) -> dict:
    pjsip = "".join(_transport(trunk, port) for trunk, port in ports.trunks.items())
    # One endpoint for all that comes from the pbx, known by its address.
    pjsip += _endpoint("pbx", "carrier-a", "carrier", f"sip:127.0.0.1:{ports.pbx_sip}")
    pjsip += "[pbx]\ntype = identify\nendpoint = pbx\nmatch = 127.0.0.1\n"
    return {
        "manager.conf": f"[general]\nenabled = yes\nport = {ports.carrier_ami}\nbindaddr = 127.0.0.1\n"
                        + _account(accounts.test_username, accounts.test_secret),
        "pjsip.conf": pjsip,
        "extensions.conf": fates.carrier_dialplan(),
        # Without `unanswered` and `congestion` only answered and busy calls leave a record.
        "cdr.conf": "[general]\nenable = yes\nunanswered = yes\ncongestion = yes\nbatch = no\n",
        "cdr_custom.conf": "[mappings]\ncalls.csv => "
                           + ",".join(f"${{CSV_QUOTE({column})}}" for column in witness.COLUMNS) + "\n",
    }


def _account(username: str, secret: str) -> str:
    return f"\n[{username}]\nsecret = {secret}\nread = all\nwrite = all\nwritetimeout = 10000\n"


def _transport(name: str, port: int) -> str:
    return f"[transport-{name}]\ntype = transport\nprotocol = udp\nbind = 127.0.0.1:{port}\n"


def _endpoint(name: str, transport: str, context: str, contact: str) -> str:
    return f"""[{name}]
type = endpoint
transport = transport-{transport}
context = {context}
disallow = all
allow = ulaw
aors = {name}
direct_media = no
[{name}]
type = aor
contact = {contact}
"""
