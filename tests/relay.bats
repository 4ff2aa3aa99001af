#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Relayed streams: not a byte is lost, reordered or held back, and whoever is at the other end
# is treated as if cordon were not there.

load helper

# stage ARG...: see stage.py; what came is in the files stage.1 and stage.2.
stage() {
	bounded_run /usr/bin/python3 "$SRC/tests/stage.py" "$@"
}

# start_into_fifo COMMAND...: in the background, stdout into the fifo ./fifo, which the test
# opens afterwards, so that nobody else has it.
start_into_fifo() {
	mkfifo fifo
	bounded_start sh -c 'exec "$@" >fifo' - "$@"
}

# timed COMMAND...: run it; $ms is how long it took.
timed() {
	local began=${EPOCHREALTIME/[.,]/}
	"$@"
	ms=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
}

# The victim's lines, BYTES of them, from itself.
spam() {
	"$VICTIM" spam "$1"
}

MIB=1048576

# --- every byte ------------------------------------------------------------------------

@test "64 MiB on standard output arrive unchanged" {
	cordon_run -q --json=report.json "$VICTIM" spam $((64 * MIB))
	assert_success
	cmp "$out" <(spam $((64 * MIB)))
	assert_equal "$(report .streams.stdout.bytes)" $((64 * MIB))
	assert_equal "$(report .streams.stdout.lines)" $((4 * MIB))
}

@test "64 MiB on standard error arrive unchanged" {
	cordon_run -q "$VICTIM" spam $((64 * MIB)) stderr
	assert_success
	cmp "$err" <(spam $((64 * MIB)))
	refute test -s "$out"
}

@test "64 MiB each way, in and out on both streams at once, do not get stuck" {
	spam $((64 * MIB)) >input
	cordon_run --in input -q --stdin=relay --json=report.json sh -c 'tee /proc/self/fd/2'
	assert_success
	cmp input "$out"
	cmp input "$err"
	assert_equal "$(report '[.streams[] | .bytes] | unique[]')" $((64 * MIB))
}

@test "64 MiB from a pipe into a pipe arrive unchanged" {
	spam $((64 * MIB)) >input
	stage --in=pipe:input --out=pipe -- "$CORDON" -q --stdin=relay cat
	assert_success
	cmp input stage.1
}

@test "64 MiB to any kind of place arrive unchanged, where nothing looks at the bytes" {
	local kind
	for kind in file append pipe socket; do
		rm -f stage.?
		stage --out=$kind -- "$CORDON" -q "$VICTIM" spam $((64 * MIB))
		assert_success
		cmp stage.1 <(spam $((64 * MIB))) || fail "$kind"
	done
	stage --out=null -- "$CORDON" -q "$VICTIM" spam $((64 * MIB))
	assert_success
}

@test "bytes that nothing looks at are moved inside the kernel" {
	need plain strace
	stage --out=pipe -- strace -f --seccomp-bpf -o calls -e trace=splice "$CORDON" -q \
		"$VICTIM" spam $((64 * MIB))
	assert_success
	cmp stage.1 <(spam $((64 * MIB)))
	(($(awk '/splice/ && $NF > 0 { bytes += $NF } END { print bytes + 0 }' calls) > 8 * MIB))
}

@test "so they are for a reader that is slower than the command" {
	need plain strace
	# shellcheck disable=SC2094
	strace -f --seccomp-bpf -o calls -e trace=splice "$CORDON" -q "$VICTIM" spam $MIB |
		(while head -c 4096 >piece && [[ -s piece ]]; do cat piece; done >got)
	cmp got <(spam $MIB)
	(($(awk '/splice/ && $NF > 0 { bytes += $NF } END { print bytes + 0 }' calls) > MIB / 4))
}

@test "8 MiB from a socket into a socket arrive unchanged" {
	spam $((8 * MIB)) >input
	stage --in=socket:input --out=socket -- "$CORDON" -q --stdin=relay cat
	assert_success
	cmp input stage.1
}

@test "8 MiB into a terminal arrive unchanged" {
	stage --out=tty --err=tty -- "$CORDON" -q --stdout=relay "$VICTIM" spam $((8 * MIB))
	assert_success
	cmp stage.1 <(spam $((8 * MIB)))
}

@test "what goes to a terminal from behind arrives there" {
	local option
	for option in --stdout=relay --log=log --pty; do
		bounded_run /usr/bin/python3 -c '
import os, subprocess, sys, tty
behind, terminal = os.openpty()
tty.setraw(terminal)
subprocess.run([*sys.argv[1:], "echo", "text"], stdout=behind, check=True)
os.set_blocking(terminal, False)
print(os.read(terminal, 100))' "$CORDON" -q "$option"
		assert_success
		assert_equal "$option $stdout" "$option b'text\\n'"
	done
}

@test "any byte may be part of the output" {
	head -c 300000 /dev/urandom >input
	cordon_run -q --json=report.json cat input
	cmp input "$out"
}

@test "writes of any size arrive" {
	local block
	for block in 1 7 4095 4097 65535 65537 $MIB; do
		cordon_run -q "$VICTIM" spam $((2 * block > 100000 ? 2 * block : 100000)) stdout $block
		assert_success
		cmp "$out" <(spam $((2 * block > 100000 ? 2 * block : 100000)))
	done
}

@test "what the command writes just before it ends is not lost" {
	local i
	for i in {1..50}; do
		cordon_run -q "$VICTIM" spam 65536
		assert_equal "$(stat -c %s "$out")" 65536
	done
}

@test "what a killed command wrote before is not lost" {
	cordon_run -q --signal-exit=code sh -c 'echo one; echo two >&2; kill -KILL $$'
	assert_equal "$status" 137
	assert_equal "$stdout" one
	assert_equal "$stderr" two
}

@test "what a command writes while a limit ends it is not lost" {
	cordon_run -q -t 0.3 "$(once "test -s '$out'")" \
		sh -c 'trap "echo bye; exit 5" TERM; echo hello; while :; do sleep 0.05; done'
	assert_equal "$status" 124
	assert_equal "$stdout" $'hello\nbye'
}

@test "what a leftover writes when it is told to end is not lost" {
	cordon_run -q sh -c '(trap "echo bye; exit" TERM; echo ready; while :; do sleep 0.05; done) &
		until [ -s "$1" ]; do sleep 0.01; done' - "$out"
	assert_success
	assert_equal "$stdout" $'ready\nbye'
}

@test "a line arrives while the command goes on" {
	start_into_fifo "$CORDON" -q "$VICTIM" trap TERM 0
	read -r -t 30 line <fifo
	assert_equal "$line" ready
	kill -TERM "$pid"
	cordon_wait
}

@test "the order is kept of 20000 lines in turn to both streams where they share one open file" {
	local kind
	for kind in pipe file append socket tty; do
		rm -f stage.?
		stage --out=$kind --err=same -- "$CORDON" -q --stdout=relay "$VICTIM" write-both 20000
		assert_success
		cmp stage.1 <(seq 20000) || fail "$kind"
	done
}

@test "streams that are relayed on purpose keep their order too" {
	stage --out=pipe --err=same -- "$CORDON" -q --stdout=relay --stderr=relay \
		"$VICTIM" write-both 20000
	assert_success
	cmp stage.1 <(seq 20000)
}

@test "streams that lead to different places are not merged" {
	local kind
	for kind in pipe file append socket tty; do
		rm -f stage.?
		stage --out=$kind --err=$kind -- "$CORDON" -q --stdout=relay --stderr=relay \
			"$VICTIM" write-both 2000
		assert_success
		cmp stage.1 <(seq 1 2 2000) || fail "$kind: stdout"
		cmp stage.2 <(seq 2 2 2000) || fail "$kind: stderr"
	done
}

@test "two open files of one file are not merged" {
	bounded_run sh -c '"$@" >>file 2>>file' - "$CORDON" -q --json=report.json "$VICTIM" write-both 10
	assert_success
	assert_equal "$(report '.streams | .stdout.mode + " " + .stderr.mode')" 'relay relay'
	assert_equal "$(sort -n file)" "$(seq 10)"
}

# --- standard input --------------------------------------------------------------------

@test "relayed input arrives, and its end" {
	spam 1000000 >input
	bounded_run --in input "$VICTIM" read-stdin
	local expected=$stdout
	local kind
	for kind in pipe file socket; do
		stage --in=$kind:input -- "$CORDON" -q --stdin=relay "$VICTIM" read-stdin
		assert_success
		assert_equal "$(<stage.1)" "$expected"
	done
}

@test "the end of an empty input is passed on" {
	cordon_run -q --stdin=relay "$VICTIM" read-stdin
	assert_success
	assert_equal "$stdout" '0 cbf29ce484222325'
}

@test "a FIFO whose writer has left before cordon looks has an end, too" {
	local option
	mkfifo fifo
	for option in --stdin=relay --pty; do
		bounded_run sh -c 'exec 8<>fifo 7<fifo; printf "text\n" >&8; exec 8>&-; exec "$@" <&7' - \
			"$CORDON" -q "$option" cat
		assert_success
		assert_equal "$stdout" text
	done
}

@test "a command that does not read does not hold up an endless input" {
	timed bounded_run sh -c 'yes | "$@"' - "$CORDON" -q --stdin=relay sleep 0.1
	assert_success
	((ms < 20000))
}

@test "a command may close its input early" {
	# It ends once cordon has seen it.
	timed bounded_run sh -c 'yes | "$@"' - "$CORDON" -q --stdin=relay --json=report.json \
		sh -c 'input=$(readlink /proc/$$/fd/0); exec <&-; echo closed
			while readlink "/proc/$PPID/fd/"* | grep -qxF "$input"; do sleep 0.01; done; exit 4'
	assert_equal "$status" 4
	assert_equal "$stdout" closed
	((ms < 20000))
	assert_equal "$(report '.streams.stdin | .mode + ": " + .error')" 'relay: Broken pipe'
}

@test "a command that takes only some of its input ends as it likes" {
	bounded_run sh -c 'yes | "$@"' - "$CORDON" -q --stdin=relay head -n 3
	assert_success
	assert_equal "$stdout" $'y\ny\ny'
}

@test "input that comes slowly does not keep a command alive that has ended" {
	start_into_fifo sh -c 'sleep 30 | "$@"' - "$CORDON" -q --stdin=relay echo done
	timed read -r line <fifo
	assert_equal "$line" 'done'
	((ms < 20000))
	wait_until pgrep -P "$pid" -x sleep >sleeper
	kill "$(<sleeper)"
	cordon_wait
}

# --- readers that go away, or are slow -------------------------------------------------

@test "a reader that goes away is passed on: cordon yes | head -n 1" {
	timed bounded_run bash -c '"$@" yes | head -n 1; exit "${PIPESTATUS[0]}"' - "$CORDON" -q
	assert_equal "$status" 141
	assert_equal "$stdout" y
	assert_equal "$stderr" ''
	((ms < 20000))
}

@test "the summary says that a missing reader ended the command" {
	stage --out=broken -- "$CORDON" yes
	assert_equal "$status" 141
	assert_regex "$(<stage.2)" '^cordon: yes: killed by SIGPIPE after [^·]* · [^·]* · [^·]* · 1 process$'
}

@test "a silent command sees that its reader has gone" {
	start_into_fifo "$CORDON" -q "$VICTIM" lose-reader
	read -r line <fifo
	assert_equal "$line" ready
	cordon_wait
	assert_success
}

@test "a command whose reader has gone may end as it likes" {
	stage --out=broken -- "$CORDON" -q sh -c \
		'exec 2>/dev/null; trap "" PIPE; echo text; sleep 0.2; echo text; exit 6'
	assert_equal "$status" 6
	assert_equal "$(<stage.2)" ''
}

@test "a reader that goes away from one stream does not concern the other" {
	stage --out=broken --err=pipe -- "$CORDON" -q sh -c \
		'trap "" PIPE; until ! echo text; do sleep 0.01; done 2>/dev/null; echo more >&2; exit 2'
	assert_equal "$status" 2
	assert_equal "$(<stage.2)" more
}

@test "a run whose summary has no reader keeps its status" {
	stage --out=broken --err=same -- "$CORDON" "$VICTIM" exit 7
	assert_equal "$status" 7
	stage --out=broken --err=same -- "$CORDON" -v "$VICTIM" exit 7
	assert_equal "$status" 7
	stage --out=broken --err=broken -- "$CORDON" --json "$VICTIM" exit 7
	assert_equal "$status" 7
}

@test "a reader that takes its time gets everything" {
	start_into_fifo "$CORDON" -q --drain=0.2 "$VICTIM" spam 180000
	exec 7<fifo
	wait_until command_is_gone
	sleep 0.5 # longer than the drain time
	cmp <(cat <&7) <(spam 180000)
	cordon_wait
	assert_success
}

@test "with --drain=0 a reader that takes its time gets everything too" {
	start_into_fifo "$CORDON" -q --drain=0 "$VICTIM" spam 180000
	exec 7<fifo
	wait_until command_is_gone
	cmp <(cat <&7) <(spam 180000)
	cordon_wait
	assert_success
}

# The run has had a command, whose output is in the FIFO, and the supervisor has no child any more.
command_is_gone() {
	local front=$pid super
	fifo_is_full || return
	super=$(pgrep -P "$front" -x cordon-super) || super=$front
	[[ -z $(pgrep -P "$super") ]]
}

# The reader's end, descriptor 7, has as many bytes as a pipe holds.
fifo_is_full() {
	(($(python3 -c 'import fcntl, struct, termios
print(struct.unpack("i", fcntl.ioctl(7, termios.FIONREAD, b"1234"))[0])') >= 65536))
}

@test "a slow reader slows the command, and cordon's memory stays small" {
	need plain
	start_into_fifo "$CORDON" -q sh -c '"$VICTIM" spam 67108864; cp "/proc/$PPID/status" memory'
	exec 7<fifo
	wait_until is_asleep victim_below "$pid"
	cmp <(cat <&7) <(spam $((64 * MIB)))
	cordon_wait
	assert_success
	(($(awk '$1 == "VmHWM:" { print $2 }' memory) < 4096))
}

victim_below() {
	pgrep -x -P "$(command_pid "$1")" victim
}

# Whoever the run's main process is.
command_pid() {
	pgrep -o -P "$(supervisor_pid "$1")"
}

# supervisor_pid PID: of the run whose front PID is, if there are two processes of cordon's.
supervisor_pid() {
	pgrep -P "$1" -x cordon-super || echo "$1"
}

@test "a limit is kept although nobody reads the output" {
	local kind limit
	for limit in 0.5 6; do # some time to write so much
		timed stage --out=stuck -- "$CORDON" -t $limit --json=report.json "$VICTIM" spam $((64 * MIB))
		[[ $(report .streams.stdout.undelivered) != 131072 ]] || break
	done
	assert_equal "$status" 124
	((ms >= 500 && ms < 20000))
	assert_equal "$(head -n 1 stage.2)" 'cordon: stdout: its reader did not take the last 131072 bytes'
	assert_equal "$(report '.reason, .streams.stdout.bytes, .streams.stdout.undelivered')" \
		$'timeout\n0\n131072'
	for kind in lazy deaf; do
		timed stage --out=$kind -- "$CORDON" -q -t 0.3 --drain=0.2 "$VICTIM" spam $((64 * MIB))
		assert_equal "$kind $status" "$kind 124"
		((ms >= 300 && ms < 20000))
	done
}

@test "a limit is kept although nobody reads standard error, where cordon itself has to say something" {
	timed stage --out=stuck --err=same -- "$CORDON" -v -t 0.5 "$VICTIM" spam $((64 * MIB))
	assert_equal "$status" 124
	((ms >= 500 && ms < 20000))
}

@test "a limit is kept although another user's terminal takes nothing" {
	local option
	need nobody
	as_nobody true
	for option in --stdout=relay --pty; do
		bounded_run /usr/bin/python3 -c '
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.setgid(65534)
    os.setuid(65534)
    os.execv(sys.argv[1], [sys.argv[1], "-q", "-t", "0.5", "--drain=0.2", sys.argv[2],
                           "yes"])
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))' "$CORDON" "$option"
		assert_equal "$option $status" "$option 124"
	done
}

@test "after a limit an unread stream is waited for no longer than the drain time" {
	timed stage --out=stuck -- "$CORDON" -q -t 0.3 --drain=0.2 "$VICTIM" spam $((64 * MIB))
	assert_equal "$status" 124
	((ms >= 300 && ms < 10000))
}

kill_and_wait() {
	kill -TERM "$pid"
	cordon_wait
}

@test "so it is after a signal, however far the limit is" {
	start_into_fifo "$CORDON" -q -t 50 --drain=0.2 "$VICTIM" spam $((64 * MIB))
	exec 7<fifo
	wait_until fifo_is_full
	timed kill_and_wait
	assert_equal "$status" 143
	((ms < 10000))
}

@test "a signal ends a run that waits for its reader" {
	start_into_fifo "$CORDON" --json=report.json "$VICTIM" spam 180000
	exec 7<fifo
	wait_until command_is_gone
	kill -TERM "$pid"
	cordon_wait
	assert_success
	assert_equal "$(head -n 1 "$err")" 'cordon: stdout: its reader did not take the last 114464 bytes'
	assert_equal "$(report '.streams.stdout.bytes')" 65536
}

@test "a command that has ended does not make its limit wait for a reader" {
	local limit
	for limit in 3 20; do # time to end
		rm -f fifo
		start_into_fifo "$CORDON" -t $limit --drain=0.2 "$VICTIM" spam 180000
		exec 7<fifo
		timed cordon_wait
		exec 7<&-
		((status == 124)) || break
	done
	assert_success
	((ms < limit * 1000 + 15000))
	assert_equal "$(head -n 1 "$err")" 'cordon: stdout: its reader did not take the last 114464 bytes'
}

# --- pipes that are held ---------------------------------------------------------------

@test "a process that is left holds up the end for the drain time, and is named" {
	timed cordon_run --cgroup=none --leftovers=leave --drain=0.3 --json=report.json "$VICTIM" hold-pipe 50
	assert_success
	((ms >= 300 && ms < 20000))
	assert_equal "$(report '.leftovers[] | .command, .action')" $'victim\nleft'
	assert_equal "$(report '.streams.stdout.held_by == .streams.stderr.held_by')" true
	assert_equal "$(report '.streams.stdout.held_by | length')" 1
	assert_equal "$(report '.streams.stdout.held_by[0].command')" victim
	assert_equal "$(report '.streams.stdout.held_by[0].pid == .leftovers[0].pid')" true
	kill "$(report '.leftovers[0].pid')"
}

@test "a process outside the tree that holds the pipe is named" {
	start_into_fifo "$CORDON" -q --drain=0.3 --json=report.json "$VICTIM" trap TERM 0
	exec 7<fifo
	read -r line <&7
	exec 8>"/proc/$(command_pid "$pid")/fd/1"
	local self=$BASHPID
	kill -TERM "$pid"
	cordon_wait
	exec 8>&-
	assert_success
	assert_equal "$(report ".streams.stdout.held_by[] | select(.pid == $self) | .command")" \
		"$(<"/proc/$self/comm")"
	assert_equal "$(report '.leftovers | length')" 0
}

@test "who writes late, but within the drain time, is heard" {
	timed cordon_run -q --cgroup=none --leftovers=leave --drain=30 "$VICTIM" hold-pipe 0.3
	assert_success
	assert_equal "$stdout" late
	((ms >= 300 && ms < 20000))
}

@test "every byte starts the drain time anew" {
	local drain pause
	# They take longer together than the drain time; and one that is late by chance has more of it.
	while read -r drain pause; do
		cordon_run -q --cgroup=none --leftovers=leave --drain="$drain" sh -c \
			'for i in 1 2 3; do sleep "$0"; echo $i; done & exit 3' "$pause"
		wait_until no_process_left
		[[ $stdout != $'1\n2\n3' ]] || break
	done <<-END
		1.5 0.8
		9 4
	END
	assert_equal "$status" 3
	assert_equal "$stdout" $'1\n2\n3'
}

# start_held OPTION... SCRIPT: a run that has ended, but for somebody who holds the pipe and does
# SCRIPT once there is the file ./go. Its supervisor $super stands still, and so does its front.
start_held() {
	local script=${*: -1} main
	start_into_fifo "$CORDON" -q --cgroup=none --leftovers=leave "${@:1:$#-1}" sh -c "
		(until test -e go; do sleep 0.01; done; $script) & echo \$! >holder; echo \$\$ \$PPID >main"
	exec 7<fifo
	wait_until test -s main
	read -r main super <main
	wait_until was_reaped "$main"
	kill -STOP "$super"
	wait_until stands_still "$super" "$pid"
}

was_reaped() {
	! test -e "/proc/$1"
}

stands_still() {
	[[ $(ps -o stat= -p "$1" -p "$2" | cut -c 1 | xargs) =~ ^T( T)?$ ]]
}

@test "what a held pipe has in it when a signal ends the wait is not lost" {
	start_held --drain=30 --packets 'for i in 1 2 3 4 5; do echo $i; done; : >written; exec sleep 50'
	touch go
	wait_until test -e written
	kill -TERM "$super"
	kill -CONT "$super" "$pid"
	assert_equal "$(cat <&7)" $'1\n2\n3\n4\n5'
	cordon_wait
	assert_success
	kill "$(<holder)"
}

@test "what comes as the drain time ends is not lost, and starts it anew" {
	start_held --drain=6 'echo one; : >written; until test -s got; do sleep 0.01; done; echo two'
	touch go
	wait_until test -e written
	wait_until grep -qsx 'ticks: 1' "/proc/$super/fdinfo/"*
	kill -CONT "$super" "$pid"
	head -n 1 <&7 >got
	assert_equal "$(<got) $(cat <&7)" 'one two'
	cordon_wait
	assert_success
}

@test "leftovers that are waited for are heard" {
	cordon_run -q --leftovers=wait --drain=0 "$VICTIM" hold-pipe 0.3
	assert_success
	assert_equal "$stdout" late
}

@test "a held pipe does not matter where the holder is killed" {
	timed cordon_run -q --drain=30 --json=report.json "$VICTIM" hold-pipe 50
	assert_success
	((ms < 15000))
	assert_equal "$(report '.streams.stdout.held_by | length')" 0
}

@test "there is nothing to wait for when only somebody is left whom cordon may not kill" {
	need nobody
	as_nobody true
	install -m 4755 "$(command -v setpriv)" become
	timed as_nobody cordon_run -q --cgroup=none -k 0.1 --drain=30 sh -c \
		'./become --reuid=0 sleep 40 </dev/null >/dev/null 2>&1 & echo $! >left
		until grep -q "^Uid:.0.0" /proc/$!/status; do sleep 0.01; done'
	assert_success
	assert_regex "$stderr" 'cannot be sent SIGKILL: Operation not permitted'
	assert [ "$ms" -lt 20000 ]
	kill "$(<left)"
}

@test "a command may close its output and go on" {
	timed cordon_run -q "$VICTIM" close-out 0.4
	assert_success
	((ms >= 400))
}

# --- destinations that are full --------------------------------------------------------

@test "a full disk is said once, and the command gets SIGPIPE" {
	stage --out=full -- "$CORDON" -q yes
	assert_equal "$status" 141
	assert_equal "$(<stage.2)" 'cordon: stdout: cannot relay: No space left on device'
}

@test "a full disk does not change the status of a command that has ended" {
	stage --out=full -- "$CORDON" -q --json=report.json sh -c 'echo text; exit 3'
	assert_equal "$status" 3
	assert_equal "$(<stage.2)" 'cordon: stdout: cannot relay: No space left on device'
	assert_equal "$(report '.streams.stdout | .bytes, .undelivered, .error')" \
		$'0\n5\nNo space left on device'
}

@test "what fits on a disk is there before it is full" {
	need root unshare
	bounded_run unshare -m sh -c 'mkdir small && mount -t tmpfs -o size=64k none small &&
		{ "$@" >small/file; echo "$?, $(stat -c %s small/file)"; }' - \
		"$CORDON" -q "$VICTIM" spam $MIB
	assert_equal "$stdout" '141, 65536'
	assert_equal "$stderr" 'cordon: stdout: cannot relay: No space left on device'
}

@test "a full standard error disturbs nothing" {
	stage --out=pipe --err=full -- "$CORDON" sh -c 'echo text >&2; echo text; exit 3'
	assert_equal "$status" 3
	assert_equal "$(<stage.1)" text
}

# --- what others share, and rest -------------------------------------------------------

@test "inherited descriptors have the flags that they had, and terminals their modes" {
	local from to errors
	seq 100000 >input
	for from in pipe socket; do
		for to in pipe socket tty; do
			for errors in same $to; do
				stage --in=$from:input --out=$to --err=$errors -- "$CORDON" \
					--stdin=relay --stdout=relay --stderr=relay tee /dev/stderr
				assert_equal "$from $to $errors $stdout $status" "$from $to $errors  0"
			done
		done
	done
	stage --in=tty:input --out=tty --err=tty -- "$CORDON" --stdin=relay --stdout=relay \
		--stderr=relay head -n 3
	assert_equal "$stdout $status" ' 0'
	cmp stage.1 <(seq 3)
}

@test "an inherited descriptor is not even for a moment non-blocking" {
	start_into_fifo "$CORDON" -q "$VICTIM" spam $((64 * MIB))
	exec 7<fifo
	wait_until is_asleep command_pid "$pid"
	run grep -h flags: "/proc/$pid/fdinfo/1"
	assert_output $'flags:\t0100001'
	exec 7<&-
	cordon_wait
	assert_equal "$status" 141
}

@test "descriptors that others have made non-blocking are relayed to and from all the same" {
	spam $((4 * MIB)) >input
	local block
	for block in '--nonblock=0' '--nonblock=1' '--nonblock=0 --nonblock=1'; do
		# shellcheck disable=SC2086
		stage --in=pipe:input --out=pipe -- "$ENTRY" $block "$CORDON" -q --stdin=relay cat
		cmp input stage.1
		assert_equal "$status" 96 # stage sees what entry has done
	done
}

@test "a run in which nothing happens costs no processor time" {
	stage --watch -- "$CORDON" -t 60 --stdin=relay "$VICTIM" trap TERM 0
	assert_success
	assert_equal "$stdout" 'scheduled 0 times'
}

@test "whoever hangs up causes no busy loop" {
	local case
	for case in \
		'--hangup=in --in=pipe' '--hangup=in --in=tty' '--hangup=in --in=socket' \
		'--hangup=in=read --in=socket' '--hangup=in=write --in=socket' \
		'--hangup=out --out=pipe' '--hangup=out --out=tty' '--hangup=out --out=socket' \
		'--hangup=out=read --out=socket' '--hangup=out=write --out=socket' \
		'--hangup=err --err=pipe' '--hangup=err --err=tty' '--hangup=err --err=socket' \
		'--hangup=err=read --err=socket' \
		'--hangup=out --out=socket --err=same' '--hangup=out --out=pipe --err=same' \
		'--in=null' '--in=closed' '--err=closed' '--err=null'; do
		# shellcheck disable=SC2086
		stage $case --watch -- "$CORDON" -q --stdin=relay --stdout=relay --stderr=relay \
			"$VICTIM" trap TERM 0
		assert_equal "$case: $stdout" "$case: scheduled 0 times"
	done
}

@test "a reader that does not read causes no busy loop" {
	start_into_fifo "$CORDON" -q -t 60 "$VICTIM" spam $MIB
	exec 7<fifo
	wait_until is_asleep command_pid "$pid"
	wait_until is_asleep supervisor_pid "$pid"
	exec 7<&-
	cordon_wait
	assert_equal "$status" 141
}

@test "a reader that stops reading a fast stream causes no busy loop" {
	local option
	for option in -q --json=report.json --log=log; do
		rm -f fifo
		start_into_fifo "$CORDON" -q -t 60 $option "$VICTIM" spam $((64 * MIB))
		exec 7<fifo
		head -c $((8 * MIB)) <&7 >first
		wait_until is_asleep command_pid "$pid"
		wait_until is_asleep supervisor_pid "$pid"
		cmp <(cat first - <&7) <(spam $((64 * MIB)))
		exec 7<&-
		cordon_wait
		assert_success
	done
}

@test "a held pipe causes no busy loop" {
	cordon_start -q --cgroup=none --leftovers=leave --drain=30 --json=report.json \
		sh -c '"$VICTIM" hold-pipe 50; echo $$ >last'
	wait_until test -s last
	wait_until was_reaped "$(<last)"
	wait_until is_asleep supervisor_pid "$pid"
	kill -TERM "$pid"
	cordon_wait
	assert_success
	kill "$(report '.streams.stdout.held_by[0].pid')"
}

# --- where cordon must share -----------------------------------------------------------

@test "without /proc streams are relayed, and limits kept" {
	need root unshare
	spam $((8 * MIB)) >input
	bounded_run --in input unshare -m sh -c 'mount -t tmpfs none /proc && cat | "$@" | cat' - \
		"$CORDON" -q --stdin=relay cat
	assert_success
	cmp input "$out"
	timed stage --out=stuck -- unshare -m sh -c 'mount -t tmpfs none /proc && exec "$@"' - \
		"$CORDON" -q -t 0.3 --drain=0.2 "$VICTIM" spam $((8 * MIB))
	assert_equal "$status" 124
	((ms < 20000))
}

@test "another user's pipes are relayed, and limits kept" {
	need nobody
	as_nobody true
	spam $((8 * MIB)) >input
	local nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
	bounded_run --in input sh -c 'cat | "$@" | cat' - "${nobody[@]}" "$CORDON" -q --stdin=relay cat
	assert_success
	cmp input "$out"
	local kind
	for kind in stuck lazy; do
		timed stage --out=$kind -- "${nobody[@]}" "$CORDON" -q -t 0.3 --drain=0.2 \
			sh -c 'echo; sleep 0.1; exec "$VICTIM" spam 8388608'
		assert_equal "$kind $status" "$kind 124"
		((ms < 20000))
		assert_equal "$stdout" ''
	done
	# A reader that stops when the bytes are moved inside the kernel.
	# shellcheck disable=SC2016
	timed bounded_run sh -c '{ "$@"; touch done; } | {
			head -c 4194304 >/dev/null
			for i in $(seq 800); do [ -e done ] && exit; sleep 0.05; done; }' - \
		"${nobody[@]}" "$CORDON" -q -t 0.5 --drain=0.2 "$VICTIM" spam 67108864
	((ms < 20000))
}
