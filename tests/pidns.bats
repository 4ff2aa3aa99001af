#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A pid namespace of the command's own: who can be seen and signalled, that everything about a run is
# as it is without, and that nobody survives it. As root, and as nobody through a user namespace.

# shellcheck disable=SC2154 # $out, $err and so on are the helper's
# shellcheck disable=SC2016 # for another shell

load helper

setup() {
	common_setup
	need jq
	if ((EUID == 0)) && command -v setpriv >/dev/null; then
		who=(root nobody)
	else
		unshare -Urm true 2>/dev/null || lack 'user namespaces'
		who=(self)
	fi
}

# as WHO COMMAND [ARG]...: as nobody, in his directory, or as whoever runs the tests.
as() {
	if [[ $1 == nobody ]]; then
		as_nobody "${@:2}"
	else
		"${@:2}"
	fi
}

# inside ARG...: run cordon with a pid namespace and a report.
inside() {
	cordon_run -q --pid-ns --json="$REPORT" "$@"
}

# --- inside ----------------------------------------------------------------------------

@test "inside there is nobody but the run, and the rest cannot be signalled" {
	local each
	for each in "${who[@]}"; do
		as "$each" inside sh -c 'echo $$; kill -0 "$1"; set -- /proc/[0-9]*; echo $#; test $# = 0' - $$
		assert_failure
		assert_equal "$(head -n 1 "$out")" 2
		assert_equal "$(sed -n 2p "$out")" 2
		assert_regex "$stderr" 'No such process'
		assert_equal "$(report -c '.sandbox.namespaces - ["user"]')" '["mount","pid"]'
		assert_equal "$(report '.pid > 2')" true
	done
}

@test "init has nothing of cordon's that is not for the command" {
	local each
	for each in "${who[@]}"; do
		as "$each" cordon_run -q --pid-ns -E SECRET=hidden --clear-env -E PATH sh -c \
			'tr -d "\0" </proc/1/cmdline; echo; cat /proc/1/comm'
		assert_equal "$stdout" $'cordon-init\ncordon-init'
	done
	need nobody
	SECRET=hidden as_nobody cordon_run -q --pid-ns --unset-env=SECRET cat /proc/1/environ
	assert_failure
	assert_regex "$stderr" 'Permission denied'
	cordon_run -q --pid-ns sh -c 'ls -l /proc/1/fd | grep -cv "pipe:\|anon_inode:\|^total"'
	assert_equal "$stdout" 0
}

# --- everything is as it is without ----------------------------------------------------

@test "every exit code, and every death, is the command's own" {
	local each code sig
	for each in "${who[@]}"; do
		for code in 0 1 2 77 124 125 126 127 128 130 137 254 255; do
			as "$each" cordon_run -q --pid-ns "$VICTIM" exit "$code"
			assert_equal "$each $code: $status" "$each $code: $code"
		done
	done
	for sig in HUP INT QUIT ABRT KILL SEGV PIPE TERM USR1; do
		inside "$VICTIM" die "$sig"
		assert_equal "$sig: $status" "$sig: $((128 + $(kill -l "$sig")))"
		assert_equal "$(report '.reason, .signal')" "signaled"$'\n'"$sig"
	done
}

@test "what cannot be executed, or set up, is said as without" {
	local each
	for each in "${who[@]}"; do
		as "$each" cordon_run -q --pid-ns -E PATH=/usr/bin:/bin absent-command
		assert_equal "$status $stderr" '127 cordon: absent-command: cannot run: No such file or directory'
		as "$each" cordon_run -q --pid-ns /etc/passwd
		assert_equal "$status $stderr" '126 cordon: /etc/passwd: cannot run: Permission denied'
		as "$each" cordon_run -q --pid-ns -C absent touch started
		assert_equal "$status $stderr" '125 cordon: --chdir=absent: cannot enter: No such file or directory'
		assert_not_exists started
	done
}

@test "limits, ladders and signals find the command, and everybody else" {
	local each
	for each in "${who[@]}"; do
		as "$each" inside -t 0.2 "$VICTIM" sleep 50
		assert_equal "$status" 124
		entry_options=(--ignore=TERM)
		as "$each" inside -t 0.2 -k 0.2 --cgroup=none "$VICTIM" sleep 50
		entry_options=()
		assert_equal "$status" 137
		assert_equal "$(report -c '[.kill.steps[].signal], .kill.steps[1].processes')" \
			$'["TERM","KILL"]\n1'
	done
	inside --escalate=main@INT:50,KILL "${ended_when_ready[@]}" "$VICTIM" trap INT 9
	assert_equal "$status $(report .reason)" '9 output-limit'
	inside "${ended_when_ready[@]}" "$VICTIM" setsid-children 5
	assert_equal "$status $(report .reason)" '143 output-limit'
	assert_equal "$(report '.kill.steps[0].processes, (.tree_at_kill | length)')" $'6\n6'
	inside --escalate=main@TERM:1ms,KILL "${ended_when_ready[@]}" sh -c \
		'trap "" TERM; setsid sleep 60 & echo ready; sleep 60; :'
	assert_equal "$status" 137
	assert no_process_left
	cordon_start -q --pid-ns "$VICTIM" trap USR1 5
	wait_until has_line "$out" ready
	kill -USR1 "$pid"
	cordon_wait
	assert_equal "$status" 5
	cordon_start -q --pid-ns "$VICTIM" trap TERM 6
	wait_until has_line "$out" ready
	kill -TERM "$pid"
	cordon_wait
	assert_equal "$status" 6
}

# init reaps who has died so soon that not even its signals are all sent.
@test "everybody who got a signal is counted, however soon he is reaped" {
	inside "${ended_when_ready[@]}" "$VICTIM" setsid-children 200
	assert_equal "$(report -c '[.kill.steps[].processes, .processes.reaped]')" '[201,201]'
}

@test "a command that is stopped is continued for a signal, and does not hold up the end" {
	inside -t 0.3 "$VICTIM" stop-self
	assert_equal "$status" 124
}

@test "leftovers are found, named and killed, or waited for" {
	local each
	for each in "${who[@]}"; do
		as "$each" inside sh -c 'setsid sleep 60 &
			until grep -q sleep /proc/$!/comm; do sleep 0.05; done'
		assert_success
		assert_equal "$(report -c '.leftovers[] | .command, .action')" $'sleep\nkilled'
		assert no_process_left
		as "$each" inside --leftovers=wait sh -c 'setsid sh -c "sleep 0.2; echo late" & exit 4'
		assert_equal "$status $stdout" '4 late'
		as "$each" inside --leftovers=wait -t 0.3 "$VICTIM" daemonise pid
		assert_equal "$status" 124
		rm -f pid
		as "$each" inside --fail-on-leftovers "$VICTIM" daemonise pid
		assert_equal "$status" 1
		rm -f pid
	done
}

@test "leftovers are found where /proc hides what is not the user's" {
	need nobody unshare
	nobody_setup
	bounded_run unshare -m sh -c 'mount -t proc -o hidepid=invisible proc /proc && exec setpriv \
		--reuid=65534 --regid=65534 --clear-groups -- "$@"' - "$CORDON" -q --pid-ns --json="$REPORT" \
		-k 50 sh -c '"$VICTIM" daemonise pid'
	assert_success
	assert_equal "$(report '.leftovers_total, .kill.ended_by, (.kill.steps[] | "\(.signal) \(.processes)")' |
		xargs)" '1 null TERM 1'
}

@test "a command that leaves nobody has no leftovers, however quickly it ends" {
	local i
	for i in {1..20}; do
		inside --fail-on-leftovers "$VICTIM" quick-exit
		assert_equal "$status $(report -c '[.leftovers, .kill, .processes.reaped]')" '0 [[],null,1]'
	done
	inside --fail-on-leftovers "$VICTIM" zombie
	assert_equal "$status $(report -c '[.leftovers, .kill, .processes.reaped]')" '0 [[],null,2]'
}

@test "init reaps whoever loses his parent, and the account has what he used" {
	inside --cgroup=none sh -c '(sh -c "$1 burn 0.3; :" &)
		until set -- /proc/[0-9]*; [ $# = 2 ]; do sleep 0.05; done' - "$VICTIM"
	assert_success
	assert_equal "$(report '.cpu.user_seconds + .cpu.system_seconds > 0.25')" true
	inside --cgroup=none --cpu-time=0.3 sh -c 'while :; do (sh -c "$1 burn 0.1; :" & echo $! >burner)
			while kill -0 "$(cat burner)"; do sleep 0.1; done 2>/dev/null; done' - "$VICTIM"
	assert_equal "$status $(report .reason)" '124 cpu-time'
	assert_equal "$(report '.cpu.user_seconds + .cpu.system_seconds < 10')" true
}

@test "what a KILL ends inside is in the account, with a cgroup and without" {
	local each cgroup tries
	for each in "${who[@]}"; do
		for cgroup in auto none; do
			# An init that stands still for half a second is not waited for.
			for ((tries = 0; tries < 5; tries++)); do
				as "$each" inside --cgroup="$cgroup" -s KILL "${ended_when_ready[@]}" sh -c \
					'(sh -c "$1 burn 0.3; echo ready; exec sleep 60" &); exec sleep 60' - "$VICTIM"
				[[ $(report .processes.reaped) != 2 ]] || break
			done
			assert_equal "$status $(report -c '[.kill.steps[].processes, .processes.reaped]')" '137 [2,2]'
			assert_equal "$(report '.cpu.user_seconds + .cpu.system_seconds > 0.25')" true
		done
	done
}

# --- nobody survives -------------------------------------------------------------------

@test "nobody survives a KILL to the tree, fork bombs included" {
	local each cgroup
	for each in "${who[@]}"; do
		for cgroup in auto none; do
			as "$each" inside --cgroup="$cgroup" -t 0.3 --escalate=KILL "$VICTIM" fork-bomb-lite 3
			assert_equal "$status" 137
			assert no_process_left
		done
	done
}

@test "nobody survives a cordon that is killed, the first process, the second, or both" {
	need pgrep
	local each victim
	for each in "${who[@]}"; do
		for victim in front supervisor both; do
			rm -f ready
			as "$each" cordon_start -q --pid-ns --cgroup=none sh -c 'setsid sleep 61 & : >ready; sleep 60; :'
			wait_until test -e ready
			local supervisor
			supervisor=$(pgrep -P "$pid" -x cordon-super)
			case $victim in
			front) kill -KILL "$pid" ;;
			supervisor) kill -KILL "$supervisor" ;;
			both) kill -KILL "$supervisor" "$pid" ;;
			esac
			cordon_wait
			wait_until no_process_left
		done
	done
}

@test "init does nothing for signals that others send" {
	need pgrep
	cordon_start -q --pid-ns sh -c 'kill -TERM 1; echo ready; until test -e go; do sleep 0.05; done; exit 5'
	wait_until has_line "$out" ready
	kill -TERM "$(pgrep -x cordon-init -P "$(pgrep -P "$pid" -x cordon-super)")"
	: >go
	cordon_wait
	assert_equal "$status" 5
}

@test "nobody survives a KILL because init is stopped" {
	need pgrep
	cordon_start -q --pid-ns --json="$REPORT" -k 0.1 sh -c 'trap "" TERM; echo ready; sleep 60; sleep 60'
	wait_until has_line "$out" ready
	kill -STOP "$(pgrep -x cordon-init -P "$(pgrep -P "$pid" -x cordon-super)")"
	kill -TERM "$pid"
	cordon_wait
	assert no_process_left
	assert_equal "$(report '.signal, (.wall_seconds < 20)')" $'KILL\ntrue'
}

@test "with --no-die-with-parent the command lives on, and the namespace ends with it" {
	cordon_start -q --pid-ns --no-die-with-parent --cgroup=none sh -c 'echo ready; while ! test -e go; do sleep 0.05; done; : >went'
	wait_until has_line "$out" ready
	kill -KILL "$pid"
	cordon_wait
	refute no_process_left
	: >go
	wait_until test -e went
	wait_until no_process_left
}

@test "when somebody kills init, the command is killed, and cordon says so" {
	need pgrep
	cordon_start -q --pid-ns --json="$REPORT" sh -c 'echo ready; sleep 60; :'
	wait_until has_line "$out" ready
	kill -KILL "$(pgrep -x cordon-init -P "$(pgrep -P "$pid" -x cordon-super)")"
	cordon_wait
	assert_equal "$status" 137
	assert_equal "$(report .reason)" signaled
	assert no_process_left
}

@test "--pid-ns and --leftovers=leave contradict each other" {
	cordon_run --pid-ns --leftovers=leave touch started
	assert_equal "$status" 125
	assert_equal "${stderr%%$'\n'*}" 'cordon: --pid-ns and --leftovers=leave contradict each other'
}

# --- hosts that forbid it --------------------------------------------------------------

@test "a /proc that is partly covered is named as what is in the way" {
	need nobody unshare
	as_nobody true
	bounded_run unshare -m sh -c 'mount --bind /dev/null /proc/version && exec "$@"' - \
		setpriv --reuid=65534 --regid=65534 --clear-groups -- "$CORDON" --pid-ns touch started
	assert_equal "$status $stderr" "125 cordon: --pid-ns: cannot mount another /proc, for parts of the present one are covered, as in a container: Operation not permitted"
	assert_not_exists started
}

@test "where no pid namespace is left that is said" {
	need nobody unshare
	as_nobody true
	as_nobody bounded_run unshare -U --map-current-user --keep-caps sh -c \
		'echo 0 >/proc/sys/user/max_pid_namespaces &&
		exec setpriv --ambient-caps=-all --inh-caps=-all -- "$@"' - "$CORDON" --pid-ns touch started
	assert_equal "$status $stderr" '125 cordon: --pid-ns: cannot make a pid namespace: No space left on device'
}

@test "a pid namespace is inside a new root too, with a /proc if there is a directory for it" {
	local each
	for each in "${who[@]}"; do
		as "$each" true
		rm -rf root
		as "$each" mkdir root root/proc
		cp "$VICTIM" root
		as "$each" cordon_run -q --pid-ns --chroot=root /victim exit 3
		assert_equal "$status" 3
		rmdir root/proc
		as "$each" cordon_run -q --pid-ns --chroot=root /victim exit 3
		assert_equal "$status" 3
	done
}
