#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# How a command is found, started, and placed among the processes.

load helper

# script FILE LINE...: an executable file of these lines.
script() {
	printf '%s\n' "${@:2}" >"$1"
	chmod +x "$1"
}

# group KEY: what the last "victim print-group" has as KEY.
group() {
	sed -n "s/^$1 //p" "$out"
}

# --- what is executed ------------------------------------------------------------------

@test "a quiet run adds nothing to what the command writes" {
	cordon_run -q sh -c 'echo out; echo err >&2; exit 3'
	assert_equal "$status" 3
	assert_equal "$stdout" out
	assert_equal "$stderr" err
}

@test "arguments arrive as they were given, whatever is in them" {
	local args=('' ' ' 'two words' $'a\nline' '*' "'\"\\" $'\xff\xfe' -q --json -- ü)
	cordon_run -q "$VICTIM" argv "${args[@]}"
	assert_success
	assert_equal "$stdout" "$(printf '%s\n' "$VICTIM" "${args[@]}")"
	cordon_run -q -- "$VICTIM" argv -- -t
	assert_equal "$stdout" "$VICTIM"$'\n--\n-t'
}

@test "a name without a slash is looked for in PATH, in its order" {
	mkdir one two
	script one/tool '#!/bin/sh' 'echo "one $*"'
	script two/tool '#!/bin/sh' 'echo "two $*"'
	bounded_run env PATH="$PWD/missing:$PWD/two:$PWD/one" "$CORDON" -q tool a b
	assert_equal "$stdout" 'two a b'
	chmod -x two/tool
	bounded_run env PATH="$PWD/two:$PWD/one" "$CORDON" -q tool
	assert_equal "$stdout" 'one '
	bounded_run env PATH="$PWD/two" "$CORDON" -q tool
	assert_equal "$status" 126
	bounded_run env PATH="$PWD/one/tool:$PWD/one" "$CORDON" -q tool
	assert_equal "$stdout" 'one '
	script two/tool '#!/missing'
	bounded_run env PATH="$PWD/two:$PWD/one" "$CORDON" -q tool
	assert_equal "$stdout" 'one '
	chmod -x one/tool
	bounded_run env PATH="$PWD/two:$PWD/one" "$CORDON" -q tool
	assert_equal "$status $stderr" '126 cordon: tool: cannot run: Permission denied'
	chmod +x one/tool
	rm two/tool
	mkdir two/tool
	bounded_run env PATH="$PWD/two:$PWD/one" "$CORDON" -q tool
	assert_equal "$stdout" 'one '
}

@test "an empty element of PATH is the working directory" {
	local path
	mkdir below
	script below/tool '#!/bin/sh' 'echo found'
	cd below
	for path in : :/missing /missing: /missing::/missing ''; do
		bounded_run env PATH="$path" "$CORDON" -q tool
		assert_equal "$path $status $stdout" "$path 0 found"
	done
	cd ..
	bounded_run env PATH=: "$CORDON" -q -C below tool
	assert_equal "$stdout" found
	bounded_run env PATH=: "$CORDON" -q tool
	assert_equal "$status" 127
}

@test "a directory of PATH that may not be searched is passed over, but not forgotten" {
	need nobody
	mkdir closed open
	script closed/tool '#!/bin/sh' 'echo closed'
	script open/tool '#!/bin/sh' 'echo open'
	nobody_setup
	cp -R "$BATS_TEST_TMPDIR/closed" "$BATS_TEST_TMPDIR/open" .
	chmod 755 open
	chmod 700 closed
	as_nobody bounded_run env PATH="$PWD/closed:$PWD/open" "$CORDON" -q tool
	assert_equal "$stdout" open
	as_nobody bounded_run env PATH="$PWD/closed" "$CORDON" -q tool
	assert_equal "$status" 126
	assert_equal "$stderr" 'cordon: tool: cannot run: Permission denied'
}

@test "without PATH in its environment a command is looked for in the usual places" {
	bounded_run env -i "$CORDON" -q --json=report.json sh -c 'echo "$PATH"'
	assert_success
	cordon_run -q --unset-env=PATH sh -c 'echo found'
	assert_equal "$stdout" found
	cordon_run -q -i no-such-command
	assert_equal "$status" 127
}

@test "the PATH that counts is the one the command gets" {
	mkdir bin
	script bin/tool '#!/bin/sh' 'echo found'
	cordon_run -q -E PATH="$PWD/bin" tool
	assert_equal "$stdout" found
	bounded_run env PATH="$PWD/bin:$PATH" "$CORDON" -q -E PATH=/missing tool
	assert_equal "$status" 127
}

@test "a name that is too long is not found" {
	local name
	name=$(printf '%0300d' 0)
	cordon_run -q "$name"
	assert_equal "$status" 126
	assert_equal "$stderr" "cordon: $name: cannot run: File name too long"
	name=$(printf '%05000d' 0)
	cordon_run -q "$name"
	assert_equal "$status" 127
}

@test "a file that is no program and no script is given to the shell, with its arguments" {
	script plain 'echo "$0: $*"' 'exit 4'
	cordon_run -q ./plain 'a  b' c
	assert_equal "$status" 4
	assert_equal "$stdout" './plain: a  b c'
	bounded_run env PATH="$PWD:$PATH" "$CORDON" -q plain x
	assert_equal "$stdout" "$PWD/plain: x"
	: >empty
	chmod +x empty
	cordon_run -q ./empty
	assert_success
}

@test "--argv0 is what the command gets as its own name" {
	cordon_run -q --argv0=other "$VICTIM" argv a
	assert_equal "$stdout" $'other\na'
	cordon_run -q --argv0= "$VICTIM" argv
	assert_equal "$stdout" ''
	cordon_run -q --argv0=-sh sh -c 'echo "$0"' named
	assert_equal "$stdout" named
}

@test "--shell runs the command as a text, with the arguments as its own" {
	cordon_run -q --shell 'echo "$1-$2" | tr a-z A-Z; exit 6' one 'two  three'
	assert_equal "$status" 6
	assert_equal "$stdout" 'ONE-TWO  THREE'
}

@test "--interpreter runs the command as a script of the program" {
	printf 'echo "$0 $*"\n' >text
	cordon_run -q --interpreter=sh ./text a b
	assert_equal "$stdout" './text a b'
	cordon_run -q --json=report.json --interpreter=no-such-command ./text
	assert_equal "$status" 127
	assert_equal "$stderr" 'cordon: --interpreter=no-such-command: cannot run: No such file or directory'
	assert_equal "$(report .error.option)" --interpreter=no-such-command
}

@test "a shell that cannot be run is named, not its text; and so is a command without a name" {
	need root
	mkdir empty
	cordon_run -q --chroot=empty --shell 'echo hi'
	assert_equal "$status" 127
	assert_equal "$stderr" 'cordon: --shell: cannot run /bin/sh: No such file or directory'
	cordon_run -q ''
	assert_equal "$status" 127
	assert_equal "$stderr" "cordon: '': cannot run: No such file or directory"
}

@test "a command that ends before cordon looks is accounted as any other" {
	need jq
	bounded_run bash -c 'for ((i = 0; i < 50; i++)); do
		"$CORDON" -q --report=report.jsonl "$VICTIM" quick-exit || echo "$i: $?"
	done'
	assert_equal "$stdout$stderr" ''
	assert_equal "$(jq -c '[.status, .reason, .processes.reaped]' report.jsonl | sort | uniq -c |
		xargs)" '50 [0,exited,1]'
}

@test "cordon reads nothing of an input that the command leaves alone" {
	seq 1000 >numbers
	bounded_run --in numbers sh -c '"$CORDON" -q true; cat'
	assert_equal "$stdout" "$(<numbers)"
}

@test "what the command used is accounted to whoever waits for cordon" {
	bounded_run bash -c 'TIMEFORMAT="%U %S"
		time "$CORDON" -q --leftovers=wait sh -c "
			setsid \"\$VICTIM\" burn 0.3 &
			exec \"\$VICTIM\" burn 0.3"'
	assert_success
	assert_equal "$(awk '{ print ($1 + $2 >= 0.5) }' "$err")" 1
}

# --- groups and sessions ---------------------------------------------------------------

@test "without a terminal the command leads a process group of its own" {
	cordon_run -q "$VICTIM" print-group
	assert_equal "$(group pgid)" "$(group pid)"
	assert_not_equal "$(group sid)" "$(group pid)"
	cordon_run -q --new-group "$VICTIM" print-group
	assert_equal "$(group pgid)" "$(group pid)"
	assert_not_equal "$(group sid)" "$(group pid)"
}

@test "so what it sends to its group does not reach cordon" {
	need jq
	cordon_run -q --json=report.json sh -c 'trap "" TERM; kill 0; exit 5'
	assert_equal "$status" 5
	assert_equal "$(report '[.reason, .status] | join(" ")')" 'exited 5'
	cordon_run -q --json=report.json sh -c 'kill -KILL 0'
	assert_equal "$(report '[.reason, .signal] | join(" ")')" 'signaled KILL'
}

@test "--foreground keeps the command in cordon's own group" {
	# cordon leads a session and so a group, too.
	cordon_run -q -f "$VICTIM" print-group
	assert_equal "$(group pgid)" "$(group sid)"
	cordon_run -q --foreground "$VICTIM" print-group
	assert_equal "$(group pgid)" "$(group sid)"
	assert_not_equal "$(group pgid)" "$(group pid)"
}

@test "--new-session makes the command lead a session" {
	cordon_run -q --new-session "$VICTIM" print-group
	assert_equal "$(group sid)" "$(group pid)"
	assert_equal "$(group pgid)" "$(group pid)"
}

@test "a cordon that leads neither group nor session starts the command alike" {
	bounded_run sh -c 'echo "sh $$"; "$CORDON" -q "$VICTIM" print-group; true'
	assert_equal "$(group pgid)" "$(group pid)"
	assert_equal "$(group sid)" "$(group sh)"
	bounded_run sh -c 'echo "sh $$"; "$CORDON" -q -f "$VICTIM" print-group; true'
	assert_equal "$(group pgid)" "$(group sh)"
	bounded_run sh -c 'setsid -w "$CORDON" -q --new-session "$VICTIM" print-group'
	assert_equal "$(group sid)" "$(group pid)"
}

# --- one in another --------------------------------------------------------------------

@test "a cordon in a cordon gives the same statuses" {
	need perl
	cordon_run -q "$CORDON" -q "$VICTIM" exit 7
	assert_equal "$status" 7
	cordon_run -q "$CORDON" -q ./missing
	assert_equal "$status" 127
	cordon_run -q "$CORDON" -q -t 0.1 sleep 20
	assert_equal "$status" 124
	bounded_run perl -e 'system { $ARGV[0] } @ARGV; print $? & 127' \
		"$CORDON" -q "$CORDON" -q "$VICTIM" die USR1
	assert_equal "$stdout" 10
	assert_equal "$stderr" ''
}

@test "each cordon of a nest leaves nothing of its own command behind" {
	cordon_run -q -k 0.2 sh -c '
		"$CORDON" -q -k 0.2 "$VICTIM" daemonise inner
		kill -0 "$(cat inner)" 2>/dev/null && echo "inner lives"
		exec "$VICTIM" daemonise outer'
	assert_success
	assert_equal "$stdout" ''
	assert is_gone "$(<inner)" "$(<outer)"
}

@test "the limit of the outer cordon ends the inner one and all below it" {
	cordon_run -q -t 0.3 "$(once "grep -q ready '$out'")" -k 30 "$CORDON" -q --json=inner.json -k 30 sh -c \
		'"$VICTIM" setsid-children 3'
	assert_equal "$status" 124
	assert_equal "$stdout" 'ready 3'
	assert no_process_left
	assert_equal "$(report .status inner.json)" 143
}
