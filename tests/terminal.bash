# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A person at an interactive shell, in tmux: what a tests/*.bats begins with that needs one,
#
#     load helper
#     load terminal
#
# Each test begins at the prompt of a bash with job control, in a terminal of 120 by 50, with
# cordon and victim in its PATH.

# shellcheck disable=SC2016 # $ is for the shell in the terminal

setup() {
	common_setup
	need tmux
	enter_terminal
}

teardown() {
	leave_terminal
	common_teardown
}

enter_terminal() {
	socket=$BATS_TEST_TMPDIR.tmux
	terminal -f /dev/null new-session -d -x 120 -y 50 env PS1='$ ' HISTFILE= \
		bash --norc --noprofile
	see '^\$'
	run_line 'PATH=${CORDON%/*}:${VICTIM%/*}:$PATH; ulimit -c 0; clear'
	wait_until screen_is '\$'
}

leave_terminal() {
	last_screen=$(screen 2>&1)
	terminal kill-server 2>/dev/null || true
}

show_last_run() {
	# shellcheck disable=SC2001 # of each line
	[[ ! -v last_screen ]] || sed 's/^/screen: /' <<<"$last_screen"
}

terminal() {
	tmux -S "$socket" "$@" </dev/null 3>&- 4>&-
}

# screen: what is seen, without the blanks at the ends.
screen() {
	terminal capture-pane -p -J | sed 's/ *$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

screen_is() {
	[[ $(screen) =~ ^$1$ ]]
}

has_seen() {
	screen | grep -qE -- "$1"
}

# see REGEX: wait until there is such a line.
see() {
	wait_until has_seen "$1"
}

# press KEY...: as tmux calls them. say TEXT: typed without Enter. run_line TEXT: with.
press() {
	terminal send-keys "$@"
}

say() {
	terminal send-keys -l "$1"
}

run_line() {
	say "$1"
	press Enter
}

# ends_with STATUS: the shell is back, and $? is STATUS.
ends_with() {
	run_line 'echo "status $?"'
	see '^status [0-9]+$'
	assert_equal "$(screen | grep -E '^status')" "status $1"
}

# clear_screen: so that what is seen is new.
clear_screen() {
	run_line clear
	wait_until screen_is '\$'
}

tty_name() {
	terminal display-message -p '#{s|/dev/||:pane_tty}'
}

# all_stopped: everybody in the terminal but the shell, which waits for input.
all_stopped() {
	[[ $(ps -o stat= -t "$(tty_name)" | cut -c 1 | sort | xargs) =~ ^S(\ T)+$ ]]
}

# is_continued: nobody is stopped, and the terminal is not the shell's. A key comes to the job from then on.
is_continued() {
	local states
	states=$(ps -o stat= -t "$(tty_name)")
	[[ $states == *+* && $states != *T* && ! $states =~ s[^$'\n']*\+ ]]
}

# is_told REGEX: the shell says so before a prompt; it says what it knows by then.
is_told() {
	run_line ''
	has_seen "$1"
}

is_not_in_terminal() {
	local tty status=0
	tty=$(tty_name) && [[ -n $tty ]] || return
	pgrep -x -t "$tty" "$1" >/dev/null || status=$?
	((status == 1)) # more: it could not look
}

# watch_calls PID: in ./calls is what it does in a second, one line for where it waits.
watch_calls() {
	local tracer
	strace -o calls -p "$1" 3>&- 4>&- &
	tracer=$!
	wait_until grep -q '^TracerPid:.[1-9]' "/proc/$1/status"
	sleep 1
	kill "$tracer"
	wait "$tracer" || true
}

# left_with STATUS: the run is over, so that what is typed comes to the shell, and $? is STATUS.
left_with() {
	wait_until is_not_in_terminal cordon
	ends_with "$1"
}
