#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where the command's three streams lead: --stdin, --stdout, --stderr, --append, --merge.

load helper

# stage ARG...: see stage.py; what came is in the files stage.1 and stage.2.
stage() {
	bounded_run /usr/bin/python3 "$SRC/tests/stage.py" "$@"
}

# mode STREAM: what the report says about it.
mode() {
	report ".streams.$1.mode"
}

# assert_not_started TEXT: one line that ends in TEXT and perhaps a hint, 125, and no trace of the
# command `touch started`.
assert_not_started() {
	assert_equal "$status" 125
	assert_equal "$stdout" ''
	assert_equal "$(head -n 1 "$err")" "cordon: $1"
	(($(wc -l <"$err") <= 2))
	refute test -e started
}

# --- by default ------------------------------------------------------------------------

@test "standard output and standard error lead where cordon's do, of whatever kind" {
	local to errors expected
	for to in pipe file append null closed tty socket; do
		for errors in pipe file append null closed tty socket; do
			rm -f stage.?
			[[ $to$errors != *append* ]] || echo before | tee stage.1 >stage.2
			stage --out=$to --err=$errors -- "$CORDON" -q \
				sh -c 'echo one 2>/dev/null; echo two >&2; exit 3' 2>/dev/null
			expected="$to $errors 3"
			case $to in
			null | closed) expected+=' ' ;;
			append) expected+=$' before\none' ;;
			*) expected+=' one' ;;
			esac
			case $errors in
			null | closed) expected+=' ' ;;
			append) expected+=$' before\ntwo' ;;
			*) expected+=' two' ;;
			esac
			assert_equal "$to $errors $status $(<stage.1) $(<stage.2)" "$expected"
		done
	done
}

@test "standard input comes from where cordon's does, of whatever kind" {
	local in mode
	seq 5 >input
	for mode in inherit relay; do
		for in in pipe file tty socket; do
			stage --in=$in:input -- "$CORDON" -q --stdin=$mode sed 5q
			assert_equal "$mode $in $status $(<stage.1)" "$mode $in 0 $(seq 5)"
		done
		stage --in=null -- "$CORDON" -q --stdin=$mode "$VICTIM" read-stdin
		assert_equal "$mode null $status $(<stage.1)" "$mode null 0 0 cbf29ce484222325"
		stage --in=closed -- "$CORDON" -q --stdin=$mode "$VICTIM" read-stdin
		assert_equal "$mode closed $status $(<stage.2)" \
			"$mode closed 98 victim: read: Bad file descriptor"
	done
}

@test "a terminal is inherited, all else is relayed" {
	local kind
	for kind in pipe file append null socket; do
		stage --out=$kind --err=$kind -- "$CORDON" -q --json=report.json true
		assert_equal "$kind $(mode stdin) $(mode stdout) $(mode stderr)" \
			"$kind inherit relay relay"
	done
	stage --out=tty --err=tty -- "$CORDON" -q --json=report.json "$VICTIM" print-fds
	assert_equal "$(mode stdin) $(mode stdout) $(mode stderr)" 'inherit inherit inherit'
	assert_regex "$(tr -d '\r' <stage.1)" '1 (/dev/pts/[0-9]+)'
	stage --out=tty --err=file -- "$CORDON" -q --json=report.json true
	assert_equal "$(mode stdout) $(mode stderr)" 'inherit relay'
	stage --out=closed --err=closed --in=closed -- "$CORDON" -q --json=report.json true
	assert_equal "$(mode stdin) $(mode stdout) $(mode stderr)" 'closed closed closed'
}

@test "/dev/null is handed on as it is, unless somebody is told how much went there" {
	local option seen='sh -c "readlink /proc/self/fd/2 >seen"'
	bounded_run sh -c '"$0" '"$seen"' 2>/dev/null && cat seen' "$CORDON"
	assert_equal "$stdout" /dev/null
	for option in -v --report=human:report.txt --json=report.json --idle-timeout=1m --log=log \
		--line-limit=9 --prefix=: --explain-denied; do
		bounded_run sh -c '"$0" "$1" '"$seen"' 2>/dev/null && cat seen' "$CORDON" $option
		assert_regex "$option $stdout" "^$option pipe:"
	done
}

@test "streams of one open file are relayed through one pipe" {
	stage --out=pipe --err=same -- "$CORDON" -q --json=report.json "$VICTIM" print-fds
	assert_equal "$(mode stdout) $(mode stderr)" 'relay merged'
	assert_equal "$(awk '$1 == 1 { print $2 }' stage.1)" "$(awk '$1 == 2 { print $2 }' stage.1)"
	stage --out=pipe --err=pipe -- "$CORDON" -q --json=report.json "$VICTIM" print-fds
	assert_equal "$(mode stdout) $(mode stderr)" 'relay relay'
	refute [ "$(awk '$1 == 1 { print $2 }' stage.1)" = "$(awk '$1 == 2 { print $2 }' stage.1)" ]
}

@test "the command has the three streams and no descriptor of cordon's" {
	local option
	for option in '' --stdin=relay '--stdout=relay --stderr=relay' '--stdout=file --stderr=file' \
		--merge '--stdin=null --stdout=null' --json=report.json --cgroup=none -t50; do
		# shellcheck disable=SC2086
		cordon_run -q $option sh -c '"$VICTIM" print-fds | cut -d " " -f 1 >fds'
		assert_equal "$option $(xargs <fds)" "$option 0 1 2"
	done
}

# --- standard input --------------------------------------------------------------------

@test "what the command does not read is left for the next one" {
	local kind
	seq 5 >input
	for kind in pipe file socket; do
		stage --in=$kind:input -- sh -c '{ "$@" head -c 4; echo rest; cat; }' - "$CORDON" -q
		assert_equal "$kind $(<stage.1)" "$kind $(printf '%s\n' 1 2 rest 3 4 5)"
		stage --in=$kind:input -- sh -c '{ "$@" true; cat; }' - "$CORDON" -q
		assert_equal "$kind $(<stage.1)" "$kind $(seq 5)"
	done
}

@test "cordon in a loop does not eat the loop's input" {
	seq 3 >input
	bounded_run --in input sh -c 'while read -r line; do "$@" echo "got $line"; done' - "$CORDON" -q
	assert_equal "$stdout" $'got 1\ngot 2\ngot 3'
}

@test "with --stdin=inherit the command has cordon's own descriptor" {
	echo text >input
	cordon_run --in input -q --stdin=inherit "$VICTIM" print-fds
	has_line "$out" "0 $BATS_TEST_TMPDIR/input"
	cordon_run --in input -q --stdin=relay "$VICTIM" print-fds
	grep -q '^0 pipe:' "$out"
}

@test "with --stdin=null there is nothing to read" {
	seq 5 >input
	cordon_run --in input -q --stdin=null --json=report.json "$VICTIM" read-stdin
	assert_success
	assert_equal "$stdout" '0 cbf29ce484222325'
	assert_equal "$(mode stdin)" null
	stage --in=closed -- "$CORDON" -q --stdin=null "$VICTIM" read-stdin
	assert_equal "$(<stage.1)" '0 cbf29ce484222325'
}

@test "with --stdin=FILE the command reads the file from its beginning" {
	seq 5 >input
	cordon_run -q --stdin=input --json=report.json cat
	assert_success
	assert_equal "$stdout" "$(seq 5)"
	assert_equal "$(mode stdin)" file
	stage --in=closed -- "$CORDON" -q --stdin=input cat
	assert_equal "$(<stage.1)" "$(seq 5)"
}

@test "an input that is not there or cannot be read stops the run" {
	cordon_run --stdin=absent touch started
	assert_not_started "--stdin: cannot read 'absent': No such file or directory"
	need nobody
	as_nobody true
	touch secret
	chmod 600 secret
	as_nobody cordon_run --stdin=secret touch started
	assert_not_started "--stdin: cannot read 'secret': Permission denied"
}

@test "a FIFO is an input like any other" {
	mkfifo fifo
	bounded_run sh -c 'echo text >fifo & exec "$@"' - "$CORDON" -q --stdin=fifo cat
	assert_equal "$stdout" text
}

# --- files -----------------------------------------------------------------------------

@test "with --stdout=FILE the file has the output, and only that" {
	echo 'something that is longer' >old
	local file
	for file in old new; do
		cordon_run -q --stdout=$file --json=report.json sh -c 'echo one; echo two >&2'
		assert_success
		assert_equal "$(<$file)" one
		assert_equal "$stdout" ''
		assert_equal "$stderr" two
		assert_equal "$(mode stdout) $(mode stderr)" 'file relay'
	done
}

@test "with --stderr=FILE the file has the errors, and cordon's own messages are not in it" {
	cordon_run --stderr=file --stdout=null sh -c 'echo one; echo two >&2; exit 3'
	assert_equal "$status" 3
	assert_equal "$(<file)" two
	assert_regex "$stderr" '^cordon: sh -c .*: exit 3 after '
}

@test "a new file has the modes of cordon's umask, whatever the command's is" {
	bounded_run sh -c 'umask 027; "$@"' - "$CORDON" -q --umask=777 --stdout=file true
	assert_success
	assert_equal "$(stat -c %a file)" 640
}

@test "with --append what the files had is kept" {
	echo before | tee one two >both
	cordon_run -q --append --stdout=one --stderr=two "$VICTIM" write-both 4
	assert_success
	assert_equal "$(<one)" $'before\n1\n3'
	assert_equal "$(<two)" $'before\n2\n4'
	cordon_run -q --append --stdout=both --stderr=both "$VICTIM" write-both 1000
	assert_success
	assert_equal "$(<both)" "before"$'\n'"$(seq 1000)"
}

@test "with --append several runs write to one file without loss" {
	# shellcheck disable=SC2016
	bounded_run sh -c 'for i in 1 2 3 4 5 6 7 8; do "$@" & done; wait' - \
		"$CORDON" -q --append --stdout=file "$VICTIM" spam 65536 stdout 16
	assert_equal "$(stat -c %s file)" $((8 * 65536))
	assert_equal "$(sort file | uniq -c | awk '{ print $1 }' | sort -u)" 8
}

@test "one file for both streams has everything in order" {
	echo 'something that is longer' >file
	cordon_run -q --stdout=file --stderr=file --json=report.json "$VICTIM" write-both 1000
	assert_success
	assert_equal "$(<file)" "$(seq 1000)"
	assert_equal "$(mode stdout) $(mode stderr)" 'file merged'
	ln file other
	cordon_run -q --stdout=file --stderr=other "$VICTIM" write-both 1000
	assert_equal "$(<file)" "$(seq 1000)"
}

@test "a file is neither emptied nor made when another stream's cannot be opened" {
	echo before >old
	mkdir directory
	local bad
	for bad in absent/file directory; do
		cordon_run --stdout=old --stderr=$bad touch started
		assert_equal "$status" 125
		assert_regex "$stderr" "^cordon: --stderr: cannot write to '$bad': "
		cordon_run --stderr=old --stdout=$bad touch started
		assert_equal "$status" 125
		assert_regex "$stderr" "^cordon: --stdout: cannot write to '$bad': "
		cordon_run --stdin=absent --stdout=old --stderr=new touch started
		assert_equal "$status" 125
		cordon_run --stdout=new --stderr=$bad touch started
		assert_equal "$status" 125
	done
	cordon_run --stdout=old --stderr=/dev/tty touch started # it can be told only by opening it
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --stderr=/dev/tty: cannot open: No such device or address'
	assert_equal "$(<old)" before
	assert_equal "$(echo *)" 'directory old'
}

@test "a file that may not be written to stops the run" {
	need nobody
	as_nobody true
	echo before >locked
	chmod 644 locked
	as_nobody cordon_run --stdout=locked touch started
	assert_not_started "--stdout: cannot write to 'locked': Permission denied"
	as_nobody cordon_run --stderr=/new touch started
	assert_not_started "--stderr: cannot write to '/new': Permission denied"
}

@test "files are in cordon's directory, not in the command's" {
	mkdir directory
	cordon_run -q -C directory --stdin=input --stdout=file pwd
	assert_equal "$status" 125
	echo text >input
	cordon_run -q -C directory --stdin=input --stdout=file --stderr=/dev/null cat
	assert_success
	assert_equal "$(<file)" text
	assert_equal "$(ls directory)" ''
}

@test "files are in cordon's root, not in the command's" {
	need root
	mkdir -p root/directory
	cp "$VICTIM" root
	echo text >input
	cordon_run -q --chroot=root --stdin=input --stdout=file /victim read-stdin
	assert_success
	assert_equal "$(<file)" "$("$VICTIM" read-stdin <input)"
}

@test "a file whose name is a word is written with a slash" {
	cordon_run -q --stdout=./null --stderr=./relay sh -c 'echo one; echo two >&2'
	assert_success
	assert_equal "$(<null)" one
	assert_equal "$(<relay)" two
}

@test "a FIFO and a device are files like any other" {
	mkfifo fifo
	bounded_run sh -c 'cat fifo & "$@"; wait' - "$CORDON" -q --stdout=fifo echo text
	assert_success
	assert_equal "$stdout" text
	cordon_run -q --stdout=/dev/null --stderr=/dev/null sh -c 'echo one; echo two >&2'
	assert_success
	assert_equal "$stdout$stderr" ''
	cordon_run -q --stdout=/dev/full "$VICTIM" spam 10
	assert_equal "$status" 98
	assert_equal "$stderr" 'victim: write: No space left on device'
}

@test "a signal ends the wait for a FIFO's other end" {
	mkfifo fifo
	cordon_start --stdout=fifo touch started
	wait_until waits_in_open "$pid"
	kill -TERM "$pid"
	cordon_wait
	assert_equal "$status" 143
	refute test -e started
}

waits_in_open() {
	[[ $(ps -o stat= -p "$1") == S* && ! -e /proc/$1/fd/3 ]]
}

# --- the other words -------------------------------------------------------------------

@test "with --stdout=null and --stderr=null nothing comes" {
	cordon_run -q --stdout=null --json=report.json sh -c 'echo one; echo two >&2'
	assert_equal "$stdout" ''
	assert_equal "$stderr" two
	assert_equal "$(mode stdout)" null
	cordon_run -q --stderr=null sh -c 'echo one; echo two >&2'
	assert_equal "$stdout" one
	assert_equal "$stderr" ''
	stage --out=closed --err=closed -- "$CORDON" -q --stdout=null --stderr=null \
		sh -c 'echo one && echo two >&2'
	assert_success
}

@test "with --stdout=inherit the command has cordon's own descriptor" {
	cordon_run -q --stdout=inherit --stderr=inherit --json=report.json "$VICTIM" print-fds
	has_line "$out" "1 $out"
	has_line "$out" "2 $err"
	assert_equal "$(mode stdout) $(mode stderr)" 'inherit inherit'
	assert_equal "$(report '.streams.stdout.bytes, .streams.stdout.lines')" $'null\nnull'
}

@test "with --stdout=relay a terminal is relayed to as well" {
	stage --out=tty --err=tty -- "$CORDON" -q --stdout=relay --json=report.json "$VICTIM" print-fds
	assert_success
	assert_equal "$(mode stdout) $(mode stderr)" 'relay inherit'
	assert_regex "$(<stage.1)" '1 pipe:'
}

@test "with --merge standard error goes where standard output goes, in order" {
	cordon_run -q --merge --json=report.json "$VICTIM" write-both 1000
	assert_success
	assert_equal "$stdout" "$(seq 1000)"
	assert_equal "$stderr" ''
	assert_equal "$(mode stdout) $(mode stderr)" 'relay merged'
	cordon_run -q --merge --stdout=file "$VICTIM" write-both 1000
	assert_equal "$(<file)" "$(seq 1000)"
	assert_equal "$stdout$stderr" ''
	cordon_run -q --merge --stdout=inherit "$VICTIM" write-both 1000
	assert_equal "$stdout" "$(seq 1000)"
	cordon_run -q --merge --stdout=null "$VICTIM" write-both 10
	assert_equal "$stdout$stderr" ''
	stage --out=tty -- "$CORDON" -q --merge "$VICTIM" write-both 10
	assert_equal "$(tr -d '\r' <stage.1)" "$(seq 10)"
}

@test "with --merge cordon's own messages stay on standard error" {
	cordon_run --merge sh -c 'echo one >&2; exit 3'
	assert_equal "$stdout" one
	assert_regex "$stderr" '^cordon: sh -c .*: exit 3 after '
}

@test "with --merge a closed standard output closes standard error" {
	stage --out=closed --err=file -- "$CORDON" -q --merge --json=report.json \
		sh -c '"$VICTIM" print-fds >fds'
	assert_success
	assert_equal "$(mode stderr)" closed
	assert_equal "$(cut -d ' ' -f 1 fds | xargs)" '0 1'
}

@test "descriptors 0 to 2 that are closed when cordon starts are closed in the command" {
	local closed open options
	for closed in '' 0 1 2 '0 1' '0 2' '1 2' '0 1 2'; do
		open=$(printf '%s\n' 0 1 2 $closed | sort | uniq -u | xargs)
		options=()
		[[ -z $closed ]] || mapfile -t options < <(printf -- '--close=%s\n' $closed)
		bounded_run "$ENTRY" "${options[@]}" "$CORDON" -q \
			--json=report.json sh -c \
			'for fd in 0 1 2; do [ ! -e "/proc/$$/fd/$fd" ] || open="$open $fd"; done
			echo "open:$open" >fds; exit 3'
		assert_equal "$closed: $status, $(<fds)" "$closed: 3, open:${open:+ $open}"
		assert_equal "$(report '[.streams[] | select(.mode == "closed")] | length')" \
			"$(wc -w <<<"$closed")"
	done
}

@test "a file takes the place of a closed descriptor" {
	bounded_run "$ENTRY" --close=0 --close=1 --close=2 "$CORDON" -q --stdout=one --stderr=two \
		--stdin=/dev/null sh -c 'echo one; echo two >&2'
	assert_success
	assert_equal "$(<one) $(<two)" 'one two'
}
