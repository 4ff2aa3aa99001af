#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whether every byte is delivered, logged and counted, whatever the streams are, whoever reads
them at whatever pace, and whatever looks at them on the way.

    mix.py SEED TIMES CORDON

For SEED and the numbers after it, CORDON runs "mix.py --talk NUMBER", which writes to both of its
streams. The number says what, to what kinds of streams, who reads how, and with which options. What
arrives, the log, the report and the status are then compared with what they have to be. A line says
what is not so in which case; the status is 1 then.
"""

import fcntl
import json
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import time
import tty

BOUND_SECONDS = 50
PREFIX = b'> '
STREAMS = {1: 'stdout', 2: 'stderr'}


def script(number):
    """What is written: pairs of a stream and its bytes."""
    rng = random.Random(f'script {number}')
    alphabet = rng.choice((b'abcdef\n', b'\n', b'abc', b'\0\\n\n', bytes(range(256))))
    text = bytes(rng.choices(alphabet, k=997))
    most = rng.choice((1, 100, 5000, 65536, 1 << 20))
    left = min(rng.choice((0, 1, 5000, 300000, 1000000)), 300 * most)
    while left > 0:
        size = min(left, rng.randint(1, most))
        yield rng.choice((1, 2)), (text * (size // len(text) + 1))[:size]
        left -= size


def talk(number):
    rng = random.Random(f'talk {number}')
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for stream, piece in script(number):
        while piece:
            piece = piece[os.write(stream, piece):]
        if rng.random() < 0.02:
            time.sleep(rng.uniform(0, 0.02))
    return number % 3


class Reader:
    """Of the descriptor FD, until its end; or he leaves."""

    def __init__(self, rng, fd):
        self.rng, self.fd = rng, fd
        self.data = bytearray()
        self.kind = rng.choice(('fast', 'slow', 'late', 'leaving'))
        self.patience = rng.choice((0, 1, 1000, 300000)) if self.kind == 'leaving' else None
        self.due = time.monotonic() + (rng.uniform(0, 0.5) if self.kind in ('late', 'leaving') else 0)
        os.set_blocking(fd, False)

    def leaves(self):
        return self.kind == 'leaving' and len(self.data) >= self.patience

    def read(self):
        """False: that was all."""
        slow = self.kind == 'slow' and len(self.data) < 3000
        try:
            data = os.read(self.fd, self.rng.choice((4096, 5000) if slow else (4096, 65536)))
        except BlockingIOError:
            return True
        except OSError:  # EIO: nobody has the terminal any more
            return False
        self.data += data
        if self.kind == 'slow':
            self.due = time.monotonic() + self.rng.choice((0, 0.001, 0.01))
        return len(data) > 0


def open_stream(kind, name):
    """The command's end, and the other one if somebody has to read there."""
    if kind == 'pipe':
        return os.pipe()[::-1]
    if kind == 'socket':
        return [end.detach() for end in socket.socketpair()]
    if kind == 'tty':
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        return theirs, ours
    if kind == 'fifo':
        os.mkfifo(name)
        reader = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
        return os.open(name, os.O_WRONLY), reader
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if kind == 'append' else 0)
    return os.open('/dev/null' if kind == 'null' else name, flags, 0o644), None


class Case:
    def __init__(self, number, cordon):
        self.number = number
        self.rng = rng = random.Random(f'case {number}')
        self.text = {1: b'', 2: b''}
        pieces = list(script(number))
        for stream, piece in pieces:
            self.text[stream] += piece
        kinds = ('pipe', 'pipe', 'fifo', 'file', 'append', 'socket', 'tty', 'null')
        self.kinds = {1: rng.choice(kinds), 2: rng.choice((*kinds, 'same', 'same'))}
        self.options = ['-q', '--json=report.json', '--tail=5', '--stdout=relay', '--stderr=relay']
        pty = rng.random() < 0.15
        if pty:
            self.options[3:] = ['--pty']
        self.merged = pty or self.kinds[2] == 'same'
        if self.merged:
            self.text = {1: b''.join(piece for _, piece in pieces), 2: b''}
        self.packets = not pty and rng.random() < 0.15
        self.options += ['--packets'] * self.packets
        self.prefix = rng.random() < 0.2
        self.options += [f'--prefix={PREFIX.decode()}'] * self.prefix
        self.limit = None
        if rng.random() < 0.2:
            self.limit = rng.choice((1, 4096, len(self.text[1]) or 1, 70000))
            self.options.append(f'--output-limit={self.limit}')
        self.options += rng.choice(([], ['-t', '45'], ['--idle-timeout=45'], ['--drain=0.1'],
                                    ['--progress=always']))
        self.log = rng.choice((None, 'file', 'fifo', 'fifo'))
        self.options += ['--log=log'] * (self.log is not None)
        self.command = [cordon, *self.options, sys.executable, sys.argv[0], '--talk', str(number)]
        self.readers = {}

    def start(self):
        ends = {}
        for stream, kind in self.kinds.items():
            if kind == 'same':
                ends[stream] = os.dup(ends[1])
                continue
            ends[stream], peer = open_stream(kind, STREAMS[stream])
            if peer is not None:
                self.readers[stream] = Reader(self.rng, peer)
        if self.log == 'fifo':
            os.mkfifo('log')
            self.readers['log'] = Reader(self.rng, os.open('log', os.O_RDONLY | os.O_NONBLOCK))
        high = {fd: fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for fd, end in ends.items()}
        process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, start_new_session=True,
                                   preexec_fn=lambda: [os.dup2(high[fd], fd) for fd in high])
        for fd in (*ends.values(), *high.values()):
            os.close(fd)
        return process

    def play(self, process):
        """Until the process is gone and all is read. False: that took too long."""
        end = time.monotonic() + BOUND_SECONDS
        reading = set(self.readers.values())
        while reading or process.poll() is None:
            now, gone = time.monotonic(), process.poll() is not None
            if now > end:
                return False
            poll = select.poll()
            for reader in reading:
                if gone or reader.due <= now:
                    poll.register(reader.fd, select.POLLIN)
            ready = {fd for fd, _ in poll.poll(1 if reading else 5)}
            for reader in list(reading):
                # Before cordon opens a FIFO, that has an end, too.
                if reader.leaves() and reader.due <= now or (
                        reader.fd in ready and not reader.read() and gone):
                    os.close(reader.fd)
                    reading.remove(reader)
        return True

    def received(self, stream):
        """Without what cordon itself has to say; None: nobody knows."""
        if stream in self.readers:
            data = bytes(self.readers[stream].data)
        elif self.kinds[stream] in ('file', 'append'):
            with open(STREAMS[stream], 'rb') as file:
                data = file.read()
        else:
            return None
        data = data.split(b'cordon: ', 1)[0]
        if not self.prefix:
            return data
        lines = data.splitlines(True)
        if lines and PREFIX.startswith(lines[-1]):
            lines.pop()  # whoever left has read no more of it
        return b''.join(line.removeprefix(PREFIX) for line in lines) if \
            not re.search(rb'[\r\x0b\x0c\x1c-\x1e\x85]', data) else None

    def logged(self):
        """What the log has of either stream."""
        data = bytes(self.readers['log'].data) if self.log == 'fifo' else open('log', 'rb').read()
        text = {1: b'', 2: b''}
        for record in data.split(b'\n')[:-1]:
            _, stream, mark, line = record.split(b' ', 3)
            if self.packets:
                line = re.sub(rb'\\(.)', lambda found: found[1].replace(b'n', b'\n'), line,
                              flags=re.DOTALL)
            text[1 if stream == b'stdout' else 2] += line + b'\n' * (mark == b'F')
        return text

    def judge(self, status):
        left = {name for name, reader in self.readers.items() if reader.kind == 'leaving'}
        whole = sum(map(len, self.text.values()))
        hit = self.limit is not None and self.limit < whole
        exact = not hit and not left & {1, 2}
        with open('report.json', encoding='utf-8') as file:
            report = json.load(file)
        counted = 0
        for stream, wanted in self.text.items():
            figures = report['streams'][STREAMS[stream]]
            counted += figures['bytes'] or 0
            got = self.received(stream)
            if exact and (figures['bytes'] or 0, figures['lines'] or 0) != (
                    len(wanted), wanted.count(b'\n') + (wanted[-1:] not in (b'', b'\n'))):
                yield f'{STREAMS[stream]}: {figures["bytes"]} bytes are reported'
            if got is None or (stream == 2 and self.merged):
                continue
            if not (got == wanted if exact else wanted.startswith(got)):
                yield f'{STREAMS[stream]}: {len(got)} of {len(wanted)} bytes, or wrong ones'
            if stream not in left and len(got) != figures['bytes']:
                yield f'{STREAMS[stream]}: {len(got)} bytes, {figures["bytes"]} are reported'
        if hit and not left & {1, 2} and counted != self.limit:
            yield f'{counted} bytes of a limit of {self.limit}'
        if self.log and 'log' not in left:
            logged = self.logged()
            if not report['log']['complete']:
                yield 'the log is reported not to be complete'
            for stream, wanted in self.text.items():
                if not (logged[stream] == wanted if exact else wanted.startswith(logged[stream])):
                    yield f'log: {len(logged[stream])} of {len(wanted)} bytes, or wrong ones'
            if not left & {1, 2} and sum(map(len, logged.values())) != counted:
                yield f'log: {sum(map(len, logged.values()))} bytes, {counted} were delivered'
        allowed = {self.number % 3}
        if hit:
            allowed |= {-signal.SIGTERM, -signal.SIGPIPE}
        if left & {1, 2}:
            allowed |= {-signal.SIGPIPE, -signal.SIGHUP}
        if status not in allowed:
            yield f'the status is {status}'


def run(number, cordon):
    directory = f'mix.{number}'
    os.mkdir(directory)
    os.chdir(directory)
    case = Case(number, cordon)
    process = case.start()
    if case.play(process):
        faults = list(case.judge(process.wait()))
    else:
        faults = ['it does not end']
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for fault in faults:
        kinds = {name: reader.kind for name, reader in case.readers.items()}
        print(f'{number}: {fault}; {" ".join(case.options)}; {case.kinds}, {kinds}', flush=True)
    os.chdir('..')
    subprocess.run(['rm', '-r', directory], check=True)
    return not faults


def main(args):
    if args[0] == '--talk':
        return talk(int(args[1]))
    first, times, cordon = int(args[0]), int(args[1]), args[2]
    return 0 if all([run(number, cordon) for number in range(first, first + times)]) else 1


if __name__ == '__main__':
    sys.argv[0] = os.path.abspath(sys.argv[0])
    sys.exit(main(sys.argv[1:]))
