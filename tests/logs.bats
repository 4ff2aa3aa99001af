#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What sees the output on its way: --log, --timestamps, --prefix, --output-limit, --line-limit,
# --packets.

load helper

# stage ARG...: see stage.py; what came is in the files stage.1 and stage.2.
stage() {
	bounded_run /usr/bin/python3 "$SRC/tests/stage.py" "$@"
}

# bare_log: the log's records without their times, which have to be RFC 3339 in order.
bare_log() {
	local file=log
	if grep -vE '^[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}\.[0-9]{6}[+-][0-9]{2}:[0-9]{2} std(out|err) [FP] ' "$file"; then
		return 1
	fi
	cut -d ' ' -f 1 "$file" | sort -c || return
	cut -d ' ' -f 2- "$file"
}

# has_size BYTES FILE: it has at least so many.
has_size() {
	(($(stat -c %s "$2") >= $1))
}

MIB=1048576

# --- logs ------------------------------------------------------------------------------

@test "a log has every line of both streams, in the order in which they came, with its stream" {
	cordon_run -q --log=log --json=report.json sh -c 'echo one
		until grep -q one log; do sleep 0.01; done; echo two >&2
		until grep -q two log; do sleep 0.01; done; echo three'
	assert_success
	assert_equal "$stdout" $'one\nthree'
	assert_equal "$stderr" two
	assert_equal "$(bare_log)" $'stdout F one\nstderr F two\nstdout F three'
	assert_equal "$(report '.log | .path, .bytes, .complete, .error')" \
		"$(printf '%s\n' log "$(stat -c %s log)" true null)"
}

@test "a line that never ends is in the log, and one that comes in pieces is one line" {
	cordon_run -q --log=log sh -c 'printf on; sleep 0.1; printf "e\n"; printf "two" >&2'
	assert_success
	assert_equal "$(bare_log)" $'stdout F one\nstderr P two'
}

@test "a log is complete, byte for byte" {
	cordon_run -q --log=log "$VICTIM" spam $((16 * MIB))
	assert_success
	cmp "$out" <("$VICTIM" spam $((16 * MIB)))
	cmp "$out" <(bare_log | sed 's/^stdout F //')
}

@test "a log has what any bytes are, a line of any length in pieces" {
	{ head -c 100000 /dev/urandom; printf 'x%.0s' {1..100000}; head -c 100000 /dev/urandom; } >input
	cordon_run -q --log=log cat input
	cmp input "$out"
	/usr/bin/python3 - <<-'EOF'
		text = b''
		for record in open('log', 'rb').read().split(b'\n')[:-1]:
		    time, stream, mark, line = record.split(b' ', 3)
		    assert stream == b'stdout' and len(line) <= 16384
		    text += line + (b'\n' if mark == b'F' else b'')
		assert text == open('input', 'rb').read()
	EOF
}

@test "a log is emptied first, or with --append added to" {
	echo 'something that is longer than a line of a log, much longer than that, and more' >log
	cordon_run -q --log=log echo one
	assert_equal "$(bare_log)" 'stdout F one'
	cordon_run -q --append --log=log echo two
	assert_equal "$(bare_log)" $'stdout F one\nstdout F two'
}

@test "a log has what goes to a terminal, to a file, to nowhere" {
	stage --out=tty --err=tty -- "$CORDON" -q --log=log sh -c 'echo one; sleep 0.1; echo two >&2'
	assert_success
	assert_equal "$(bare_log)" $'stdout F one\nstderr F two'
	cordon_run -q --log=log --stdout=file --stderr=null --json=report.json \
		sh -c 'echo one; sleep 0.1; echo two >&2'
	assert_success
	assert_equal "$(<file)" one
	assert_equal "$stdout$stderr" ''
	assert_equal "$(bare_log)" $'stdout F one\nstderr F two'
	assert_equal "$(report '.streams | .stdout.mode, .stderr.mode, .stdout.bytes')" $'file\nnull\n4'
}

@test "one file for both streams keeps its order under a log" {
	cordon_run -q --log=log --stdout=file --stderr=file "$VICTIM" write-both 1000
	assert_success
	assert_equal "$(<file)" "$(seq 1000)"
	assert_equal "$(bare_log)" "$(seq 1000 | sed 's/^/stdout F /')"
}

@test "a log does not need a reader of the streams" {
	stage --out=broken -- "$CORDON" -q --log=log sh -c 'trap "" PIPE; echo one; exit 3'
	assert_equal "$status" 3
	stage --out=closed --err=null -- "$CORDON" -q --log=log sh -c 'echo one >&2; exit 3'
	assert_equal "$status" 3
	assert_equal "$(bare_log)" 'stderr F one'
}

@test "a log that cannot be opened stops the run, or with --log-optional is a warning" {
	local file
	mkdir directory
	for file in absent/log directory; do
		cordon_run --log=$file touch started
		assert_equal "$status" 125
		assert_regex "$stderr" "^cordon: --log: cannot write to '$file': "
		refute test -e started
		cordon_run -q --log=$file --log-optional --json=report.json echo text
		assert_success
		assert_equal "$stdout" text
		assert_regex "$stderr" "^cordon: --log=$file: cannot open: "
		assert_equal "$(report '.log | .bytes, .complete, .error != null')" $'0\nfalse\ntrue'
	done
}

@test "a log may not be where a stream goes" {
	echo before >file
	cordon_run --log=file --stdout=file touch started
	assert_equal "$status" 125
	assert_equal "$(head -n 1 "$err")" 'cordon: --log=file: is where the stream itself goes'
	assert_equal "$(<file)" before
	refute test -e started
	# Nor is one that cordon was given for it, or it would be emptied and written over.
	local option
	for option in --log=file --log=/dev/stdout '--log=file --pty' '--log=file --log-optional'; do
		# shellcheck disable=SC2016,SC2086
		bounded_run sh -c 'exec "$@" >>file' sh "$CORDON" $option touch started
		assert_equal "$status" 125
		assert_equal "$stderr" "cordon: ${option%% *}: is where the stream itself goes"
		assert_equal "$(<file)" before
		refute test -e started
	done
}

@test "a log on a full disk is a warning and in the report, and the command is not harmed" {
	cordon_run -q --log=/dev/full --json=report.json "$VICTIM" spam $MIB
	assert_success
	cmp "$out" <("$VICTIM" spam $MIB)
	assert_equal "$stderr" 'cordon: --log=/dev/full: cannot write: No space left on device'
	assert_equal "$(report '.log | .bytes, .complete, .error')" \
		$'0\nfalse\nNo space left on device'
}

@test "what fits on a disk is in the log before it is full" {
	need root unshare
	bounded_run unshare -m sh -c 'mkdir small && mount -t tmpfs -o size=64k none small &&
		{ "$@" | cksum; stat -c %s small/log; }' - \
		"$CORDON" -q --log=small/log "$VICTIM" spam $MIB
	assert_equal "$stdout" "$("$VICTIM" spam $MIB | cksum)"$'\n65536'
	assert_equal "$stderr" 'cordon: --log=small/log: cannot write: No space left on device'
}

@test "a limit is kept although nobody reads the log" {
	mkfifo fifo
	exec 7<>fifo
	local began=${EPOCHREALTIME/[.,]/}
	cordon_run -q -t 0.5 "$(once "test -s '$out'")" --drain=0.1 --log=fifo --json=report.json "$VICTIM" spam $((64 * MIB))
	((${EPOCHREALTIME/[.,]/} - began < 20000000))
	exec 7<&-
	assert_equal "$status" 124
	assert_equal "$stderr" 'cordon: --log=fifo: its reader did not take all of it'
	assert_equal "$(report '.log | .complete, .error')" $'false\nnull'
	local bytes
	bytes=$(report .streams.stdout.bytes)
	((bytes > 0 && bytes < MIB))
	cmp "$out" <("$VICTIM" spam "$bytes")
}

@test "a reader of the log that takes its time gets everything" {
	mkfifo fifo
	cordon_start -q --log=fifo "$VICTIM" spam $MIB
	exec 7<fifo
	sleep 0.2
	cat <&7 >log
	exec 7<&-
	cordon_wait
	assert_success
	cmp "$out" <(bare_log | sed 's/^stdout F //')
}

@test "a reader of the log that leaves does not harm the command" {
	local i
	mkfifo fifo
	"$VICTIM" spam $MIB >wanted
	for ((i = 0; i < 20; i++)); do # it may be noticed in several places
		cordon_start -q --log=fifo "$VICTIM" spam $MIB
		head -n 1 fifo >first
		cordon_wait
		assert_success
		cmp "$out" wanted
		assert_equal "$stderr" 'cordon: --log=fifo: cannot write: Broken pipe'
	done
}

@test "a log has what came before the terminal was hung up, although its reader is slow" {
	cat >hang_up <<-'EOF'
		import os, select, subprocess, sys, tty
		os.mkfifo('fifo')
		log = os.open('fifo', os.O_RDONLY | os.O_NONBLOCK)
		ours, theirs = os.openpty()
		tty.setraw(theirs)
		child = subprocess.Popen([sys.argv[1], '-q', '--pty', '--log=fifo', 'head', '-c', '1000000',
		                          '/dev/zero'], stdout=theirs)
		os.close(theirs)
		seen = 0
		while select.select([ours], [], [], 0.5 if seen else 30)[0]:
		    seen += len(os.read(ours, 65536))
		os.close(ours)
		text = b''
		while select.select([log], [], []) and (more := os.read(log, 65536)):
		    text += more
		child.wait()
		logged = sum(len(record.split(b' ', 3)[3]) for record in text.splitlines())
		assert 0 < seen <= logged < 1000000, (seen, logged)
	EOF
	bounded_run /usr/bin/python3 hang_up "$CORDON"
	assert_equal "$stderr" ''
	assert_success
}

@test "a reader of the output that leaves while the log's does not read causes no busy loop" {
	mkfifo fifo
	exec 7<>fifo
	stage --hangup=out --watch -- "$CORDON" -q --log=fifo sh -c \
		'head -c '$MIB' /dev/zero >&2 & until [ "$(stat -c %s stage.2)" -gt 200000 ]; do sleep 0.01; done
		sleep 0.1; echo ready; exec "$VICTIM" trap TERM 0'
	exec 7<&-
	assert_equal "$stdout" 'scheduled 0 times'
}

# --- marks -----------------------------------------------------------------------------

@test "with --prefix every line has it, once" {
	cordon_run -q --prefix='a> ' sh -c 'printf "one\n\ntw"; sleep 0.1; printf "o\nthree"; echo err >&2'
	assert_success
	assert_equal "$stdout" $'a> one\na> \na> two\na> three'
	assert_equal "$stderr" 'a> err'
}

@test "with --timestamps every line has its time, behind which the prefix is" {
	cordon_run -q --timestamps --prefix='- ' echo one
	assert_regex "$stdout" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}[+-][0-9]{2}:[0-9]{2} - one$'
	cordon_run -q --timestamps=rel --log=log sh -c 'echo one; sleep 1; echo two'
	assert_equal "$(cut -d . -f 1 log | sort -u | wc -l)" 2 # the log's seconds
	assert_regex "$stdout" $'^ {3,4}[0-9]+\\.[0-9]{6} one\n {3,4}[0-9]+\\.[0-9]{6} two$'
	assert_equal "$(awk '{ time[NR] = $1 } END { print (time[1] < 30 && time[2] >= 1) }' "$out")" 1
	TZ=XST-5:30 cordon_run -q --timestamps=abs echo one
	assert_regex "$stdout" '\+05:30 one$'
}

@test "marks leave every byte of a long output where it was" {
	cordon_run -q --timestamps --prefix='| ' --json=report.json "$VICTIM" spam $((8 * MIB))
	assert_success
	cmp <(cut -d ' ' -f 3- "$out") <("$VICTIM" spam $((8 * MIB)))
	assert_equal "$(report '.streams.stdout | .bytes, .lines')" $((8 * MIB))$'\n'$((MIB / 2))
	printf 'x%.0s' {1..200000} >input
	cordon_run -q --prefix='| ' cat input
	assert_equal "$stdout" "| $(<input)"
}

@test "marks are on the relayed lines and not in the log, in a file too" {
	cordon_run -q --prefix='| ' --log=log --stdout=file echo one
	assert_equal "$(<file)" '| one'
	assert_equal "$(bare_log)" 'stdout F one'
}

@test "a marked line arrives while the command goes on, before its end" {
	mkfifo fifo
	bounded_start sh -c 'exec "$@" >fifo' - "$CORDON" -q --prefix='| ' sh -c 'printf text; exec "$VICTIM" trap TERM 0'
	exec 7<fifo
	read -r -N 6 -t 30 text <&7
	assert_equal "$text" '| text'
	read -r text <&7
	kill -TERM "$pid"
	cordon_wait
	exec 7<&-
}

# --- limits of output ------------------------------------------------------------------

@test "with --output-limit exactly that is delivered, and the run ends with its true status" {
	local size
	for size in 1 4095 65536 65537 10000000; do
		cordon_run -q --signal-exit=code --output-limit=$size --json=report.json \
			"$VICTIM" spam 100000000
		assert_equal "$status" 143
		cmp "$out" <("$VICTIM" spam 100000000 2>/dev/null | head -c $size)
		assert_equal "$stderr" \
			"cordon: $VICTIM: the limit of output was reached (--output-limit=$size)"
		assert_equal "$(report '.reason, .kill.reason, .streams.stdout.bytes')" \
			$'output-limit\noutput-limit\n'$size
	done
}

@test "an output of exactly the limit is no reason to end" {
	local size
	for size in 1 65536 1000000; do
		cordon_run -q --output-limit=$size --json=report.json "$VICTIM" spam $size
		assert_success
		assert_equal "$(stat -c %s "$out")" $size
		assert_equal "$stderr" ''
		assert_equal "$(report '.reason, .limits.output_bytes')" $'exited\n'$size
	done
	cordon_run -q --line-limit=3 seq 3
	assert_equal "$stdout$stderr" $'1\n2\n3'
}

@test "an output limit counts both streams together" {
	cordon_run -q --output-limit=10 --json=report.json sh -c \
		'trap "exit 5" TERM; printf 123456; printf 123456 >&2; while :; do sleep 0.1; done'
	assert_equal "$status" 5
	assert_equal "${#stdout}" 6
	assert_equal "$(head -n 1 "$err" | cut -d c -f 1)" 1234
	assert_equal "$(report '.streams.stderr | .bytes, .undelivered >= 2')" $'4\ntrue'
}

@test "a command that ends by itself beyond the limit has hit it too" {
	local i
	for i in {1..20}; do
		cordon_run --output-limit=3 --json=report.json sh -c 'trap "" TERM; echo text; exit 7'
		assert_equal "$status" 7
		assert_equal "$stdout" tex
		assert_equal "$(report .reason)" output-limit
	done
	assert_equal "$(head -n 1 "$err")" 'cordon: sh: the limit of output was reached (--output-limit=3)'
	assert_regex "$(tail -n 1 "$err")" '^cordon: sh -c .*: output-limit after .*, exit 7 · '
}

@test "with --line-limit exactly so many lines are delivered" {
	cordon_run -q --signal-exit=code --line-limit=1000 --json=report.json yes
	assert_equal "$status" 143
	assert_equal "$(sort "$out" | uniq -c)" '   1000 y'
	assert_equal "$stderr" 'cordon: yes: the limit of output was reached (--line-limit=1000)'
	assert_equal "$(report '.reason, .limits.output_lines')" $'output-limit\n1000'
}

@test "a command that cannot stop writing is ended although its output is dropped" {
	cordon_run -q --output-limit=1K -k 0.2 --signal-exit=code sh -c 'trap "" TERM; while :; do echo text; done'
	assert_equal "$status" 137
	assert_equal "$(stat -c %s "$out")" 1024
}

@test "what is beyond a limit is not in the log, nor in the tail" {
	cordon_run -q --output-limit=8 --log=log --json=report.json sh -c 'echo one; echo two; echo three'
	assert_equal "$stdout" $'one\ntwo'
	assert_equal "$(bare_log)" $'stdout F one\nstdout F two'
	assert_equal "$(report '.streams.stdout | .tail[], .lines')" $'one\ntwo\n2'
}

@test "what is within a limit waits for a reader that takes its time" {
	mkfifo fifo
	bounded_start sh -c 'exec "$@" >fifo' - "$CORDON" -q --drain=0.1 --output-limit=300000 yes
	exec 7<fifo
	sleep 0.5
	assert_equal "$(wc -c <&7)" 300000
	exec 7<&-
	cordon_wait
	assert_equal "$status" 143
}

# --- packets ---------------------------------------------------------------------------

@test "with --packets each write is a record of the log" {
	cordon_run -q --packets --log=log /usr/bin/python3 -c \
		'import os
for text in b"one", b"two\nthree\n", b"four\\", b"\n", b"x" * 4096 + b"y":
    os.write(1, text)'
	assert_success
	assert_equal "$stdout" "onetwo"$'\nthree\nfour\\\n'"$(printf 'x%.0s' {1..4096})y"
	assert_equal "$(bare_log)" 'stdout P one
stdout F two\nthree
stdout P four\\
stdout F 
stdout P '"$(printf 'x%.0s' {1..4096})"'
stdout P y'
}

@test "with --packets the boundaries of writes are kept for a reader who sees them" {
	cat >readers <<-'EOF'
		import os, socket, subprocess, sys
		code = 'import os, sys\nfor n in range(1, int(sys.argv[1])): os.write(1, b"x" * n)'
		def sizes(read, fd, end=200, late=False):
		    child = subprocess.Popen([sys.argv[1], '-q', '--packets', sys.executable, '-c', code, str(end)], stdout=fd)
		    os.close(fd)
		    if late: # what is not kept apart is together by now
		        child.wait()
		    got = [len(packet) for packet in iter(read, b'')]
		    assert child.wait() == 0
		    assert got == list(range(1, end)), got
		reader, writer = os.pipe2(os.O_DIRECT)
		sizes(lambda: os.read(reader, 65536), writer)
		reader, writer = os.pipe2(os.O_DIRECT)
		sizes(lambda: os.read(reader, 65536), writer, 10, True)
		ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		sizes(lambda: ours.recv(65536), theirs.detach())
	EOF
	bounded_run /usr/bin/python3 readers "$CORDON"
	assert_equal "$stderr" ''
	assert_success
}

@test "with --packets the log has the text of a command that writes none, however much at once" {
	mkfifo fifo
	cordon_start -q --packets --log=fifo /usr/bin/python3 -c \
		'import os, time
text = b"x" * 32768, b"x" * 32768, b"\n" * 50000, b"\n" * 65536, b"\\" * 65536
fd = os.open("/proc/self/fd/1", os.O_WRONLY)
for piece in text:
    os.write(fd, piece)
    time.sleep(0.2)'
	exec 7<fifo
	wait_until has_size 150000 "$out"
	cat <&7 >log
	exec 7<&-
	cordon_wait
	assert_success
	cmp "$out" <(bare_log | /usr/bin/python3 -c \
		'import re, sys
for line in sys.stdin.buffer:
    mark, text = line.split(b" ", 2)[1:]
    text = re.sub(rb"\\(.)", lambda found: found[1].replace(b"n", b"\n"), text[:-1])
    sys.stdout.buffer.write(text + b"\n" * (mark == b"F"))')
}

@test "with --packets every byte of a long output arrives" {
	cordon_run -q --packets "$VICTIM" spam $((4 * MIB)) stdout 10000
	assert_success
	cmp "$out" <("$VICTIM" spam $((4 * MIB)))
}

# --- what is said of them --------------------------------------------------------------

@test "--dry-run says what sees the output" {
	cordon_run --dry-run --log=log --log-optional --append --timestamps=rel --prefix=x \
		--output-limit=1K --line-limit=5 --packets --stdout=file --stderr=null true
	assert_success
	assert_equal "$(grep -E '^(stdout|stderr|log|timestamps|prefix|output limit|line limit|packets) ' "$out")" \
		'stdout       file file, relayed for --log
stderr       /dev/null, relayed for --log
log          log, added to, or a warning
timestamps   seconds since the start
prefix       x
output limit 1024 bytes
line limit   5 lines
packets      each write of up to 4 KiB by itself'
	assert_equal "$(echo *)" '*'
}

@test "the full summary has the log" {
	cordon_run -v --log=log echo text
	assert_regex "$(grep '^  log ' "$err")" '^  log               log, [0-9]+ B$'
	cordon_run -v --log=/dev/full echo text
	assert_equal "$(grep '^  log ' "$err")" '  log               /dev/full, 0 B, No space left on device'
}
