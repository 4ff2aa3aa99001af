#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --pty: the command has a terminal of its own, and whoever sits at cordon's notices nothing.

# shellcheck disable=SC2016 # $ is for the shell in the terminal

load helper
load terminal

setup() {
	common_setup
}

teardown() {
	if [[ -v socket ]]; then
		leave_terminal
	fi
	common_teardown
}

# in_terminal: from here on the test sits at one.
in_terminal() {
	need tmux
	enter_terminal
	run_line 'alias pty="cordon -q --pty"; clear'
	wait_until screen_is '\$'
}

ready='echo ready; exec sleep 50'

# --- without a terminal ----------------------------------------------------------------

@test "all three streams are a terminal, also where cordon has none" {
	cordon_run -q --pty sh -c 'test -t 0 && test -t 1 && test -t 2 && exec tty'
	assert_equal "$status" 0
	assert_regex "$stdout" '^/dev/pts/[0-9]+$'
	assert_equal "$stderr" ''
}

@test "it is the command's controlling terminal, and the command is in its foreground" {
	cordon_run -q --pty sh -c 'echo seen >/dev/tty; ps -o pgid=,tpgid= -p $$'
	assert_regex "$stdout" $'^seen\n *([0-9]+) +\\1$'
}

@test "what the command writes arrives as it is, to the byte" {
	"$VICTIM" spam 1000000 >expected
	cordon_run -q --pty "$VICTIM" spam 1000000
	assert_equal "$status" 0
	cmp "$out" expected
}

@test "what cordon is given to read is typed, and its end is Ctrl-D" {
	seq 100000 >numbers
	cordon_run --in numbers -q --pty cat
	assert_equal "$status" 0
	cmp "$out" numbers
	printf 'no newline' >text
	cordon_run --in text -q --pty cat
	assert_equal "$stdout" 'no newline'
	cordon_run -q --pty cat
	assert_equal "$status:$stdout" 0:
}

@test "a typed Ctrl-C interrupts the command, and that is the reason" {
	local key
	for key in '\003:INT:130' '\034:QUIT:131'; do
		printf "text\n${key%%:*}more" >keys
		cordon_run --in keys -q --signal-exit=code --json=report.json --pty "$VICTIM" sleep 50
		assert_equal "$status" "${key##*:}"
		key=${key#*:}
		assert_equal "$(report '.reason, .signal, .kill')" $'interrupted\n'"${key%:*}"$'\nnull'
	done
}

@test "a key that is no Ctrl-C to the command's terminal does not make it the reason" {
	bounded_run sh -c '{ until grep -q ready "$0"; do sleep 0.01; done; printf "\034\003\n"; } | "$@"' \
		"$out" "$CORDON" -q --signal-exit=code --json=report.json --pty sh -c \
		'stty -isig; echo ready; read -r line; kill -INT $$'
	assert_equal "$status" 130
	assert_equal "$(report .reason)" signaled
}

@test "the terminal has the size that was asked for, or 80 by 24" {
	cordon_run -q --pty stty size
	assert_equal "$stdout" '24 80'
	cordon_run -q --pty --pty-size=132x43 stty size
	assert_equal "$stdout" '43 132'
}

@test "output just before the end is not lost, however often" {
	local i times=200
	[[ -z ${CORDON_LONG-} ]] || times=1000
	cordon_run -q --pty sh -c 'for i in 0 1 2 3 4 5 6 7 8 9; do
		"$1" -q --pty printf "%s\n" $i$i$i $i; done' - "$CORDON"
	assert_equal "$(xargs <"$out")" '000 0 111 1 222 2 333 3 444 4 555 5 666 6 777 7 888 8 999 9'
	for ((i = 0; i < times; i++)); do
		"$CORDON" -q --pty printf '%s\n' first "$i" </dev/null
	done >"$out" 3>&- 4>&-
	assert_equal "$(grep -vx first "$out" | md5sum)" "$(seq 0 $((times - 1)) | md5sum)"
	assert_equal "$(grep -cx first "$out")" "$times"
}

@test "a command that closes its streams may open the terminal again" {
	cordon_run -q --pty sh -c 'exec <&- >&- 2>&-; sleep 0.1; echo text >/dev/tty'
	assert_equal "$status:$stdout" 0:text
}

@test "a reader that goes away hangs the terminal up" {
	cordon_run -q sh -c '"$1" -q --json=report.json --pty yes | head -n 1' - "$CORDON"
	assert_equal "$stdout" y
	wait_until test -s report.json
	assert_equal "$(report '.reason, .signal')" $'signaled\nHUP'
}

@test "a command that writes without end is not waited for by the clock" {
	cordon_run -t 0.5 "$(once "[ \$(stat -c %s '$out') -gt 1000 ]")" --json=report.json --pty yes
	assert_equal "$status" 124
	assert_equal "$(report '.streams.stdout.bytes > 1000')" true
}

@test "nobody of the run outlives it, nor does the terminal" {
	local name time
	cordon_run -q --pty --json=report.json sh -c 'stat -c "%n %z" "$(tty)" >terminal
		setsid sh -c ": >left; exec sleep 50" & until test -e left; do sleep 0.01; done'
	assert_equal "$status" 0
	assert_equal "$(report '.leftovers | length')" 1
	read -r name time <terminal # by now it may be the name of somebody else's
	refute [ "$(stat -c %z "$name" 2>/dev/null)" = "$time" ]
	assert nothing_left
}

@test "nothing of the terminal but its three streams comes to the command" {
	cordon_run -q "$VICTIM" print-fds
	local plain=$stdout
	cordon_run -q --pty "$VICTIM" print-fds
	assert_equal "$(grep -c . <<<"$stdout")" "$(grep -c . <<<"$plain")"
}

@test "the report and the plan say that there is a terminal" {
	cordon_run -q --pty --json=report.json printf 'a\nb\n'
	assert_equal "$(report '.streams | .stdin.mode, .stdout.mode, .stdout.bytes, .stderr.mode')" \
		$'pty\npty\n4\nmerged'
	cordon_run --dry-run --pty --pty-size=100x30 true
	assert has_line "$out" 'stdio        a terminal of its own'
	assert has_line "$out" 'size         100 columns, 30 rows'
}

@test "another user owns the terminal that he gets" {
	need nobody
	cordon_run -q --pty --user=nobody sh -c 'stat -L -c %U /dev/fd/0; tty; echo seen >"$(tty)"'
	assert has_line "$out" nobody
	assert has_line "$out" seen
}

@test "a command that cannot be started leaves nothing" {
	cordon_run --pty ./nowhere
	assert_equal "$status" 127
	assert_regex "$stderr" '^cordon: ./nowhere: cannot run: No such file'
}

# --- at a terminal ---------------------------------------------------------------------

# mode_is_kept: what `stty -g` says at the prompt is what it said before.
mode_is_kept() {
	run_line 'stty -g >after'
	wait_until test -s after
	assert_equal "$(<after)" "$(<before)"
	rm after
}

note_mode() {
	run_line 'stty -g >before; clear'
	wait_until test -s before
	wait_until screen_is '\$'
}

@test "keys come to the command, and it echoes them" {
	in_terminal
	note_mode
	run_line "pty bash -c 'echo ready; read -r line; echo \"got \$line\"; exit 3'"
	see '^ready$'
	run_line text
	see '^got text$'
	left_with 3
	assert_equal "$(screen | grep -cx text)" 1
	mode_is_kept
}

# leaves STATUS COMMAND: at the end of COMMAND $? is that and the mode is what it was. What is
# typed before that end would be the command's.
leaves() {
	clear_screen
	run_line "$2; echo \"left \$?\""
	see '^left [0-9]+$'
	assert_equal "$(screen | grep '^left')" "left $1"
	mode_is_kept
}

@test "the mode is restored however the run ends" {
	in_terminal
	note_mode
	leaves 0 'pty true'
	leaves 124 'pty -t 0.3 sleep 50'
	leaves 137 '(trap "" TERM; pty -t 0.3 -k 0.1 sleep 50)'
	leaves 143 'pty sh -c "kill -TERM \$PPID; sleep 50"'
	leaves 127 'pty ./nowhere'
	local key
	for key in C-c:130 'C-\:131'; do
		clear_screen
		run_line "pty sh -c '$ready'"
		see '^ready$'
		press "${key%:*}"
		left_with "${key#*:}"
		mode_is_kept
	done
}

@test "the mode is restored when somebody kills cordon" {
	in_terminal
	note_mode
	local name
	for name in cordon-super cordon; do
		clear_screen
		run_line "pty sh -c '$ready'; echo \"left \$?\""
		see '^ready$'
		wait_until is_raw
		kill -KILL "$(tree_of "$name")"
		see '^left 137$'
		mode_is_kept
	done
}

@test "whoever is left of cordon restores the mode, not the shell alone" {
	in_terminal
	note_mode
	run_line "sh -c 'cordon -q --pty sh -c \"$ready\"; stty -g >after'"
	see '^ready$'
	kill -KILL "$(tree_of cordon-super)"
	wait_until test -s after
	assert_equal "$(<after)" "$(<before)"
}

@test "what has not been read when somebody kills cordon is for the shell" {
	cat >shell <<-'EOF'
		import os, pty, select, signal, subprocess, sys, termios, time, tty
		def until(true):
		    while not true():
		        time.sleep(0.01)
		def state(pid):
		    try:
		        with open(f'/proc/{pid}/stat') as file:
		            return file.read().rpartition(') ')[2][0]
		    except OSError:
		        return 'X'
		def lead():
		    os.setpgid(0, 0)
		    os.tcsetpgrp(0, os.getpid())
		pid, terminal = pty.fork()
		if pid == 0:
		    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
		    job = subprocess.Popen(sys.argv[1:], preexec_fn=lead)
		    until(lambda: not termios.tcgetattr(0)[3] & termios.ISIG)
		    with open(f'/proc/{job.pid}/task/{job.pid}/children') as file:
		        supervisor = int(file.read())
		    os.kill(supervisor, signal.SIGSTOP)
		    until(lambda: state(supervisor) == 'T')
		    os.write(1, b'<')
		    select.select([0], [], [])
		    job.kill()
		    job.wait()
		    os.tcsetpgrp(0, os.getpgrp())
		    until(lambda: state(supervisor) in 'ZX')
		    tty.setraw(0, termios.TCSANOW)
		    os.set_blocking(0, False)
		    print(os.read(0, 100), end='>')
		    sys.exit()
		text = b''
		def see(what):
		    global text
		    while what not in text:
		        text += os.read(terminal, 1000)
		see(b'<')
		os.write(terminal, b'typed\n')
		see(b'>')
		print(text.decode())
	EOF
	bounded_run /usr/bin/python3 shell "$CORDON" -q --pty sleep 50
	assert_equal "$stdout" "<b'typed\\n'>"
}

@test "when the front is stopped alone, what is typed is the shell's until fg" {
	in_terminal
	note_mode
	local i
	run_line "pty bash -c 'echo ready; while read -r line && [ \"\$line\" ]; do echo \"got \$line\"; done'"
	see '^ready$'
	wait_until is_raw
	for i in 1 2; do
		kill -STOP "$(tree_of cordon)"
		see '^\[1\]\+  Stopped'
		clear_screen
		run_line "echo shell $i"
		see "^shell $i$"
		run_line 'clear; fg'
		wait_until is_raw
		run_line "command $i"
		see "^got command $i$"
		run_line "more $i"
		see "^got more $i$"
	done
	press Enter
	mode_is_kept
}

@test "where nobody could continue it a stop does not last" {
	in_terminal
	terminal new-window "exec '$CORDON' -q --pty bash -c 'echo ready; read -r line; echo \"got \$line\" >got'"
	see '^ready$'
	press C-z
	run_line text
	wait_until test -s got
	assert_equal "$(<got)" 'got text'
}

is_raw() {
	stty -a <"/dev/$(tty_name)" | grep -qw -- -isig
}

# tree_of NAME: the pid of this test's process NAME.
tree_of() {
	local front
	front=$(pgrep -x -t "$(tty_name)" cordon)
	if [[ $1 == cordon ]]; then
		echo "$front"
	else
		pgrep -x -P "$front" "$1"
	fi
}

@test "Ctrl-Z stops the run, the mode is the shell's meanwhile, and fg continues it" {
	in_terminal
	note_mode
	local i
	run_line "pty bash -c 'echo ready; read -r line; echo \"got \$line\"; exit 3'"
	see '^ready$'
	for i in 1 2; do
		press C-z
		see '^\[1\]\+  Stopped'
		mode_is_kept
		clear_screen
		run_line fg
		wait_until is_raw
	done
	run_line text
	see '^got text$'
	left_with 3
	mode_is_kept
}

@test "while the run is stopped the mode is what it was, whatever the shell does about it" {
	in_terminal
	note_mode
	cat >shell <<-'EOF'
		import os, signal, subprocess, sys
		signal.signal(signal.SIGTTOU, signal.SIG_IGN)
		def lead():
		    os.setpgid(0, 0)
		    os.tcsetpgrp(0, os.getpid())
		job = subprocess.Popen(sys.argv[1:], preexec_fn=lead)
		os.waitpid(job.pid, os.WUNTRACED)
		subprocess.run('stty -g >after', shell=True)
		os.tcsetpgrp(0, os.getpgrp())
		os.killpg(job.pid, signal.SIGKILL)
	EOF
	run_line "/usr/bin/python3 shell cordon -q --pty sh -c '$ready'"
	see '^ready$'
	press C-z
	wait_until test -s after
	assert_equal "$(<after)" "$(<before)"
	wait_until is_not_in_terminal cordon
}

@test "the clock stands still while the run does" {
	in_terminal
	run_line "pty -t 6 --json=report.json sh -c '$ready'"
	see '^ready$'
	press C-z
	see '^\[1\]\+  Stopped'
	sleep 2
	run_line fg
	left_with 124
	assert_equal "$(report '.reason, .wall_seconds >= 8')" $'timeout\ntrue'
}

@test "a stopped run can be ended" {
	in_terminal
	note_mode
	run_line "pty --json=report.json sh -c '$ready'"
	see '^ready$'
	press C-z
	see '^\[1\]\+  Stopped'
	run_line 'kill %1'
	wait_until is_not_in_terminal cordon
	assert test -s report.json
	wait_until is_told '^\[1\]\+  Terminated'
	mode_is_kept
}

@test "Ctrl-Z stops the script in which cordon is, as it would without cordon" {
	in_terminal
	run_line "sh -c 'cordon -q --pty cat; echo left'"
	wait_until is_raw
	run_line text
	wait_until echoed
	press C-z
	see '^\[1\]\+  Stopped +sh -c'
	run_line fg
	wait_until is_raw
	press C-d
	see '^left$'
}

echoed() {
	(($(screen | grep -cx text) == 2))
}

@test "the command learns of another size" {
	in_terminal
	run_line "pty bash -c 'trap \"stty size; exit\" WINCH; echo ready; while sleep 0.05; do :; done'"
	see '^ready$'
	terminal resize-window -x 100 -y 40
	see '^40 100$'
	left_with 0
}

@test "in the background a run leaves the terminal alone, and fg gives it the keys" {
	in_terminal
	note_mode
	run_line "pty bash -c 'echo ready; read -r line; echo \"got \$line\"' &"
	see 'ready$'
	mode_is_kept
	run_line 'echo "at the ""shell"'
	see '^at the shell$'
	run_line fg
	see '^cordon -q --pty bash'
	wait_until is_raw
	run_line text
	see '^got text$'
	left_with 0
	mode_is_kept
}

@test "keys typed early are the command's, and none is lost" {
	in_terminal
	run_line "sleep 0.5; pty bash -c 'read -r a; read -r b; echo \"\$a and \$b\"'"
	run_line one
	run_line two
	see '^one and two$'
}

@test "with output elsewhere the keys are whoever's shows that output" {
	in_terminal
	need less
	run_line 'pty seq 1000 | less'
	see '^1$'
	press G
	see '^1000$'
	press q
	left_with 0
}

@test "an editor edits, stops, comes back, and leaves the terminal as it was" {
	in_terminal
	need vi
	note_mode
	run_line 'pty vi -u NONE file; echo "left $?"'
	see '^~$'
	say 'ione'
	press Escape
	press C-z
	see '^\[1\]\+  Stopped'
	mode_is_kept
	run_line 'fg; echo "back $?"'
	see '^~$'
	say 'otwo'
	press Escape
	run_line ':wq'
	see '^back 0$'
	mode_is_kept
	assert_equal "$(<file)" $'one\ntwo'
}

@test "a shell in the terminal controls its jobs" {
	in_terminal
	run_line 'PS1="in> " pty bash --norc --noprofile'
	see '^in>'
	run_line 'sh -c "echo u""p; exec sleep 50"'
	see '^up$'
	press C-z
	see '^\[1\]\+  Stopped +sh -c'
	run_line 'kill %1; wait; echo "still ""inside"'
	see '^still inside$'
	press C-d
	see '^\$'
}

@test "a terminal that is closed ends the run" {
	in_terminal
	run_line "pty --json=report.json sh -c '$ready'"
	see '^ready$'
	terminal kill-server
	wait_until test -s report.json
	assert_regex "$(report '.reason, .signal' | xargs)" '^(interrupted|signaled) HUP$'
}

@test "descriptors of the terminal do not become non-blocking" {
	in_terminal
	run_line "pty sh -c '$ready'"
	see '^ready$'
	local flags
	flags=$(sed -n 's/^flags:\t*//p' "/proc/$(pgrep -x -t "$(tty_name)" bash)/fdinfo/0")
	assert_equal "$((flags & 04000))" 0
	press C-c
	left_with 130
}

@test "nothing wakes a run at which nothing happens" {
	in_terminal
	need strace
	run_line "pty sh -c '$ready'"
	see '^ready$'
	wait_until is_asleep tree_of cordon-super
	watch_calls "$(tree_of cordon-super)"
	assert_equal "$(grep -c '^[a-z]' calls)" 1
	press C-c
	left_with 130
}

# --- stty tostop: the background is not to write ----------------------------------------

# Both by which a terminal's output comes through cordon.
relaying=('pty' 'cordon -q --log=log')

no_background_output() {
	in_terminal
	run_line 'stty tostop; clear'
	wait_until screen_is '\$'
}

# is_stopped: the job is, for the shell too.
is_stopped() {
	run_line clear
	screen_is '\$' || return
	run_line 'jobs -l'
	wait_until has_seen '^\[1\]'
	has_seen '^\[1\].* Stopped \(tty output\)'
}

@test "with stty tostop output stops a run in the background, and fg lets it come" {
	no_background_output
	mkfifo go # a shell that is just starting something does not stop: vfork(2)
	local way
	for way in "${relaying[@]}"; do
		run_line "$way sh -c 'echo out; echo err >&2; read -r line <go; exit 3' &"
		wait_until is_stopped
		refute has_seen '^(out|err)$'
		run_line 'clear; fg'
		see '^out$'
		see '^err$'
		echo >go
		left_with 3
		clear_screen
	done
}

@test "with stty tostop a command that has ended does not write from the background either" {
	no_background_output
	local way
	for way in "${relaying[@]}"; do
		run_line "$way sh -c 'echo out; exit 4' &"
		wait_until is_stopped
		refute has_seen '^out$'
		run_line 'clear; fg'
		see '^out$'
		left_with 4
		clear_screen
	done
}

@test "with stty tostop a run that bg continues stops again, and its clock stood still" {
	no_background_output
	mkfifo go
	run_line "pty -t 6 --json=report.json sh -c 'echo out; read -r line <go' &"
	wait_until is_stopped
	sleep 2
	run_line 'clear; bg'
	wait_until is_stopped
	refute has_seen '^out$'
	run_line 'clear; fg'
	see '^out$'
	left_with 124
	assert_equal "$(report '.reason, .wall_seconds >= 8')" $'timeout\ntrue'
}

@test "with stty tostop a command that ignores it may write" {
	no_background_output
	local way
	for way in "${relaying[@]}"; do
		run_line "$way sh -c 'trap \"\" TTOU; echo out; exec sleep 0.5' & wait %1"
		see '^out$'
		left_with 0
		clear_screen
	done
}

@test "with stty tostop the output of a command that does not stop waits, no limit does" {
	no_background_output
	local held="trap : TTOU; echo out; until test -e go; do sleep 0.05; done"
	run_line "pty -t 50 bash -c '$held' & pty -t 1 --json=report.json bash -c '$held' &"
	wait_until test -s report.json
	assert_equal "$(report '.reason, .streams.stdout.bytes')" $'timeout\n0'
	refute has_seen '^out$'
	wait_until is_asleep tree_of cordon-super
	run_line 'clear; stty -tostop'
	see 'out$'
	run_line 'touch go; wait'
}

@test "with stty tostop output is refused where nobody could continue the run" {
	no_background_output
	local way
	for way in "${relaying[@]}"; do
		run_line "bash -c '${way/pty/cordon -q --pty} --json=report.json sh -c \"until test -e go; do sleep 0.05; done; echo out; sleep 1\" & : >begun'"
		wait_until test -e begun
		run_line 'touch go'
		wait_until test -s report.json
		assert_equal "$(report '.streams.stdout | .bytes, .error')" $'0\nInput/output error'
		run_line 'clear; wait'
		rm report.json go begun
	done
	refute has_seen '^out$'
}

# --- a likeness of the terminal ---------------------------------------------------------

@test "an option that has to see the output leaves the command a terminal" {
	in_terminal
	run_line 'cordon -q --idle-timeout=20 --json=report.json sh -c "test -t 1 && test -t 2 && stty size <&1; tty"'
	see '^50 120$'
	see "^/dev/$(tty_name)$"
	ends_with 0
	assert_equal "$(report '.streams | .stdin.mode, .stdout.mode, .stderr.mode')" \
		$'inherit\npty\nmerged'
	run_line 'clear; cordon --dry-run --idle-timeout=20 true | grep std; cordon --dry-run --idle-timeout=20 true >plan'
	see '^stdout +relay$'
	see "^stderr +a terminal like cordon's own, relayed$"
}

@test "through the likeness of a terminal every byte passes as it is" {
	in_terminal
	run_line 'stty -onlcr; cordon -q --idle-timeout=20 printf "a\nb\tc\r\nd\n"; stty onlcr'
	see '^ b +c$'
	see '^d$'
}

@test "with the likeness of a terminal its own job control stays" {
	in_terminal
	note_mode
	run_line "cordon -q --idle-timeout=20 bash -c 'echo ready; read -r line; echo \"got \$line\"; exit 3'"
	see '^ready$'
	press C-z
	see '^\[1\]\+  Stopped'
	mode_is_kept
	run_line 'echo "in the ""shell"; fg'
	see '^cordon -q'
	run_line text
	see '^got text$'
	left_with 3
	clear_screen
	run_line "cordon -q --idle-timeout=20 sh -c '$ready'"
	wait_until is_in_terminal sleep
	press C-c
	left_with 130
}

is_in_terminal() {
	! is_not_in_terminal "$1"
}

@test "the likeness of a terminal has its size also when that changes" {
	in_terminal
	run_line "cordon -q --idle-timeout=20 bash -c 'trap \"stty size <&1; exit\" WINCH; echo ready; while sleep 0.05; do :; done'"
	see '^ready$'
	terminal resize-window -x 100 -y 40
	see '^40 100$'
	left_with 0
}

@test "who keeps the likeness of a terminal open is named" {
	in_terminal
	run_line 'clear; cordon -q --cgroup=none --idle-timeout=20 --drain=0.2 --leftovers=leave --json=report.json sh -c "sleep 50 & echo text"'
	see '^text$'
	left_with 0
	assert_equal "$(report '.streams.stdout.held_by[].pid')" "$(report '.leftovers[].pid')"
	kill "$(report '.leftovers[].pid')"
}

@test "messages stand at the beginning of their lines" {
	in_terminal
	run_line "clear; cordon -v --pty sh -c '$ready'"
	see '^ready$'
	kill -TERM "$(tree_of cordon)"
	see '^cordon: sending SIGTERM to the tree \(1 process\)$'
	see '^cordon: sh -c'
}
