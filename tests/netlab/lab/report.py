"""The figures of all scenarios, as tables for people."""

from . import nat

CELL = 25


def format_ms(value):
    return '–' if value is None else f'{value:.0f} ms'


def describe(stage):
    """One cell: the path in the end, and when it came; or that something is wrong."""
    path = stage.figures.get('path')
    if path is None:
        return 'no path' if stage.good else 'FAILED'
    kind = path['kind']
    text = (
        f"relay, {path.get('reason')}"
        if kind == 'relay'
        else f"{kind} {format_ms(stage.figures.get('path_ms'))}"
    )
    return text if stage.good else 'FAILED ' + text


def write_pairs(stages):
    """The 25 pairs: alice's NAT down, bob's across. Times count from alice's first `send`."""
    lines = [
        '',
        "Path in the end (alice's NAT down, bob's across; ms from first send to direct path)",
        ' ' * 15 + ''.join(kind.ljust(CELL) for kind in nat.KINDS),
    ]
    for a in nat.KINDS:
        cells = [
            describe(stages[f'pair/{a}-{b}']) if f'pair/{a}-{b}' in stages else ''
            for b in nat.KINDS
        ]
        lines.append(a.ljust(15) + ''.join(cell.ljust(CELL) for cell in cells))
    lines += ['', 'From the first send to the message at bob']
    for a in nat.KINDS:
        cells = [
            format_ms(stages[f'pair/{a}-{b}'].figures.get('first_ms'))
            if f'pair/{a}-{b}' in stages
            else ''
            for b in nat.KINDS
        ]
        lines.append(a.ljust(15) + ''.join(cell.ljust(CELL) for cell in cells))
    return [line.rstrip() for line in lines]


def describe_netcheck(found):
    """One line of the table."""
    if not found:
        return 'nothing found'
    ports = found['allocator']
    if ports == 'sequential':
        ports += f" {found['step']:+d}"
    if ports == 'block':
        ports += f" {found['block_first']}-{found['block_last']}"
    cells = [
        (found['mapping'], 27),
        (found['filtering'], 27),
        (ports, 18),
        (found['hairpin'], 8),
        (found['poisoned'], 8),
        (str(found['open_ttl'] or '–'), 4),
        (str(found['packets']), 8),
        (f"{found['took']:.1f} s", 0),
    ]
    return ''.join(text.ljust(width) for text, width in cells)


def write_netchecks(stages):
    """What udpnat-cli netcheck says behind each router."""
    titles = 'mapping'.ljust(27) + 'filtering'.ljust(27) + 'ports'.ljust(18)
    titles += 'hairpin poison  TTL packets time'
    lines = ['', 'What netcheck finds (by our server, and by coturn\'s)', ' ' * 24 + titles]
    for name, stage in stages.items():
        for who, figure in (('ours', 'netcheck'), ('coturn', 'netcheck-coturn')):
            if figure in stage.figures:
                label = f"{name.removeprefix('netcheck/')}, {who}"
                lines.append(label.ljust(24) + describe_netcheck(stage.figures[figure]))
    return lines


def write_tunnels(stages):
    """How soon people are there without UDP, and how soon with it again."""
    titles = 'start to registered'.ljust(21) + 'first message out, in'.ljust(24)
    titles += 'longest wait'.ljust(15) + 'back on UDP'
    lines = ['', 'Without UDP', ' ' * 28 + titles]
    for name, stage in stages.items():
        figures = stage.figures
        firsts = [format_ms(figures.get(f'first_{who}_ms')) for who in ('alice', 'bob')]
        back = figures.get('back_s')
        line = name.ljust(28) + format_ms(figures.get('registered_ms')).ljust(21)
        line += ', '.join(firsts).ljust(24) + format_ms(figures.get('longest_ms')).ljust(15)
        line += '–' if back is None else f'{back:.1f} s'
        lines.append(line + ('' if stage.good else '  FAILED'))
    return lines


def write_extra(stage):
    parts = [describe(stage)] if 'path' in stage.figures else ['' if stage.good else 'FAILED']
    if stage.figures.get('again_s') is not None:
        parts.append(f"registered again {stage.figures['again_s']:.2f} s after the server was back")
    if stage.figures.get('longest_ms') is not None:
        parts.append(f"longest wait for a message {format_ms(stage.figures['longest_ms'])}")
    if stage.figures.get('answer_s') is not None:
        parts.append(f"no port mapping, known after {stage.figures['answer_s']:.1f} s")
    if stage.figures.get('again_open_s') is not None:
        parts.append(f"the port open again {stage.figures['again_open_s']:.1f} s after it was lost")
    if stage.figures.get('launch_ms') is not None:
        parts.append(f"launch to first delivery {format_ms(stage.figures['launch_ms'])}")
    parts.append(stage.figures.get('crowd', ''))
    parts.append(stage.figures.get('abroad', ''))
    parts.append(stage.figures.get('idle', ''))
    parts += [f'\n    {line}' for line in stage.figures.get('trials', [])]
    return f'{stage.name:<32}' + '; '.join(part for part in parts if part)


def write_report(stages):
    lines = []
    table = {f'pair/{a}-{b}' for a in nat.KINDS for b in nat.KINDS}
    if table & stages.keys():
        lines += write_pairs(stages)
    netchecks = {name: stage for name, stage in stages.items() if name.startswith('netcheck/')}
    if netchecks:
        lines += write_netchecks(netchecks)
    tunnels = {name: stage for name, stage in stages.items() if name.startswith('tunnel/')}
    if tunnels:
        lines += write_tunnels(tunnels)
    extras = [
        stage
        for name, stage in sorted(stages.items())
        if name not in table and name not in netchecks and name not in tunnels
    ]
    if extras:
        lines += ['', *(write_extra(stage) for stage in extras)]
    return lines
