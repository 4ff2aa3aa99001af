#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --progress: a line that says how the run is getting on, and is never in the way.

# shellcheck disable=SC2016 # $ is for the shell in the terminal

load helper
load terminal

# The last test's run takes so long that it begins before the first.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	CI=true "${CORDON:-$SRC/build/cordon}" -q --progress=always sh -c 'until grep -q cordon: rare.err; do sleep 0.1; done; printf half; echo' \
		</dev/null >rare.out 2>rare.err 3>&- 4>&- &
	echo $! >rare.pid
}

teardown_file() {
	kill "$(<"$BATS_FILE_TMPDIR/rare.pid")" 2>/dev/null || true
	validate_all_reports
}

setup() {
	common_setup
	unset CI
}

teardown() {
	if [[ -v socket ]]; then
		leave_terminal
	fi
	common_teardown
}

in_terminal() {
	need tmux
	enter_terminal
}

line='^cordon: [0-9.]+m?s'
figures='[0-9] process' # of the line, also where a prompt has been written over its beginning
stay='until test -e go; do sleep 0.05; done'

@test "a terminal has a line with the figures, and none of it is left at the end" {
	in_terminal
	run_line "cordon -q --progress -t 50 sh -c '$stay'"
	see "$line of 50.0s · cpu [0-9.]+m?s \([0-9]+%\) · [0-9.]+ MiB · [0-9]+ process(es)? · 0 B of output, silent for [0-9.]+s$"
	touch go
	left_with 0
	refute has_seen "$figures"
}

@test "the line moves on" {
	in_terminal
	run_line "cordon -q --progress sh -c '$stay'"
	see "$line"
	local first
	first=$(screen | grep -E "$line")
	wait_until shows_other_than "$first"
	touch go
	left_with 0
}

shows_other_than() {
	[[ $(screen | grep -E "$line") != "$1" ]]
}

@test "the command's own lines are whole, and come before the line" {
	in_terminal
	run_line "clear; cordon -q --progress sh -c 'for i in 1 2 3 4 5; do echo \"number \$i\"; sleep 0.3; done; $stay'"
	see '^number 5$'
	see "$line"
	assert_equal "$(screen | sed 's/^cordon: .*/line/')" $'number 1\nnumber 2\nnumber 3\nnumber 4\nnumber 5\nline'
	touch go
	wait_until screen_is $'number 1\nnumber 2\nnumber 3\nnumber 4\nnumber 5\n\\$'
	ends_with 0
}

@test "behind a line that the command has not ended there is no other" {
	in_terminal
	run_line "clear; cordon -q --progress sh -c 'sleep 0.8; printf half; until test -e on; do sleep 0.05; done; echo \" a line\"; $stay'"
	see '^half$'
	sleep 1
	assert_equal "$(screen)" half
	touch on
	see '^half a line$'
	see "$line"
	touch go
	left_with 0
}

@test "the command has a terminal also when a line is shown there" {
	in_terminal
	run_line 'cordon -q --progress sh -c "test -t 1 && test -t 2 && echo a terminal"'
	see '^a terminal$'
}

@test "a narrow terminal has what it has room for, on one line" {
	in_terminal
	terminal resize-window -x 30 -y 20
	run_line clear
	run_line "clear; cordon -q --progress sh -c '$stay'"
	see '^cordon: [0-9.]+m?s( · cpu [0-9.]+m?s \([0-9]+%\))?$'
	sleep 1.2
	assert_equal "$(screen | grep -c .)" 1
	touch go
	left_with 0
}

@test "output to elsewhere does not disturb the line" {
	in_terminal
	run_line "clear; cordon -q --progress sh -c 'seq 100000; $stay' >numbers"
	see "$line .* of output"
	touch go
	left_with 0
	assert_equal "$(md5sum <numbers)" "$(seq 100000 | md5sum)"
}

@test "messages of cordon's take the place of the line" {
	in_terminal
	run_line 'clear; cordon -v --progress -t 1.2 sleep 50'
	see '^cordon: sending SIGTERM to the tree \(1 process\)$'
	see '^cordon: sleep 50: timeout after'
	refute has_seen "$line"
}

@test "Ctrl-Z takes the line away, and fg brings it back" {
	in_terminal
	run_line "clear; cordon -q --progress bash -c '$stay'"
	see "$line"
	press C-z
	see '^\[1\]\+  Stopped'
	refute has_seen "$figures"
	run_line fg
	see "$line"
	touch go
	left_with 0
}

@test "a run in the background does not write into the shell's line" {
	in_terminal
	run_line "clear; cordon -q --progress sh -c '$stay' &"
	see '^\[1\]'
	sleep 1.5
	refute has_seen "$figures"
	run_line 'touch go; wait'
}

@test "with --pty there is a line too" {
	in_terminal
	run_line "clear; cordon -q --progress --pty sh -c 'echo text; $stay'"
	see '^text$'
	see "$line"
	touch go
	left_with 0
	refute has_seen "$figures"
}

@test "the line goes away with the last who holds a pipe" {
	in_terminal
	run_line "clear; cordon -q --progress --cgroup=none --leftovers=leave --drain=30 sh -c '($stay) & exit'"
	see "$line"
	touch go
	left_with 0
	refute has_seen "$figures"
}

@test "there is no line in CI, on a dumb terminal, with inherited output, or when it is not wanted" {
	in_terminal
	local way
	for way in 'CI=true cordon --progress' 'TERM=dumb cordon --progress' cordon \
		'cordon --progress --progress=never' 'cordon --progress --stdout=inherit'; do
		echo "$way -q sleep 0.7"
	done >ways
	terminal pipe-pane 'cat >shown' # also what is not seen any longer at the end
	run_line 'cordon -q --progress sh -c "until grep -qa \"cordon: [0-9]\" shown; do sleep 0.05; done"; echo "now ""without"; . ./ways; echo "le""ft"'
	see '^left$'
	wait_until grep -qa '^left' shown
	assert_regex "$(sed '/^now without/,$d' shown)" 'cordon: [0-9.]+m?s'
	refute_regex "$(sed '1,/^now without/d' shown)" 'cordon: [0-9.]+m?s'
}

@test "where it is no terminal there is no line unless it is always wanted" {
	cordon_run -q --progress sleep 0.8
	assert_equal "$status:$stderr" 0:
	cordon_run --dry-run --progress true
	refute grep -q progress "$out"
	cordon_run --dry-run --progress=always true
	assert has_line "$out" 'progress     a line on stderr'
}

@test "without --progress nothing wakes a run at which nothing happens" {
	need strace
	cordon_start -q sleep 50
	wait_until is_asleep pgrep -x -P "$pid" cordon-super
	watch_calls "$(pgrep -x -P "$pid" cordon-super)"
	assert [ "$(grep -c '^[a-z]' calls)" -le 1 ]
	kill "$pid"
	cordon_wait
}

@test "in CI what is always wanted is a line now and then" {
	cd "$BATS_FILE_TMPDIR" || return
	wait_until test -s rare.out
	assert_equal "$(<rare.out)" half
	assert_regex "$(<rare.err)" '^cordon: 1[0-9]\.[0-9]s · cpu [0-9.]+m?s \([0-9]+%\) · [0-9.]+ MiB · [0-9]+ process(es)? · 0 B of output, silent for 1[0-9]\.[0-9]s$'
}
