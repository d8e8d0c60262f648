"""Open Gatehouse to a room of learners (`./run --class`), after saying what that opens, to whom.

A room has no names, so the three kinds of host are ports of this machine's address. A browser takes
another port for another origin of the same site, which is what a sibling is. The one attacker who
must be on another site sits at the same address in its IPv6 spelling, `[::ffff:...]`, or at a name
of this machine that the room resolves (`--other-site`, for instance a `.local` name).
"""

import argparse
import ipaddress
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from project import server
from tools import certificate

# What a class sets itself. Somebody who has set one of them means another server.
OURS = ("MODE", "ISSUER", "HOSTS", "LAB_HOSTS", "HOSTILE_HOSTS")


@dataclass(frozen=True)
class Plan:
    """Say what is opened: three ports of one address, and another name for the last of them."""

    address: str
    port: int
    other: str

    @property
    def app(self) -> str:
        return f"{self.address}:{self.port}"

    @property
    def lab(self) -> str:
        return f"{self.address}:{self.port + 1}"

    @property
    def hostile(self) -> list[str]:
        """Return the attackers' hosts: another site first, then the sibling."""
        return [f"{self.other}:{self.port + 2}", f"{self.address}:{self.port + 2}"]

    @property
    def said(self) -> str:
        """Return what whoever starts it has to agree to."""
        return f"""\
This opens Gatehouse to every machine that reaches {self.address} on your local network:

  https://{self.app}   the app. Strangers see the page to join, and need its code
  https://{self.lab}   the lab's site, for those who have joined
  https://{self.hostile[1]}   the lab's attackers, also as https://{self.hostile[0]}

Nobody else's data is there: a class has a database, keys, mails and people of its own, wiped now
and at each "New class". The demo's people, whose passwords are public, do not exist in it. Traffic
is encrypted with a certificate that this machine makes, and that each browser asks about.
"""


def plan(options: argparse.Namespace) -> Plan:
    """Return what to open once somebody has agreed to it, and set the environment for it.

    End the program with one line where it cannot or must not be opened.
    """
    found = planned(options)
    claimed = [f"GATEHOUSE_{name}" for name in OURS if f"GATEHOUSE_{name}" in os.environ]
    if claimed:
        sys.exit(f"--class sets these itself: unset {', '.join(claimed)}.")
    print(found.said)
    agree(options)
    os.environ |= {
        "GATEHOUSE_MODE": "class",
        "GATEHOUSE_ISSUER": f"https://{found.app}",
        "GATEHOUSE_HOSTS": found.app,
        "GATEHOUSE_LAB_HOSTS": found.lab,
        "GATEHOUSE_HOSTILE_HOSTS": ",".join(found.hostile),
        # Never the demo's own folder: a class is wiped.
        "GATEHOUSE_DATA_DIR": str(Path(os.environ.get("GATEHOUSE_DATA_DIR", "var")) / "class"),
        # Three servers share the cores.
        "GATEHOUSE_PIN": "0",
    }
    return found


def planned(options: argparse.Namespace) -> Plan:
    """Return what these arguments ask to open. End the program if that makes no sense."""
    address = options.address or address_in_the_room()
    try:
        number = ipaddress.IPv4Address(address)
    except ValueError:
        sys.exit(f"--address must be an IPv4 address of this machine, not {address!r}.")
    if not number.is_private or number.is_unspecified:
        sys.exit(f"A class is for a local network, and {address} is not an address of one.")
    if not 1024 <= options.port <= 65533:
        sys.exit("--class takes three ports from --port on, which must be 1024 to 65533.")
    for port in range(options.port, options.port + 3):
        refuse_unusable(address, port)
    # As browsers write it (WHATWG URL): without the dots of IPv4.
    spelled = f"[::ffff:{int(number) >> 16:x}:{int(number) & 0xFFFF:x}]"
    return Plan(address, options.port, (options.other_site or spelled).lower())


def address_in_the_room() -> str:
    """Return the address from which this machine reaches others. Nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            sys.exit("This machine is on no network; name its address: ./run --class --address IP")
        return str(probe.getsockname()[0])


def refuse_unusable(address: str, port: int) -> None:
    """End the program if this port of this address cannot be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            sys.exit(
                f"{address}:{port} cannot be opened ({error.strerror}). See --address, --port."
            )


def agree(options: argparse.Namespace) -> None:
    """Ask whether to open it. End the program unless the answer is yes."""
    if options.yes:
        return
    if not sys.stdin.isatty():
        sys.exit("Nobody is here to say yes. A script says it with --yes.")
    if input("Type yes to open it: ").strip().lower() != "yes":
        sys.exit("Nothing was opened.")


def serve(opened: Plan, prepare: Callable[[], Path]) -> int:
    """Serve the three ports until one of the servers ends or a signal comes."""
    data_dir = prepare()
    names = [opened.address, opened.other.strip("[]")]
    cert, key = certificate.ensure(data_dir, names)
    print(f"The certificate's SHA-256: {certificate.fingerprint(cert)}")
    print("Ctrl-C ends the class.")
    sys.stdout.flush()
    tls = ("--ssl-certificate", str(cert), "--ssl-keyfile", str(key))
    few = ("--workers", "1")
    running = [
        subprocess.Popen(server.command(opened.address, opened.port + number, *tls, *options))
        for number, options in enumerate(((), few, few))
    ]

    def end(*_: object) -> None:
        for one in running:
            one.terminate()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    os.wait()
    end()
    return max(one.wait() for one in running)
