#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# cordon by the name of timeout: the same status, output and messages as GNU coreutils' timeout(1)
# for the same arguments, and what POSIX.1-2024 adds to them.

load helper

setup() {
	common_setup
	[[ -x $CORDON ]] # else the real one would be compared with itself
	mkdir "$BATS_TEST_TMPDIR.bin"
	ln -s "$CORDON" "$BATS_TEST_TMPDIR.bin/timeout"
	: >file
}

ours() {
	bounded_run env LC_ALL=C PATH="$BATS_TEST_TMPDIR.bin:$PATH" timeout "$@"
}

theirs() {
	bounded_run env LC_ALL=C timeout "$@"
}

need_gnu_timeout() {
	if [[ $(timeout --version 2>/dev/null) != *'GNU coreutils'* ]]; then
		lack "GNU coreutils' timeout"
	fi
}

# The last run in words, without what the suite's own shell says of one that was killed.
last_run() {
	printf "status %s, stdout '%s', stderr '%s'" "$status" "$stdout" \
		"$(grep -v 'helper\.bash: line [0-9]*: ' "$err")"
}

# For a shell whose time shall be over: ALRM is as if it were. (GNU timeout has first to know whom it has started.)
# shellcheck disable=SC2016 # that shell's
over='until grep -q "^State:.S" "/proc/$PPID/status"; do sleep 0.01; done; kill -ALRM $PPID'

# Each row of stdin is the arguments of one call, as a shell reads them.
compare_rows() {
	local row arguments result expected checked=0 failed=0
	need_gnu_timeout
	while IFS= read -r row; do
		[[ -n $row ]] || continue
		eval "arguments=($row)"
		theirs "${arguments[@]}"
		expected=$(last_run)
		ours "${arguments[@]}"
		result=$(last_run)
		if [[ $result != "$expected" ]]; then
			printf 'timeout %s\n  theirs: %s\n  ours:   %s\n' "$row" "$expected" "$result" >&2
			failed=$((failed + 1))
		fi
		checked=$((checked + 1))
	done
	((failed == 0 && checked > 0))
}

@test "mistakes are told as timeout(1) tells them" {
	compare_rows <<-'EOF'

		1
		--
		-- 1
		-v
		-k 1 1
		x true
		'' true
		1x true
		1ms true
		'1 ' true
		1m30s true
		nan true
		-1 true
		-- -1 true
		1e true
		0x true
		$'1\t' true
		-k x 1 true
		-k '' 1 true
		--kill-after=1y 1 true
		-s FOO 1 true
		-s '' 1 true
		-s -1 1 true
		-s 65 1 true
		-s 1000000000000 1 true
		-s SIGSIG 1 true
		-s SIGSIG15 1 true
		-s SIG143 1 true
		-s RTMAX+1 1 true
		-s TERM,KILL 1 true
		-s
		-k
		-vs
		--signal
		--kill-after
		--sig
		--foreground=1 1 true
		--verbose= 1 true
		--help=x
		--foo 1 true
		--foo=bar 1 true
		--signals=TERM 1 true
		-Z 1 true
		-vZ 1 true
		-h
		-5 true
		--v 1 true
		--ver 1 true
		--ver=1 1 true
		--=x 1 true
		--Verbose 1 true
		---verbose 1 true
		-t 5 true
		-q 5 true
		-j 5 true
		--json 5 true
		--timeout=5 true
		x -s FOO true
	EOF
}

@test "options and durations are read as timeout(1) reads them" {
	compare_rows <<-'EOF'
		50 true
		50 false
		50 echo a b
		-- 50 echo a
		50 sh -c 'exit 7' -s FOO
		-v 50 echo -v
		-s INT 50 echo a
		-sINT 50 echo a
		-vsINT -k1 50 echo a
		-k 1 -s 9 50 echo a
		--signal=sigint 50 echo a
		--signal SIGINT 50 echo a
		--sig=TERM 50 echo a
		--s TERM 50 echo a
		--k 1 50 echo a
		--kill=1 50 echo a
		--f 50 echo a
		--p 50 echo a
		--verb 50 echo a
		-s 0 50 echo a
		-s EXIT 50 echo a
		-s exit 50 echo a
		-s SIGEXIT 50 echo a
		-s SIG0 50 echo a
		-s sig15 50 echo a
		-s 15 50 echo a
		-s 143 50 echo a
		-s 256 50 echo a
		-s RTMIN 50 echo a
		-s RTMIN+1 50 echo a
		-s rtmax-1 50 echo a
		-s CLD 50 echo a
		-s IOT 50 echo a
		0 echo a
		50s echo a
		1m echo a
		1h echo a
		1d echo a
		50.5 echo a
		.5m echo a
		50. echo a
		1e3 echo a
		500E-1 echo a
		0x10 echo a
		0x1p3 echo a
		inf echo a
		infinity echo a
		INFd echo a
		' 50' echo a
		+50 echo a
		9223372036854775808d echo a
		1e-100 sleep 50
		-k 0 50 echo a
	EOF
}

@test "commands end as under timeout(1)" {
	compare_rows <<-'EOF'
		50 -- echo a
		50 no-such-command
		50 ./no-such-file
		50 ./file
		50 /
		50 ''
		50 sh -c 'exit 124'
		50 sh -c 'exit 255'
		50 sh -c 'kill -TERM $$'
		50 sh -c 'kill -KILL $$'
		50 sh -c 'kill -HUP $$'
		0.1 sleep 50
		0.1s sleep 50
		--preserve-status 0.1 sleep 50
		--preserve-status -s INT 0.1 sleep 50
		--preserve-status 50 sh -c 'trap "exit 3" TERM; '"$over"'; while :; do :; done'
		50 sh -c 'trap "exit 3" TERM; '"$over"'; while :; do :; done'
		-s KILL 0.1 sleep 50
		-s 9 0.1 sleep 50
		--preserve-status -s KILL 0.1 sleep 50
		-s HUP 0.1 sleep 50
		-s RTMIN 0.1 sleep 50
		-k 0.2 50 sh -c 'trap "" TERM; '"$over"'; sleep 50'
		-k 5 0.1 sleep 50
		-s 0 0.1 sleep 2
		-s 0 -k 0.2 0.1 sleep 50
		50 sh -c "$over; exec sleep 50"
		-s INT -k 0.2 50 sh -c 'trap "" INT; '"$over"'; sleep 50'
		--foreground 0.1 sleep 50
		--foreground -s KILL 0.1 sleep 50
		0 sleep 0.1
		inf sleep 0.1
	EOF
}

@test "--verbose names the signals as timeout(1) does" {
	compare_rows <<-'EOF'
		-v 0.1 sleep 50
		-v -s INT 0.1 sleep 50
		-v -s 9 0.1 sleep 50
		-v -s 0 0.1 sleep 2
		-v -s rtmin+3 0.1 sleep 50
		-v -k 0.2 50 sh -c 'trap "" TERM; '"$over"'; sleep 50'
		-v --foreground 0.1 sleep 50
		-v 5 true
	EOF
}

@test "standard input and output are the command's own" {
	echo text >input
	bounded_run --in input env PATH="$BATS_TEST_TMPDIR.bin:$PATH" timeout 50 cat
	assert_equal "$stdout" text
	ours 50 sh -c 'readlink /proc/self/fd/1; echo $$ >pid; cat /proc/$$/stat >stat'
	assert_equal "$stdout" "$(readlink -f "$out")"
}

@test "the letters of POSIX.1-2024 are known" {
	ours -p 0.1 sleep 50
	assert_equal "$status" 143
	ours -fp -s INT 0.1 sleep 50
	assert_equal "$status" 130
	ours -f 50 echo a
	assert_equal "$status" 0
	assert_equal "$stdout" a
}

@test "the children of a command are signalled too, but not with --foreground" {
	ours 50 sh -c 'sleep 50 & echo $! >pid; '"$over; wait" # more than wait_until waits
	assert_equal "$status" 124
	wait_until is_gone "$(<pid)"
	ours 50 sh -c 'sh -c "kill -STOP \$\$" & echo $! >pid
		until grep -q "^State:.T" "/proc/$!/status"; do sleep 0.01; done; '"$over; wait"
	wait_until is_gone "$(<pid)"
	ours --foreground 50 sh -c 'sleep 50 & echo $! >pid; '"$over; wait"
	assert_equal "$status" 124
	if is_gone "$(<pid)"; then
		return 1
	fi
	kill "$(<pid)"
	wait_until is_gone "$(<pid)"
}

@test "the script that it is in is not signalled" {
	bounded_run sh -c '"$@"; echo "status $?"' - "$BATS_TEST_TMPDIR.bin/timeout" 0.1 sleep 50
	assert_equal "$status $stdout" '0 status 124'
}

@test "what timeout(1) acts on has its default action in the command, whoever ignored it" {
	local sig
	for sig in HUP INT QUIT USR1 USR2 PIPE ALRM TERM CHLD TTIN TTOU; do
		entry_options+=("--ignore=$sig")
	done
	ours -s USR1 50 grep SigIgn /proc/self/status
	assert_equal "$stdout" $'SigIgn:\t0000000000001800' # USR2 and PIPE
	ours -k 30 0.3 sleep 20
	assert_equal "$status" 124
	bounded_start "$ENTRY" --ignore=TERM "$BATS_TEST_TMPDIR.bin/timeout" -k 0.1 50 \
		sh -c 'trap "" TERM; echo ready; sleep 50'
	wait_until has_line "$out" ready
	kill -TERM "$pid"
	cordon_wait
	assert_equal "$status" 137
}

@test "a command sees its children end, although SIGCHLD was blocked" {
	entry_options=(--block=CHLD --block=USR1)
	ours 50 grep SigBlk /proc/self/status
	assert_equal "$stdout" $'SigBlk:\t0000000000000200'
	bounded_run "$CORDON" -q grep SigBlk /proc/self/status
	assert_equal "$stdout" $'SigBlk:\t0000000000010200'
}

@test "what the command leaves behind is left alone" {
	ours 50 sh -c 'sleep 50 >/dev/null 2>&1 & echo $! >pid'
	assert_equal "$status" 0
	if is_gone "$(<pid)"; then
		return 1
	fi
	kill "$(<pid)"
	wait_until is_gone "$(<pid)"
}

@test "nothing of cordon's own is written or obeyed" {
	CORDON_OPTIONS='--frobnicate --json=x' ours -v 50 env
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	[[ $stdout == *CORDON_OPTIONS=--frobnicate* ]]
	assert_not_exists x
}

@test "help and version go to stdout" {
	local option
	for option in --help --h --version --vers; do
		ours "$option"
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		[[ $stdout == 'Usage: timeout [OPTION]... DURATION COMMAND [ARG]...'* ||
			$stdout == 'timeout (cordon) '* ]]
		assert_equal "$(awk 'length > 79' "$out")" ''
	done
	status=0
	"$BATS_TEST_TMPDIR.bin/timeout" --help >/dev/full 2>"$err" 3>&- || status=$?
	assert_equal "$status" 125
	assert_equal "$(<"$err")" 'timeout: standard output: cannot write: No space left on device'
}

@test "the name counts, wherever the link is" {
	bounded_run "$BATS_TEST_TMPDIR.bin/timeout"
	assert_equal "$status" 125
	assert_equal "$stderr" "Try 'timeout --help' for more information."
}
