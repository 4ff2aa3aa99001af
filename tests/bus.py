#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A D-Bus server for one client after the other, which says hello and then takes every call, or
refuses it, and does nothing; or, silent, one that answers nobody.

    bus.py SOCKET [refuse|silent]
"""

import os
import socket
import struct
import sys
import time


def field(code, kind, value):
    text = struct.pack("<I", value) if kind == "u" else value.encode() + b"\0"
    if kind == "s":
        text = struct.pack("<I", len(value)) + text
    elif kind == "g":
        text = bytes([len(value)]) + text
    return struct.pack("<BB", code, 1) + kind.encode() + b"\0" + text


def padded(data):
    return data + b"\0" * (-len(data) % 8)


def reply(serial, text, error=None):
    fields = padded(field(5, "u", serial)) + field(8, "g", "s")
    if error:
        fields = padded(fields) + field(4, "s", error)
    body = struct.pack("<I", len(text)) + text.encode() + b"\0"
    kind = 3 if error else 2
    head = struct.pack("<cBBBIII", b"l", kind, 0, 1, len(body), serial, len(fields))
    return padded(head + fields) + body


def serve(client, error):
    stream = client.makefile("rb")
    if stream.readline() == b"\0AUTH EXTERNAL\r\n":
        client.sendall(b"DATA\r\n")
    client.sendall(b"OK " + b"0" * 31 + b"1\r\nAGREE_UNIX_FD\r\n")
    while stream.readline() not in (b"BEGIN\r\n", b""):
        pass
    hello = True
    while head := stream.read(16):
        body_size, serial, fields_size = struct.unpack("<III", head[4:])
        stream.read(fields_size + -fields_size % 8 + body_size)
        client.sendall(reply(serial, ":1.1") if hello else reply(serial, "not today", error))
        hello = False


server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1] + ".new")
server.listen()
os.rename(sys.argv[1] + ".new", sys.argv[1])
if sys.argv[2:] == ["silent"]:
    time.sleep(500)
while True:
    connection = server.accept()[0]
    try:
        serve(connection, "org.example.Refused" if sys.argv[2:] else None)
    except OSError:
        pass
