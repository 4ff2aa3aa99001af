#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Each standard stream leading to each kind of place, to the byte, with what others have there
# before and after the run.

# shellcheck disable=SC2016 # $ is for the shell that is run

load helper

setup() {
	common_setup
	{ head -c 299999 /dev/urandom; printf x; } >input # no text, and no newline at the end
}

# stage ARG...: see stage.py; what came is in the files stage.1 and stage.2.
stage() {
	rm -f stage.?
	bounded_run /usr/bin/python3 "$SRC/tests/stage.py" "$@"
}

# assert_same FILE EXPECTED WHAT
assert_same() {
	cmp "$1" "$2" || fail "$3"
}

# --- standard input --------------------------------------------------------------------

# takes_in KIND COMMAND...: what COMMAND reads from there is the input, inherited and relayed.
takes_in() {
	local kind=$1 way
	shift
	[[ $kind != null ]] || : >input
	for way in inherit relay; do
		stage --in="$kind:input" -- "$CORDON" -q --stdin=$way --json=report.json "$@"
		assert_equal "$way: $status $stdout" "$way: 0 " # stage.py complains on its stdout
		assert_same stage.1 input "$way"
		assert_equal "$way: $(report .streams.stdin.mode)" "$way: $way"
	done
	assert_equal "$(report .streams.stdin.bytes)" "$(stat -c %s input)"
}

@test "standard input from a pipe comes unchanged, and its end" {
	takes_in pipe cat
}

@test "standard input from a file comes unchanged, and its end" {
	takes_in file cat
}

@test "standard input from a file that is open for appending comes unchanged, and its end" {
	takes_in append cat
}

@test "standard input from a terminal comes unchanged" {
	takes_in tty head -c 300000
}

@test "standard input from /dev/null is at its end" {
	takes_in null cat
}

@test "standard input from a socket comes unchanged, and its end" {
	takes_in socket cat
}

@test "standard input that is closed is closed in the command" {
	local way
	for way in inherit relay; do
		stage --in=closed -- "$CORDON" -q --stdin=$way --json=report.json \
			sh -c 'test ! -e "/proc/$$/fd/0" && exec cat input'
		assert_equal "$way: $status $stdout" "$way: 0 "
		assert_same stage.1 input "$way"
		assert_equal "$way: $(report .streams.stdin.mode)" "$way: closed"
	done
}

# --- standard output, standard error, and both in one ----------------------------------

# between FD RUN...: others write to the same open file, before and after.
between='fd=$1; shift; echo before >&$fd; "$@"; status=$?; echo after >&$fd; exit $status'

# Options that let the bytes be moved without a look, look at them, and put something between them.
ways=('' '--log=log --output-limit=1T' '--timestamps=rel --prefix=>')

# unmarked: without what the last of the ways has put in front of each line.
unmarked() {
	LC_ALL=C sed -E 's/^ *[0-9]+\.[0-9]{6} >//'
}

# logged STREAM: what the log has of it, in which the last line has not ended.
logged() {
	LC_ALL=C sed -nE "s/^[^ ]+ $1 [FP] //p" log | head -c -1
}

# brings FD KIND: what the command writes comes there, and nothing else, nor elsewhere.
brings() {
	local fd=$1 kind=$2 other=$((3 - $1)) way names=([1]=stdout [2]=stderr)
	local place=([other]=file [fd]=$kind)
	{ echo before; cat input; echo after; } >expected
	for way in "${ways[@]}"; do
		# shellcheck disable=SC2086
		stage --out="${place[1]}" --err="${place[2]}" -- sh -c "$between" - "$fd" \
			"$CORDON" -q $way sh -c "exec cat input >&$fd"
		assert_equal "$way: $status $stdout" "$way: 0 "
		assert_same <(unmarked <"stage.$fd") expected "$way"
		refute test -s "stage.$other"
		[[ $way != *--log* ]] || assert_same <(logged "${names[fd]}") input "$way"
	done
	assert_equal "$(LC_ALL=C grep -acE '^ *[0-9]+\.[0-9]{6} >' "stage.$fd")" \
		"$(LC_ALL=C grep -ac '' input)"
}

# brings_both KIND: the same for two streams of one open file, with their order.
brings_both() {
	local kind=$1 way
	{ echo before; seq 20000; echo after; } >expected
	for way in "${ways[@]}"; do
		# shellcheck disable=SC2086
		stage --out="$kind" --err=same -- sh -c "$between" - 1 \
			"$CORDON" -q $way "$VICTIM" write-both 20000
		assert_equal "$way: $status $stdout" "$way: 0 "
		assert_same <(unmarked <stage.1) expected "$way"
		[[ $way != *--log* ]] || assert_same <(logged stdout; echo) <(seq 20000) "$way"
	done
	assert_equal "$(grep -cE '^ *[0-9]+\.[0-9]{6} >' stage.1)" 20000
}

# drops FD: into /dev/null; it is counted and logged all the same.
drops() {
	local fd=$1 names=([1]=stdout [2]=stderr)
	local place=([3 - fd]=file [fd]=null)
	stage --out="${place[1]}" --err="${place[2]}" -- "$CORDON" -q --log=log --json=report.json \
		sh -c "exec cat input >&$fd"
	assert_equal "$status $stdout" '0 '
	refute test -s stage.1
	refute test -s stage.2
	assert_same <(logged "${names[fd]}") input log
	assert_equal "$(report ".streams.${names[fd]} | .mode, .bytes")" $'relay\n300000'
}

# is_closed FD: in the command; and the other stream is not harmed.
is_closed() {
	local fd=$1 other=$((3 - $1)) way names=([1]=stdout [2]=stderr)
	local place=([other]=pipe [fd]=closed)
	for way in "${ways[@]}"; do
		# shellcheck disable=SC2086
		stage --out="${place[1]}" --err="${place[2]}" -- "$CORDON" -q $way --json=report.json \
			sh -c "test ! -e /proc/\$\$/fd/$fd && exec cat input >&$other"
		assert_equal "$way: $status $stdout" "$way: 0 "
		assert_same <(unmarked <"stage.$other") input "$way"
		assert_equal "$(report ".streams.${names[fd]}.mode")" closed
	done
}

@test "standard output into a pipe arrives unchanged" {
	brings 1 pipe
}

@test "standard output into a file arrives unchanged, where others write before and after" {
	brings 1 file
}

@test "standard output into a file that is open for appending arrives unchanged" {
	brings 1 append
}

@test "standard output into a terminal arrives unchanged" {
	brings 1 tty
}

@test "standard output into a socket arrives unchanged" {
	brings 1 socket
}

@test "standard output into /dev/null is counted and logged" {
	drops 1
}

@test "standard output that is closed is closed in the command" {
	is_closed 1
}

@test "standard error into a pipe arrives unchanged" {
	brings 2 pipe
}

@test "standard error into a file arrives unchanged, where others write before and after" {
	brings 2 file
}

@test "standard error into a file that is open for appending arrives unchanged" {
	brings 2 append
}

@test "standard error into a terminal arrives unchanged" {
	brings 2 tty
}

@test "standard error into a socket arrives unchanged" {
	brings 2 socket
}

@test "standard error into /dev/null is counted and logged" {
	drops 2
}

@test "standard error that is closed is closed in the command" {
	is_closed 2
}

@test "both streams into one pipe keep their order" {
	brings_both pipe
}

@test "both streams into one file keep their order, where others write before and after" {
	brings_both file
}

@test "both streams into one file that is open for appending keep their order" {
	brings_both append
}

@test "both streams into one terminal keep their order" {
	brings_both tty
}

@test "both streams into one socket keep their order" {
	brings_both socket
}

@test "all three streams that are closed are closed in the command" {
	stage --in=closed --out=closed --err=closed -- "$CORDON" -q --json=report.json \
		sh -c 'for fd in 0 1 2; do test ! -e "/proc/$$/fd/$fd" || exit 1; done'
	assert_equal "$status" 0
	assert_equal "$(report -c '[.streams[].mode]')" '["closed","closed","closed"]'
}
