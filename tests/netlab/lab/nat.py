"""The NATs, as nftables rules for a router with the interfaces `lan` and `wan`. Words of RFC 4787
in brackets.

What is not obvious about Linux:
 - Masquerading keeps the source port and so maps endpoint-independently, but only while nothing
   unsolicited gets a conntrack entry: a packet from P that is accepted by INPUT claims the tuple,
   and the answer towards P then leaves from another port. Hence the drop in INPUT of each.
 - A NAT that lets in more than conntrack knows needs a table of its own: the map `inside`, filled
   on the way out.
 - No rule touches what comes from `lan` for the router's own public address, so none hairpins but
   the one that is named for it.
 - `numgen` and `jhash` give a port in the host's byte order: on a little-endian machine a map, or
   an even spread, hides that; counting up does not.
"""

KINDS = ('public', 'fullcone', 'restricted', 'portrestricted', 'symmetric')

# RFC 4787: how a NAT maps, and whom it lets in: EI, AD or APD (endpoint-independent, address- (and
# port-) dependent)
BEHAVIOUR = {
    'public': ('EI', 'EI'),
    'fullcone': ('EI', 'EI'),
    'restricted': ('EI', 'AD'),
    'portrestricted': ('EI', 'APD'),
    'symmetric': ('APD', 'APD'),
    'leaky': ('EI', 'APD'),
    'hairpin': ('EI', 'EI'),
    'hashed': ('EI', 'APD'),
    'byaddress': ('AD', 'APD'),
    'sequential': ('APD', 'APD'),
    'block': ('APD', 'APD'),
    'bigblock': ('APD', 'APD'),
}

# Not for pairs of people, but for tests of what is known of them.
MORE_KINDS = ('leaky', 'hairpin', 'hashed', 'byaddress', 'sequential', 'block')
BLOCK = (30000, 30511)

_DROP_UNSOLICITED = '''
table ip guard {
  chain to_router {
    type filter hook input priority filter;
    iifname "wan" ct state new drop
  }
}
'''

_MASQUERADE = '''
table ip translate {
  chain out {
    type nat hook postrouting priority srcnat;
    oifname "wan" masquerade
  }
}
'''

_MASQUERADE_RANDOM = _MASQUERADE.replace('masquerade', 'masquerade random,fully-random')

# Whoever sends to a mapped port is passed to the host that holds it.
_CONE = '''
table ip translate {
  map inside {
    type inet_service : ipv4_addr . inet_service
    flags dynamic,timeout
    timeout 300s
    size 65536
  }
  chain in {
    type nat hook prerouting priority dstnat;
    iifname "wan" meta l4proto udp dnat to udp dport map @inside
  }
  chain out {
    type nat hook postrouting priority srcnat;
    oifname "wan" meta l4proto udp update @inside { udp sport timeout 300s : ip saddr . udp sport }
    oifname "wan" snat to WAN
  }
}
'''

# On top of that: only from an address that this inside port has sent to.
_ONLY_KNOWN_ADDRESSES = '''
table ip filter_known {
  set known {
    type ipv4_addr . inet_service . ipv4_addr
    flags dynamic,timeout
    timeout 300s
    size 65536
  }
  chain through {
    type filter hook forward priority filter; policy drop;
    iifname "lan" meta l4proto udp update @known { ip saddr . udp sport . ip daddr timeout 300s }
    iifname "lan" accept
    ct state established,related accept
    iifname "wan" ip daddr . udp dport . ip saddr @known accept
  }
}
'''

# A host behind it is reached by its public address from the inside, too, and as RFC 4787 REQ-9
# wants it: with a public source.
_HAIRPIN = _CONE.replace('iifname "wan" meta', 'ip daddr WAN meta').replace(
    '    oifname "wan" snat to WAN',
    '    oifname "wan" snat to WAN\n'
    '    iifname "lan" oifname "lan" ct status dnat snat to WAN',
)

_HASH = 'snat to WAN : jhash {} mod 20000 seed 0xdeadbeef offset 30000'
_MASQUERADE_HASHED = _MASQUERADE.replace(
    'masquerade', 'meta l4proto udp ' + _HASH.format('ip saddr . udp sport')
)
_MASQUERADE_BY_ADDRESS = _MASQUERADE.replace(
    'masquerade', 'meta l4proto udp ' + _HASH.format('ip saddr . udp sport . ip daddr')
)
_MASQUERADE_BLOCK = _MASQUERADE.replace(
    'masquerade', f'meta l4proto udp snat to WAN:{BLOCK[0]}-{BLOCK[1]} random,fully-random'
)
_MASQUERADE_BIG_BLOCK = _MASQUERADE_BLOCK.replace(str(BLOCK[1]), str(BLOCK[0] + 1023))
_PORTS = ', '.join(f'{i} : {BLOCK[0] + i}' for i in range(BLOCK[1] - BLOCK[0] + 1))
_MASQUERADE_SEQUENTIAL = _MASQUERADE.replace(
    'masquerade',
    f'meta l4proto udp snat to WAN : numgen inc mod {BLOCK[1] - BLOCK[0] + 1} map {{ {_PORTS} }}',
)

_RULES = {
    'fullcone': _CONE + _DROP_UNSOLICITED,
    'restricted': _CONE + _ONLY_KNOWN_ADDRESSES + _DROP_UNSOLICITED,
    'portrestricted': _MASQUERADE + _DROP_UNSOLICITED,
    'symmetric': _MASQUERADE_RANDOM + _DROP_UNSOLICITED,
    'leaky': _MASQUERADE,
    'hairpin': _HAIRPIN + _DROP_UNSOLICITED,
    'hashed': _MASQUERADE_HASHED + _DROP_UNSOLICITED,
    'byaddress': _MASQUERADE_BY_ADDRESS + _DROP_UNSOLICITED,
    'sequential': _MASQUERADE_SEQUENTIAL + _DROP_UNSOLICITED,
    'block': _MASQUERADE_BLOCK + _DROP_UNSOLICITED,
    'bigblock': _MASQUERADE_BIG_BLOCK + _DROP_UNSOLICITED,
}


def write_rules(kind, wan):
    return _RULES[kind].replace('WAN', wan)


def expect_direct(a, b):
    """Whether two people behind these NATs can have a direct path, by punching or by a search.

    Only one pair cannot: both map and filter by address and port; unless both count ports up."""
    if a == b == 'sequential':
        return True
    return not {BEHAVIOUR[a], BEHAVIOUR[b]} <= {('APD', 'APD'), ('AD', 'APD')}


def write_cut(other):
    """Rules for a router: nothing goes to, or comes from, another router. The server stays in
    reach."""
    return f'''
table ip cut {{
  chain in {{
    type filter hook prerouting priority -300;
    ip saddr {other} drop
  }}
  chain out {{
    type filter hook forward priority -10;
    ip daddr {other} drop
  }}
}}
'''


def write_cut_one_way(other, direction):
    """Rules for a router: as write_cut(), but only what goes 'out', or what comes 'in'."""
    rules = {
        'in': f'type filter hook prerouting priority -300; ip saddr {other} drop',
        'out': f'type filter hook forward priority -10; ip daddr {other} drop',
    }
    return f'table ip cut_one_way {{ chain cut {{ {rules[direction]}; }}; }}'


def write_blackout(is_dark):
    """Rules for a router: nothing passes, or everything again."""
    rule = 'type filter hook forward priority -20; policy drop;'
    return f'table ip blackout {{ chain through {{ {rule} }}; }}' if is_dark else (
        'delete table ip blackout'
    )


def write_other_ports(first):
    """Rules for a router that masquerades: from now on by other ports, and still the same one for
    every destination."""
    return f'''
flush chain ip translate out
add rule ip translate out oifname "wan" meta l4proto udp masquerade to :{first}-{first + 4999}
add rule ip translate out oifname "wan" masquerade
'''


def write_moving_ports(wan):
    """Rules for a router that masquerades: by the port that the map names, else by the host's."""
    return f'''
add map ip translate moved {{ type inet_service : inet_service; }}
flush chain ip translate out
add rule ip translate out oifname "wan" meta l4proto udp snat to {wan} : udp sport map @moved
add rule ip translate out oifname "wan" masquerade
'''


def write_move(port, before, after):
    """By another port from now on, when a flow begins. Before: the one until now, or None."""
    old = f'delete element ip translate moved {{ {port} : {before} }}\n' if before else ''
    return f'{old}add element ip translate moved {{ {port} : {after} }}\n'
