"""miniupnpd on a router of the lab: what a home router has for opening ports by UPnP, NAT-PMP and
PCP.

It writes what it opens into the chains that are made here, so the lab reads there what is really
open.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAM = 'miniupnpd'

_CHAINS = '''
table inet filter {
  chain forward {
    type filter hook forward priority 0; policy accept;
    jump miniupnpd
  }
  chain miniupnpd { }
  chain prerouting {
    type nat hook prerouting priority -100; policy accept;
    JUMP
  }
  chain postrouting {
    type nat hook postrouting priority 95; policy accept;
    jump postrouting_miniupnpd
    SOURCE
  }
  chain prerouting_miniupnpd { }
  chain postrouting_miniupnpd { }
}
'''

# A router that knows NAT-PMP, which is version 0 of the same messages, and nothing newer; it should
# say so, but is silent.
_NO_PCP = '''
table inet no_pcp {
  chain to_router {
    type filter hook input priority -10;
    udp dport 5351 @th,64,8 2 drop
  }
}
'''

# It refuses to work behind documentation addresses, which the lab's public ones are; so the router
# gets another, that is as public as one can be and lives in the lab only.
OUTSIDE = '203.0.114.1'

_CONFIG = '''
ext_ifname=wan
{ext_ip}
listening_ip=lan
enable_upnp={upnp}
enable_natpmp={natpmp}
secure_mode=yes
system_uptime=yes
uuid=00000000-0000-0000-0000-000000000001
upnp_table_name=filter
upnp_nat_table_name=filter
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
allow 1024-65535 192.168.0.0/16 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
'''


def is_installed():
    return shutil.which(PROGRAM) is not None


class Gateway:
    """Use with `with`: it runs meanwhile.

    `is_source`: what leaves the router leaves with the address that others come in by, as at home.
    `is_honest`: what it says it opens is open."""

    def __init__(
        self,
        lab,
        router,
        folder,
        natpmp=True,
        upnp=True,
        pcp=False,
        is_public=True,
        is_source=False,
        is_honest=True,
    ):
        self.lab = lab
        self.router = router
        self.is_public = is_public
        self.is_source = is_source
        self.is_honest = is_honest
        self.folder = Path(tempfile.mkdtemp(dir=folder, prefix='gateway-'))
        self.protocols = {'natpmp': natpmp or pcp, 'upnp': upnp}
        self.has_pcp = pcp
        self.process = None

    def write_chains(self):
        random = 'fully-random' if self.router.kind == 'symmetric' else ''
        source = f'oifname "wan" meta l4proto udp snat ip to {OUTSIDE} {random}'
        jump = 'jump prerouting_miniupnpd' if self.is_honest else ''
        return _CHAINS.replace('JUMP', jump).replace('SOURCE', source if self.is_source else '')

    def __enter__(self):
        self.router.nft(self.write_chains())
        if not self.has_pcp:
            self.router.nft(_NO_PCP)
        if self.is_public:
            self.router.ip(f'address add {OUTSIDE}/32 dev wan')
            self.lab.public.ip(f'route add {OUTSIDE}/32 via {self.router.wan}')
        # Searches by multicast come in where the LAN is.
        self.router.ip('route add 239.0.0.0/8 dev lan')
        self.start()
        return self

    def start(self):
        config = self.folder / 'config'
        words = {name: 'yes' if on else 'no' for name, on in self.protocols.items()}
        ext_ip = f'ext_ip={OUTSIDE}' if self.is_public else ''
        config.write_text(_CONFIG.format(ext_ip=ext_ip, **words))
        with open(self.folder / 'log', 'wb') as log:
            self.process = subprocess.Popen(
                self.router.command(
                    PROGRAM, '-d', '-f', str(config), '-P', str(self.folder / 'pid')
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.wait_until_ready()

    def __exit__(self, kind, value, trace):
        self.stop()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait_until_ready(self, timeout=5.0):
        end = time.monotonic() + timeout
        while time.monotonic() < end and self.process.poll() is None:
            tables = ''.join(
                Path(f'/proc/{self.process.pid}/net/{table}').read_text()
                for table in ('udp', 'udp6')
            )
            # SSDP and NAT-PMP
            if all(
                f':{port:04X} ' in tables
                for name, port in (('upnp', 1900), ('natpmp', 5351))
                if self.protocols[name]
            ):
                return
            time.sleep(0.02)
        raise RuntimeError(f'miniupnpd is not ready: {self.get_tail()}')

    def get_tail(self):
        return (self.folder / 'log').read_text(errors='replace').splitlines()[-15:]

    def forget(self):
        """As if it had been switched off and on."""
        for chain in ('miniupnpd', 'prerouting_miniupnpd'):
            self.router.nft(f'flush chain inet filter {chain}')

    def restart(self):
        """It was switched off and on, and that took a moment."""
        self.stop()
        self.forget()
        self.start()

    def find_open(self):
        """Outside port -> inside address and port, as the router's packet filter has it."""
        done = subprocess.run(
            self.router.command('nft', 'list', 'chain', 'inet', 'filter', 'prerouting_miniupnpd'),
            capture_output=True,
            text=True,
            check=True,
        )
        found = {}
        for line in done.stdout.splitlines():
            rule = re.search(r'th dport (\d+).*dnat ip to ([\d.]+):(\d+)', line)
            rule = rule or re.search(r'udp dport (\d+).*dnat ip to ([\d.]+):(\d+)', line)
            if rule:
                found[int(rule.group(1))] = (rule.group(2), int(rule.group(3)))
        return found

    def wait_for(self, test, timeout):
        end = time.monotonic() + timeout
        while not (found := test(self.find_open())) and time.monotonic() < end:
            time.sleep(0.05)
        return found
