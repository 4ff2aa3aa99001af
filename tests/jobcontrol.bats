#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# In a terminal: a person at an interactive shell, in tmux. Ctrl-C, Ctrl-Z, fg and bg, editors
# and pipelines behave as if cordon were not there.

# shellcheck disable=SC2016 # $ is for the shell in the terminal

load helper
load terminal

# Ctrl-Z may find a process that a shell has just begun by vfork(2), as dash does, and then the shell does
# not stop: a command that begins some is a bash.
ready='echo ready; exec sleep 50'

# --- Ctrl-C ----------------------------------------------------------------------------

@test "Ctrl-C ends the command and cordon, and the shell sees that" {
	run_line "cordon -q --json=report.json sh -c '$ready'"
	see '^ready$'
	press C-c
	ends_with 130
	assert_equal "$(report '.reason, .signal, .status, .kill')" $'interrupted\nINT\n130\nnull'
	refute has_seen 'cordon: '
}

@test "after Ctrl-C the summary says so" {
	run_line "cordon sh -c '$ready'"
	see '^ready$'
	press C-c
	see '^\^Ccordon: sh -c .*: interrupted after .*, killed by SIGINT'
	ends_with 130
}

@test "Ctrl-C ends the script in which cordon is, as it would without cordon" {
	run_line "bash -c \"cordon -q sh -c '$ready'; echo still there\""
	see '^ready$'
	press C-c
	ends_with 130
	refute has_seen '^still there'
}

@test "a command that handles Ctrl-C goes on, and cordon with it" {
	run_line "cordon -q --json=report.json bash -c 'trap \"echo caught\" INT; echo ready
		until read -r line; do :; done; echo \"got \$line\"; exit 4'"
	see '^ready$'
	press C-c
	see 'caught$'
	press C-c
	wait_until caught_twice
	run_line text
	see '^got text$'
	ends_with 4
	assert_equal "$(report '.reason, .signal, .kill')" $'exited\nnull\nnull'
}

caught_twice() {
	(($(screen | grep -c 'caught$') == 2))
}

@test "Ctrl-C comes to the command once" {
	run_line "cordon -q bash -c 'trap \"echo caught\" INT; echo ready; until read -r line; do :; done'"
	see '^ready$'
	press C-c
	see 'caught$'
	run_line text
	ends_with 0
	assert_equal "$(screen | grep -c 'caught$')" 1
}

@test "Ctrl-backslash ends the command and cordon" {
	run_line "cordon -q --json=report.json sh -c '$ready'"
	see '^ready$'
	press 'C-\'
	ends_with 131
	assert_equal "$(report '.reason, .signal')" $'interrupted\nQUIT'
}

@test "a run that was busy elsewhere while Ctrl-C ended the command knows why it ended" {
	run_line "sh -c \"cordon -q --json=report.json sh -c '$ready'; exit\""
	see '^ready$'
	local cordon command
	mapfile -t cordon < <(pgrep -x -t "$(tty_name)" cordon-super; pgrep -x -t "$(tty_name)" cordon)
	wait_until pgrep -x -t "$(tty_name)" sleep >command
	command=$(<command)
	kill -STOP "${cordon[@]}"
	press C-c
	wait_until is_gone "$command"
	kill -CONT "${cordon[@]}"
	wait_until test -s report.json
	assert_equal "$(report '.reason, .signal')" $'interrupted\nINT'
}

@test "Ctrl-C ends a run with --new-group or --new-session" {
	local option
	for option in --new-group --new-session; do
		run_line "cordon -q --json=report.json $option sh -c '$ready'"
		see '^ready$'
		press C-c
		ends_with 130
		assert_equal "$(report '.reason, .signal, .kill.trigger')" \
			$'interrupted\nINT\nINT'
		clear_screen
	done
}

@test "Ctrl-C ends the wait for leftovers that do not hear it" {
	run_line "cordon -q --leftovers=wait sh -c 'setsid sh -c \"echo ready; exec sleep 50\" &'"
	see '^ready$'
	wait_until is_not_in_terminal sh
	press C-c
	ends_with 0
}

# --- Ctrl-Z ----------------------------------------------------------------------------

@test "Ctrl-Z stops the command and cordon, and fg continues both" {
	run_line "cordon -q bash -c 'echo ready; read -r line; echo \"got \$line\"; exit 3'"
	see '^ready$'
	press C-z
	see '^\[1\]\+  Stopped +cordon -q bash'
	wait_until all_stopped
	run_line fg
	see '^cordon -q bash'
	run_line text
	see '^got text$'
	ends_with 3
}

@test "Ctrl-Z may be pressed again and again" {
	local i
	run_line "cordon -q bash -c 'echo ready; read -r line; echo \"got \$line\"; exit 3'"
	see '^ready$'
	for i in 1 2 3; do
		press C-z
		see '^\[1\]\+  Stopped'
		wait_until all_stopped
		clear_screen
		run_line fg
		wait_until is_continued
	done
	run_line text
	see '^got text$'
	ends_with 3
}

@test "bg continues a stopped run in the background" {
	run_line "cordon -q bash -c 'echo ready; until test -e go; do sleep 0.05; done; echo gone'"
	see '^ready$'
	press C-z
	see '^\[1\]\+  Stopped'
	wait_until all_stopped
	run_line bg
	see '^\[1\]\+ cordon .* &'
	touch go
	see 'gone$'
	wait_until is_not_in_terminal cordon
	wait_until is_told '^\[1\]\+  Done'
}

@test "kill %1 ends a stopped run" {
	run_line "cordon -q --json=report.json sh -c '$ready'"
	see '^ready$'
	press C-z
	see '^\[1\]\+  Stopped'
	wait_until all_stopped
	run_line 'kill %1'
	wait_until is_not_in_terminal cordon
	wait_until is_told '^\[1\]\+  Terminated'
	assert_regex "$(report '.reason, .signal' | xargs)" '^(interrupted|signaled) TERM$'
}

@test "a run whose cordon is killed while it is stopped ends with all that belongs to it" {
	local way cordon
	for way in 'cordon -q' 'cordon -q --pty'; do
		run_line "sh -c \"$way sh -c '$ready'; exit\""
		see '^ready$'
		press C-z
		see '^\[1\]\+  Stopped'
		cordon=$(pgrep -x -t "$(tty_name)" cordon)
		pgrep -P "$(pgrep -P "$cordon" -x cordon-super)" >command
		kill -KILL "$cordon"
		wait_until is_gone "$(<command)"
		run_line 'clear; fg'
		see '^sh -c'
		wait_until is_not_in_terminal sh
		clear_screen
	done
}

@test "the clocks stand still while the run does, then the rest of the time is left, and not more" {
	run_line "cordon -q -t 8 --idle-timeout=6 --json=report.json sh -c '$ready'"
	see '^ready$'
	press C-z
	see '^\[1\]\+  Stopped'
	sleep 3
	run_line fg
	ends_with 124
	# Which of them is over first depends on how long it took to be ready.
	assert_equal "$(report '.wall_seconds as $wall | if .reason == "idle-timeout" then $wall >= 9 else $wall >= 11 end,
		$wall < 30')" $'true\ntrue'
}

@test "a run with --new-group stops and continues as a whole" {
	run_line "cordon -q --new-group bash -c 'echo ready; until test -e go; do sleep 0.05; done; echo gone'"
	see '^ready$'
	press C-z
	see '^\[1\]\+  Stopped'
	wait_until all_stopped
	run_line fg
	touch go
	see 'gone$'
	ends_with 0
}

@test "a command that stops itself is a stopped job" {
	run_line 'cordon -q sh -c "kill -STOP \$\$; echo gone"'
	see '^\[1\]\+  Stopped'
	run_line fg
	see '^gone$'
	ends_with 0
}

# --- in the background -----------------------------------------------------------------

@test "a run in the background is a job like any other" {
	run_line 'cordon -q sh -c "echo text; exit 3" & wait $!'
	see '^text$'
	ends_with 3
}

@test "in the background Ctrl-C does not reach a run" {
	run_line 'cordon -q sh -c "echo ready; until test -e go; do sleep 0.05; done; echo gone" &'
	see 'ready$'
	press C-c
	see '\^C$'
	run_line 'touch go; wait %1'
	see 'gone$'
	ends_with 0
}

@test "a command in the background that reads the terminal is stopped, and fg lets it read" {
	run_line 'cordon -q cat &'
	wait_until all_stopped
	wait_until is_told '^\[1\]\+  Stopped +cordon -q cat'
	run_line fg
	see '^cordon -q cat$'
	run_line text
	wait_until echoed
	press C-d
	ends_with 0
}

echoed() {
	(($(screen | grep -cx text) == 2))
}

@test "a run in the background that relays the terminal's keys leaves them to the shell until fg" {
	run_line "cordon -q --stdin=relay sh -c 'read -r line; echo \"got \$line\"' &"
	run_line 'echo "at the shell"'
	see '^at the shell$'
	run_line fg
	run_line text
	see '^got text$'
	ends_with 0
}

@test "with stty tostop a command in the background that writes is stopped, and fg lets it write" {
	run_line 'stty tostop; cordon -q sh -c "echo out; echo err >&2" &'
	wait_until all_stopped
	wait_until is_told '^\[1\]\+  Stopped'
	refute has_seen '^out$'
	run_line 'fg; stty -tostop'
	see '^out$'
	see '^err$'
	ends_with 0
}

# --- editors, pagers, pipelines --------------------------------------------------------

@test "an editor edits, and the terminal is as it was" {
	need vi
	run_line 'stty -g >before; cordon -q vi -u NONE file; echo "left $?"; stty -g >after'
	see '^~$'
	say 'ihello'
	press Escape
	run_line ':wq'
	see '^left 0$'
	wait_until test -s after
	assert_equal "$(<file)" hello
	assert_equal "$(<after)" "$(<before)"
}

@test "an editor may be stopped and come back" {
	need vi
	run_line 'cordon -q vi -u NONE file'
	see '^~$'
	say 'ione'
	press Escape
	press C-z
	see '^\[1\]\+  Stopped +cordon -q vi'
	wait_until all_stopped
	run_line 'echo "back in the shell"; fg'
	see '^~$'
	say 'otwo'
	press Escape
	run_line ':wq'
	ends_with 0
	assert_equal "$(<file)" $'one\ntwo'
}

@test "a pager pages what comes through a pipe" {
	need less
	seq 1000 >numbers
	run_line 'cordon -q cat numbers | cordon -q less'
	see '^1$'
	press G
	see '^1000$'
	press q
	ends_with 0
}

@test "pipelines of runs" {
	run_line 'cordon -q seq 5 | cordon -q tail -n 1'
	see '^5$'
	ends_with 0
	run_line 'clear; cordon -q sh -c "echo ready >&2; exec sleep 50" | cordon -q cat'
	see '^ready$'
	press C-z
	see '^\[1\]\+  Stopped'
	wait_until all_stopped
	run_line 'clear; fg'
	wait_until is_continued
	press C-c
	ends_with 130
}

@test "what is typed ahead is left for the shell" {
	run_line "cordon -q sh -c 'echo ready; until test -e go; do sleep 0.05; done'"
	see '^ready$'
	run_line 'echo typed a''head'
	touch go
	see '^typed ahead$'
}

# --- a terminal that takes nothing, or goes away ---------------------------------------

@test "Ctrl-S does not stop the clock, nor cordon's end" {
	run_line 'cordon -t 1 --json=report.json yes; echo "left $?" >left'
	see '^y$'
	press C-s
	wait_until test -s left
	assert_equal "$(<left)" 'left 124'
	assert_equal "$(report '.wall_seconds < 20')" true
	press C-q
}

@test "Ctrl-S does not stop the clock of a relayed terminal either" {
	run_line 'cordon -t 1 --stdout=relay --stderr=relay --json=report.json yes; echo "left $?" >left'
	see '^y$'
	press C-s
	wait_until test -s left
	assert_equal "$(<left)" 'left 124'
	press C-q
}

@test "a terminal that is closed ends a run without a shell" {
	terminal new-window "exec '$CORDON' -q --json=report.json sh -c 'echo ready; sleep 50; sleep 50'"
	see '^ready$'
	terminal kill-window
	wait_until test -s report.json
	assert_regex "$(report '.reason, .signal' | xargs)" '^(interrupted|signaled) HUP$'
}

@test "a terminal that is closed ends the run" {
	run_line "cordon -q --json=report.json sh -c 'echo ready; sleep 50; sleep 50'"
	see '^ready$'
	terminal kill-server
	wait_until test -s report.json
	assert_regex "$(report '.reason, .signal' | xargs)" '^(interrupted|signaled) HUP$'
}
