#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs a command with standard streams of any kind, plays what is at their other ends, and
sees whether the command leaves them as they were.

    stage.py [OPTION]... -- COMMAND [ARG]...

    --in=KIND[:FILE]     stdin; FILE's bytes come out of it (null)
    --out=KIND           stdout; what comes is collected in the file "stage.1" (pipe)
    --err=KIND           stderr; in "stage.2" (file)
    --hangup=STREAM      once the line "ready" has come, close STREAM's other end;
                         STREAM=read and STREAM=write shut down half of a socket
    --watch              then print how often COMMAND was scheduled in a quarter of a second,
                         and send it TERM

KIND is
    pipe file append null full closed tty socket
    broken   a pipe that nobody reads
    stuck    a full pipe that nobody empties before COMMAND is gone
    lazy     an empty pipe that nobody reads before COMMAND is gone
    deaf     a socket that nobody reads before COMMAND is gone
    same     stdout's own open file (stderr only)

COMMAND is in a session of its own without a terminal; a tty is raw. The status is COMMAND's,
or 128 + its signal. A line for each stream that it left with other flags or modes is printed,
and the status is 96 then.
"""

import fcntl
import os
import select
import socket
import subprocess
import sys
import termios
import time
import tty

NAMES = ('in', 'out', 'err')
WATCH_SECONDS = 0.25
SETTLE_SECONDS = 30
STATUS_CHANGED = 96


class Stream:
    """FD is the command's end and PEER the other one; None is closed."""

    def __init__(self, number, wanted, stdout=None):
        self.number = number
        self.kind, _, self.input = wanted.partition(':')
        self.path = f'stage.{number}'
        self.fd = self.peer = None
        self.data = bytearray()  # to be written; or what has come
        if self.kind == 'same':
            self.fd = os.dup(stdout.fd)
        else:
            getattr(self, 'open_' + self.kind)()
        if self.fd is not None:  # out of the way of 0 to 2, whichever of them are closed
            low, self.fd = self.fd, fcntl.fcntl(self.fd, fcntl.F_DUPFD_CLOEXEC, 10)
            os.close(low)
        self.before = self.state()
        if self.number == 0 and self.input and self.peer is not None:
            with open(self.input, 'rb') as file:
                self.data = memoryview(file.read())
        if self.peer is not None:
            os.set_blocking(self.peer, False)

    def open_pipe(self):
        ends = os.pipe()
        self.fd, self.peer = ends if self.number == 0 else reversed(ends)

    def open_stuck(self):
        self.open_pipe()
        os.set_blocking(self.fd, False)
        try:
            while True:
                os.write(self.fd, b'\0' * 4096)
        except BlockingIOError:
            os.set_blocking(self.fd, True)

    def open_lazy(self):
        self.open_pipe()

    def open_deaf(self):
        self.open_socket()

    def open_broken(self):
        self.open_pipe()
        self.close_peer()

    def open_socket(self):
        self.fd, self.peer = (end.detach() for end in socket.socketpair())

    def open_tty(self):
        self.peer, self.fd = os.openpty()
        tty.setraw(self.fd)

    def open_file(self, flags=os.O_TRUNC):
        if self.number == 0:
            self.fd = os.open(self.input, os.O_RDONLY | flags & os.O_APPEND)
        else:
            self.fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | flags, 0o644)

    def open_append(self):
        self.open_file(os.O_APPEND)

    def open_null(self):
        self.fd = os.open('/dev/null', os.O_RDWR)

    def open_full(self):
        self.fd = os.open('/dev/full', os.O_RDWR)

    def open_closed(self):
        pass

    def state(self):
        if self.fd is None:
            return None
        flags, modes = fcntl.fcntl(self.fd, fcntl.F_GETFL), None
        if self.kind == 'tty' and self.peer is not None:
            modes = termios.tcgetattr(self.fd)
        return flags, modes

    def events(self):
        if self.number > 0:
            return 0 if self.kind in ('stuck', 'lazy', 'deaf') else select.POLLIN
        return select.POLLOUT if self.data else 0

    def move(self):
        """Feed or collect once; at the end of it, hang up."""
        try:
            if self.number == 0:
                self.data = self.data[os.write(self.peer, self.data):]
                if not self.data and self.kind != 'tty':
                    self.close_peer()
                return
            data = os.read(self.peer, 65536)
        except BlockingIOError:
            return
        except OSError:  # EPIPE; EIO: nobody has the terminal any more
            data = b''
        if not data:
            self.close_peer()
        self.data += data

    def hang_up(self, half):
        if not half:
            self.close_peer()
            return
        end = socket.socket(fileno=os.dup(self.peer))
        end.shutdown(socket.SHUT_RD if half == 'read' else socket.SHUT_WR)
        end.close()

    def close_peer(self):
        if self.peer is not None:
            os.close(self.peer)
        self.peer = None

    def judge(self):
        """The command is gone: how did it leave its end?"""
        after = self.state()
        if self.fd is not None:
            os.close(self.fd)
        if after == self.before or (after[0] == self.before[0] and not after[1]):
            return 0
        print(f'{NAMES[self.number]}: {self.kind}: {self.before} became {after}')
        return STATUS_CHANGED

    def collect(self):
        """The rest, to the end; into the file."""
        while self.number > 0 and self.peer is not None:
            select.select([self.peer], [], [])
            self.move()
        if self.number > 0 and self.kind not in ('file', 'append'):
            with open(self.path, 'wb') as file:
                file.write(self.data)


def switches(pid):
    """Of the process and whoever else runs the same program for it; each millisecond that one
    runs counts as one, for who is never preempted has no switches. And whether all are asleep."""
    total, asleep = 0, True
    with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as file:
        children = file.read().split()
    for each in [pid, *children]:
        if os.readlink(f'/proc/{each}/exe') != os.readlink(f'/proc/{pid}/exe'):
            continue
        with open(f'/proc/{each}/status', encoding='ascii') as file:
            lines = file.readlines()
        asleep &= 'State:\tS (sleeping)\n' in lines
        total += sum(int(line.split()[1]) for line in lines if 'ctxt_switches' in line)
        with open(f'/proc/{each}/schedstat', encoding='ascii') as file:
            total += int(file.read().split()[0]) // 1000000
    return total, asleep


def settle(pid):
    """Until the program has had nothing to do for a while; one that stands still has, perhaps."""
    seen, end = None, time.monotonic() + SETTLE_SECONDS
    while (now := switches(pid)) != (seen, True) and time.monotonic() < end:
        seen = now[0]
        time.sleep(0.05)


def watch(process):
    settle(process.pid)
    before, _ = switches(process.pid)
    time.sleep(WATCH_SECONDS)
    print(f'scheduled {switches(process.pid)[0] - before} times')
    process.terminate()


def start(command, streams):
    def arrange():
        for stream in streams:
            if stream.fd is None:
                os.close(stream.number)
            else:
                os.dup2(stream.fd, stream.number)
    return subprocess.Popen(command, preexec_fn=arrange, start_new_session=True)


def play(streams, pidfd, until):
    """Keep the streams moving until the command is gone or UNTIL says so."""
    while not until():
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        for stream in streams:
            if stream.peer is not None:
                poll.register(stream.peer, stream.events())
        ready = [fd for fd, _ in poll.poll()]
        for stream in streams:
            if stream.peer in ready and stream.peer is not None:
                if stream.events():
                    stream.move()
                else:  # nothing to do but to notice that the command has closed its end
                    stream.close_peer()
        if pidfd in ready:
            return


def main(args):
    wanted = {'in': 'null', 'out': 'pipe', 'err': 'file'}
    hangups, watching = [], False
    while args[0] != '--':
        name, _, value = args.pop(0)[2:].partition('=')
        if name == 'hangup':
            hangups.append(value.partition('='))
        elif name == 'watch':
            watching = True
        else:
            wanted[name] = value
    stdin, stdout = Stream(0, wanted['in']), Stream(1, wanted['out'])
    streams = [stdin, stdout, Stream(2, wanted['err'], stdout)]
    process = start(args[1:], streams)
    pidfd = os.pidfd_open(process.pid)
    if hangups or watching:
        play(streams, pidfd, lambda: any(b'ready\n' in bytes(s.data) for s in streams[1:]))
        for name, _, half in hangups:
            streams[NAMES.index(name)].hang_up(half)
    if watching:
        watch(process)
    play(streams, pidfd, lambda: False)
    status = process.wait()
    changed = max([stream.judge() for stream in streams])
    for stream in streams:
        stream.collect()
    return changed or (status if status >= 0 else 128 - status)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
