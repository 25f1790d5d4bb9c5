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


def write_extra(stage):
    parts = [describe(stage)] if 'path' in stage.figures else ['' if stage.good else 'FAILED']
    if stage.figures.get('again_s') is not None:
        parts.append(f"registered again {stage.figures['again_s']:.2f} s after the server was back")
    if stage.figures.get('longest_ms') is not None:
        parts.append(f"longest wait for a message {format_ms(stage.figures['longest_ms'])}")
    if stage.figures.get('answer_s') is not None:
        parts.append(f"no port mapping, known after {stage.figures['answer_s']:.1f} s")
    if stage.figures.get('launch_ms') is not None:
        parts.append(f"launch to first delivery {format_ms(stage.figures['launch_ms'])}")
    parts.append(stage.figures.get('idle', ''))
    return f'{stage.name:<22}' + '; '.join(part for part in parts if part)


def write_report(stages):
    lines = []
    if any(name.startswith('pair/') for name in stages):
        lines += write_pairs(stages)
    extras = [stage for name, stage in sorted(stages.items()) if not name.startswith('pair/')]
    if extras:
        lines += ['', *(write_extra(stage) for stage in extras)]
    return lines
