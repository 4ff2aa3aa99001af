#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The report: one record of every run, wherever it was asked for, whatever happened. Each
# *.json and *.jsonl that a test leaves is checked against the schema by the helper.

load helper

setup() {
	common_setup
	need jq
}

# fields FILTER...: what each finds in the report, joined by blanks.
fields() {
	local filter all=''
	for filter; do
		all+="${all:+ }$(report "$filter")"
	done
	echo "$all"
}

# strange COMMAND: have sh run it, with its arguments as in "$@"; for redirections.
strange() {
	bounded_run sh -c "$1" sh "${@:2}"
}

# --- every path ------------------------------------------------------------------------

@test "a run that succeeds is reported" {
	cordon_run -q --json=report.json echo hello
	assert_success
	assert_equal "$(fields .schema .status .reason .exit_code .signal .error .kill)" \
		'cordon.report/1 0 exited 0 null null null'
	assert_equal "$(report '.command | join(",")')" echo,hello
	assert_equal "$(report '.pid > 1 and .wall_seconds > 0 and .processes.reaped == 1')" true
}

@test "an exit code is reported" {
	cordon_run -q --json=report.json "$VICTIM" exit 7
	assert_equal "$status" 7
	assert_equal "$(fields .status .reason .exit_code)" '7 exited 7'
}

@test "the code is the command's own where --ok changes the status" {
	cordon_run -q --ok=7 --json=report.json "$VICTIM" exit 7
	assert_success
	assert_equal "$(fields .status .reason .exit_code)" '0 exited 7'
}

@test "a death by a signal is reported" {
	cordon_run -q --signal-exit=code --json=report.json "$VICTIM" die SEGV
	assert_equal "$status" 139
	assert_equal "$(fields .status .reason .exit_code .signal .core_dumped)" \
		'139 signaled null SEGV false'
}

@test "a timeout is reported with the signals sent" {
	cordon_run -q -t 0.2 "$(once 'grep -q "^State:.S" "/proc/$CORDON_PID/status"')" --json=report.json \
		"$VICTIM" sleep 50
	assert_equal "$status" 124
	assert_equal "$(fields .status .reason .exit_code .signal .kill.reason .kill.ended_by)" \
		'124 timeout null TERM timeout TERM'
	assert_equal "$(report '.kill.steps | map(.signal + " " + .target) | join(",")')" 'TERM tree'
	assert_equal "$(report '.kill.steps[0] | .processes == 1 and .at_seconds >= 0.2 and .at_seconds < 60')" true
	assert_equal "$(report '.limits.timeout_seconds')" 0.2
	assert_equal "$(report '.tree_at_kill | map(.command) | join(",")')" "$VICTIM sleep 50"
	assert_equal "$(report '.tree_at_kill[0] | .state == "S" and .rss_bytes > 0 and .age_seconds > 0.1')" \
		true
}

@test "the tree is told as it was before the first signal: whose children did what" {
	local wchan
	sleep 50 3>&- &
	# once all are in the states that they will stay in
	cat >settled <<-'EOF'
		sleep=$(pgrep -P "$CORDON_PID" -x sleep) && burn=$(pgrep -P "$CORDON_PID" -x victim) &&
			[ "$(ps -o stat= -p "$CORDON_PID,$sleep,$burn" --ppid "$sleep" | cut -c 1 | sort | xargs)" = 'R S S Z' ] &&
			[ "$(cut -d ' ' -f 14 "/proc/$burn/stat")" -gt 20 ]
	EOF
	cordon_run -q -t 0.5 "$(once 'sh ./settled')" --json=report.json sh -c '"$VICTIM" burn 50 & { sh -c : & exec sleep 50; } & wait'
	assert_equal "$status" 124
	wchan=$(</proc/$!/wchan)
	kill $!
	assert_equal "$(report '.pid as $main | .tree_at_kill | (.[] | select(.command == "sleep 50")) as $sleep |
		map(.command + " " + .state + (if .pid == $main then " main" elif .ppid == $main then " child"
			elif .ppid == $sleep.pid then " grandchild" else "" end)) | sort | .[]')" "$(sort <<-END
		$VICTIM burn 50 R child
		sh Z grandchild
		sh -c "\$VICTIM" burn 50 & { sh -c : & exec sleep 50; } & wait S main
		sleep 50 S child
	END
	)"
	assert_equal "$(report '.tree_at_kill[] | select(.command == "sleep 50") | .wchan // "0"')" "$wchan"
	assert_equal "$(report '.wall_seconds as $wall | [.tree_at_kill[] | .age_seconds > 0 and .age_seconds < $wall + 0.1] |
		all')" true
	assert_equal "$(report '.wall_seconds as $wall | .tree_at_kill[] | select(.state == "R") |
		.cpu_seconds > 0.1 and .cpu_seconds < $wall + 0.1')" true
}

@test "a timeout that the command survived to exit by itself is still one" {
	entry_options=(--block=TERM)
	cordon_run -q -t 0.2 --json=report.json "$VICTIM" trap TERM 3
	assert_equal "$status" 124
	assert_equal "$(fields .status .reason .exit_code .signal)" '124 timeout 3 null'
}

@test "a kill is reported with both steps" {
	cordon_run -q -t 0.2 "$(once "grep -q ready '$out'")" -k 0.2 --json=report.json "$VICTIM" ignore-term
	assert_equal "$status" 137
	assert_equal "$(fields .status .reason .signal .kill.ended_by)" '137 timeout KILL KILL'
	assert_equal "$(report '.kill.steps | map(.signal) | join(",")')" TERM,KILL
}

@test "a command that was sent another signal while it died of one was ended by that one" {
	cordon_run -q -t 0.2 --escalate=TERM:1us,KILL --json=report.json sleep 50
	assert_equal "$status" 124
	assert_equal "$(fields .reason .signal .kill.ended_by)" 'timeout TERM TERM'
}

@test "an interrupted run is reported with the signal" {
	cordon_start -q --json=report.json "$VICTIM" trap INT 5
	wait_until has_line "$out" ready
	kill -INT "$pid"
	cordon_wait
	assert_equal "$status" 5
	assert_equal "$(fields .status .reason .exit_code .kill.reason .kill.trigger)" \
		'5 interrupted 5 interrupted INT'
}

@test "a command that is not there is reported" {
	cordon_run -q --json=report.json ./nothing
	assert_equal "$status" 127
	assert_equal "$(fields .status .reason .pid .exit_code .error.step .error.errno)" \
		'127 not-started null null exec 2'
	assert_equal "$(wc -l <"$err")" 1
}

@test "a command that is not executable is reported" {
	: >plain
	cordon_run -q --json=report.json ./plain
	assert_equal "$status" 126
	assert_equal "$(fields .status .reason .error.step .error.errno)" '126 not-started exec 13'
}

@test "a failure of cordon is reported with its option" {
	cordon_run -q --chdir=missing --json=report.json true
	assert_equal "$status" 125
	assert_equal "$(fields .status .reason .error.step .error.option .error.errno)" \
		'125 not-started chdir --chdir=missing 2'
	assert_equal "$(report .error.text)" 'cannot enter: No such file or directory'
	assert_equal "$stderr" 'cordon: --chdir=missing: cannot enter: No such file or directory'
}

@test "every path makes exactly one record" {
	local arguments
	: >plain
	while read -r arguments; do
		# shellcheck disable=SC2086 # words
		cordon_run -q --report=all.jsonl --signal-exit=code $arguments
	done <<-END
		true
		false
		$VICTIM die TERM
		-t 0.1 $VICTIM sleep 20
		-t 0.1 -s KILL $VICTIM sleep 20
		./nothing
		./plain
		--chdir=missing true
		--stdin=missing/file true
		--cgroup=none --require-cgroup true
		--fail-on-leftovers $VICTIM daemonise daemon
	END
	assert_equal "$(jq -r '[.reason, .status] | join(" ")' all.jsonl)" "\
exited 0
exited 1
signaled 143
timeout 124
timeout 137
not-started 127
not-started 126
not-started 125
exited 1"
	validate_report all.jsonl
}

@test "a mistake in the options makes no report" {
	cordon_run --report=json:report.json --no-such-option true
	assert_equal "$status" 125
	refute test -e report.json
}

# --- places ----------------------------------------------------------------------------

@test "a JSON file is replaced, whatever was in it" {
	head -c 100000 /dev/zero >report.json
	cordon_run -q --json=report.json true
	assert_success
	assert_equal "$(jq -s length report.json)" 1
	assert_equal "$(tail -n 1 report.json)" '}'
}

@test "a JSONL file grows by a line with each run" {
	local i
	for i in 1 2 3; do
		cordon_run -q --report=all.jsonl "$VICTIM" exit $i
	done
	assert_equal "$(jq .exit_code all.jsonl | tr '\n' ' ')" '1 2 3 '
	assert_equal "$(wc -l <all.jsonl)" 3
}

@test "twenty runs at once each append one whole line" {
	# shellcheck disable=SC2016 # sh's
	strange 'for i in $(seq 20); do
			"$CORDON" -q --report=all.jsonl --tag=i=$i "$VICTIM" spam 20000 >/dev/null &
		done
		wait'
	assert_success
	assert_equal "$(wc -l <all.jsonl)" 20
	assert_equal "$(jq -r .tags.i all.jsonl | sort -n | tr '\n' ' ')" "$(seq 20 | tr '\n' ' ')"
	assert_equal "$(jq -r .run_id all.jsonl | sort -u | wc -l)" 20
}

@test "several reports tell of the same run" {
	cordon_run -q --report=one.json --report=jsonl:two --report=human:three --json=report.json true
	assert_success
	mv two two.jsonl
	assert_equal "$(jq -r .run_id one.json two.jsonl report.json | uniq | wc -l)" 1
	assert_equal "$(head -c 16 three)" 'cordon: true: ex'
}

@test "-j reports to stderr" {
	cordon_run -q -j echo out
	assert_success
	assert_equal "$stdout" out
	cp "$err" report.json
	validate_report
	assert_equal "$(report .status)" 0
}

@test "a report may go to a descriptor, which the command does not get" {
	# shellcheck disable=SC2016
	strange '"$CORDON" -q --report=json:fd:5 "$VICTIM" print-fds 5>report.json'
	assert_success
	assert_equal "$(report .status)" 0
	assert_equal "$(grep -c '^[0-9]' "$out")" 3
}

@test "a report to stdout comes after the output" {
	cordon_run -q --report=jsonl:fd:1 echo first
	assert_success
	assert_equal "$(head -n 1 "$out")" first
	assert_equal "$(tail -n 1 "$out" | jq .status)" 0
}

@test "a report to /dev/stdout or /dev/stderr does not overwrite the output in a file" {
	# shellcheck disable=SC2016
	strange '"$CORDON" -q --report=json:/dev/stdout echo first >both'
	assert_success
	assert_equal "$(head -n 1 both)" first
	assert_equal "$(tail -n +2 both | jq .status)" 0
	# shellcheck disable=SC2016
	strange '"$CORDON" -q --report=json:/dev/stderr sh -c "echo first >&2" 2>both'
	assert_success
	assert_equal "$(head -n 1 both)" first
	assert_equal "$(tail -n +2 both | jq .status)" 0
}

@test "a report does not take the place of output or of a log in the same file" {
	local option
	for option in --stdout=both --stderr=./both --log=both; do
		rm -f both
		cordon_run -q "$option" --report=json:both sh -c 'echo first | tee /dev/stderr'
		assert_success
		assert_regex "$(head -n 1 both)" 'first$'
		assert_equal "$(sed -n '/^{/,$p' both | jq .status)" 0
	done
}

@test "a descriptor that is not there is refused" {
	cordon_run --json=fd:9 "$VICTIM" daemonise started
	assert_equal "$status" 125
	assert_regex "$stderr" "^cordon: --json.*fd:9"
	refute test -e started
}

@test "a descriptor that is only for reading is refused" {
	# shellcheck disable=SC2016
	strange '"$CORDON" --json=fd:5 "$VICTIM" daemonise started 5</dev/null'
	assert_equal "$status" 125
	assert_regex "$stderr" "^cordon: --json.*fd:5"
	refute test -e started
}

@test "a FIFO without a reader is refused at once" {
	mkfifo fifo
	cordon_run --report=json:fifo "$VICTIM" daemonise started
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --report=json:fifo: nobody reads from this FIFO'
	refute test -e started
}

@test "a FIFO with a reader gets the report" {
	mkfifo fifo
	cat fifo >report.json 3>&- &
	wait_until grep -qsF '(cat) S ' "/proc/$!/stat" # in open(2)
	cordon_run -q --report=json:fifo true
	assert_success
	wait $!
	assert_equal "$(report .status)" 0
}

@test "a file that cannot be created is refused before anything starts" {
	cordon_run --report=missing/report.json "$VICTIM" daemonise started
	assert_equal "$status" 125
	assert_regex "$stderr" '^cordon: --report.*missing/report\.json'
	refute test -e started
}

@test "a full disk is one line on stderr and changes no status" {
	cordon_run -q --report=json:/dev/full "$VICTIM" exit 3
	assert_equal "$status" 3
	assert_equal "$stderr" \
		'cordon: --report=json:/dev/full: cannot write the report: No space left on device'
}

@test "a record for which there is no room is not left half" {
	cordon_run -q --report=all.jsonl "$VICTIM" exit 1
	# shellcheck disable=SC2016
	bounded_run bash -c 'ulimit -f 4
		exec "$CORDON" -q --report=all.jsonl "$VICTIM" exit 2'
	assert_equal "$status" 2
	assert_equal "$stderr" \
		'cordon: --report=all.jsonl: cannot write the report: File too large'
	assert_equal "$(jq .exit_code all.jsonl)" 1
}

@test "a stderr that is full or closed or unread changes no status" {
	# shellcheck disable=SC2016
	strange '"$CORDON" -j "$VICTIM" exit 3 2>/dev/full'
	assert_equal "$status" 3
	# shellcheck disable=SC2016
	strange '"$CORDON" -v --json=report.json "$VICTIM" exit 3 2>&-'
	assert_equal "$status" 3
	assert_equal "$(fields .status .streams.stderr.mode)" '3 closed'
	# shellcheck disable=SC2016
	strange '"$CORDON" -j "$VICTIM" exit 3 2>&-'
	assert_equal "$status" 3
	# shellcheck disable=SC2016
	strange '{ sleep 0.2; "$CORDON" -v -j "$VICTIM" exit 3 2>&1; echo $? >status; } | :'
	assert_equal "$(<status)" 3
}

@test "a report waits for a slow reader, whatever others have made of the descriptor" {
	# shellcheck disable=SC2016
	strange '"$ENTRY" --nonblock=2 "$CORDON" -q -j head -c 65536 /dev/zero 2>&1 |
		{ sleep 0.3; tr -d "\0"; }'
	assert_equal "$(jq .status "$out")" 0
}

# --- what is in it ---------------------------------------------------------------------

@test "bytes that are not UTF-8 can be had back from the report" {
	cordon_run -q --json=report.json --title=$'t\xff' --tag=k=$'\xc3' \
		printf '%s' $'a\xff\x80b' 'C:\new' '\x41' $'\xc3\xa9\n\e'
	assert_success
	assert_equal "$(report '.command[2]')" 'a\xff\x80b'
	assert_equal "$(report '.command[3]')" 'C:\new'
	assert_equal "$(report '.command[4]')" '\x5cx41'
	assert_equal "$(report '.command[5]')" $'\xc3\xa9\n\e'
	assert_equal "$(fields .title .tags.k)" 't\xff \xc3'
}

@test "the output's last bytes can be had back from the report" {
	need python3
	# Every byte but the newline, and each of them behind a backslash.
	python3 -c 'import sys
every = bytes(b for b in range(256) if b != 10)
sys.stdout.buffer.write(every + b"\n" + b"".join(b"\\" + bytes([b]) for b in every) +
                        b"\n\\x41\\xff\n")' >bytes
	cordon_run --in bytes -q --json=report.json cat
	assert_success
	python3 -c 'import json, re
tail = json.load(open("report.json"))["streams"]["stdout"]["tail"]
lines = [re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), line.encode())
         for line in tail]
assert b"".join(line + b"\n" for line in lines) == open("bytes", "rb").read()'
}

@test "the values of the environment are in no report and in no message" {
	export INHERITED_SECRET=hunter1
	cordon_run -v --env=SECRET=hunter2 -E OTHER=hunter3 --json=report.json \
		--report=human:report --report=all.jsonl true
	assert_success
	cordon_run -v --env=SECRET=hunter2 --chdir=missing --json=failed.json true
	assert_equal "$status" 125
	run grep -l hunter report.json report all.jsonl failed.json "$err"
	assert_failure
}

@test "the last lines of the output are in the report" {
	# shellcheck disable=SC2016
	cordon_run -q --tail=2 --json=report.json sh -c 'seq 5; printf "a\nb\n\nend" >&2'
	assert_success
	assert_equal "$(report '.streams.stdout.tail | join(",")')" 4,5
	assert_equal "$(report '.streams.stderr.tail | join(",")')" ,end
	assert_equal "$(fields .streams.stdout.lines .streams.stderr.lines)" '5 4'
	cordon_run -q --json=report.json seq 30
	assert_equal "$(report '.streams.stdout.tail | length')" 20
	cordon_run -q --tail=0 --json=report.json seq 30
	assert_equal "$(report '.streams.stdout.tail | length')" 0
}

@test "a line longer than what is kept is cut at its start" {
	cordon_run -q --json=report.json sh -c 'head -c 100000 /dev/zero | tr "\0" x; echo; echo end'
	assert_success
	assert_equal "$(report '.streams.stdout.tail | map(length) | join(",")')" 65531,3
}

@test "what the command was given to read is not in the report" {
	echo hunter2 >input
	cordon_run --in input -q --stdin=relay --json=report.json "$VICTIM" read-stdin
	assert_success
	assert_equal "$(fields .streams.stdin.mode .streams.stdin.bytes)" 'relay 8'
	run grep hunter report.json
	assert_failure
}

@test "streams are reported with their mode and their bytes" {
	cordon_run -q --json=report.json --stdout=null --stderr=file "$VICTIM" write-both 10
	assert_success
	assert_equal "$(fields .streams.stdin.mode .streams.stdout.mode .streams.stderr.mode)" \
		'inherit null file'
	assert_equal "$(fields .streams.stdout.bytes .streams.stdout.lines)" 'null null'
	cordon_run -q --json=report.json --merge "$VICTIM" write-both 10
	assert_equal "$(fields .streams.stdout.mode .streams.stdout.bytes .streams.stderr.mode)" \
		'relay 21 merged'
}

@test "whoever still holds a stream is named" {
	cordon_run -q --cgroup=none --leftovers=leave --drain=0.1 --json=report.json "$VICTIM" hold-pipe 50
	assert_success
	assert_equal "$(report '.streams.stdout.held_by | map(.command) | join(",")')" victim
	assert_equal "$(report '.leftovers[0] | .command + " " + .action')" 'victim left'
	assert_equal "$(report '.streams.stdout.held_by[0].pid == .leftovers[0].pid')" true
	kill "$(report '.leftovers[0].pid')"
}

@test "leftovers are reported with what became of them" {
	cordon_run -q --json=report.json "$VICTIM" daemonise daemon
	assert_success
	assert_equal "$(report '.leftovers | map(.command + " " + .action) | join(",")')" \
		'victim killed'
	assert_equal "$(report '.leftovers[0].pid')" "$(<daemon)"
	assert_equal "$(fields .leftovers_total .kill.reason .kill.ended_by .reason)" \
		'1 leftovers null exited'
	assert_equal "$(report '.processes.reaped >= 2')" true
}

@test "the costs of the whole tree are reported" {
	# shellcheck disable=SC2016
	cordon_run -q --cgroup=none --json=report.json sh -c '"$VICTIM" burn 0.2 & "$VICTIM" alloc 20; wait'
	assert_success
	assert_equal "$(report '.cpu | .user_seconds + .system_seconds >= 0.2')" true
	assert_equal "$(report '.memory.peak_process_bytes >= 20971520')" true
	assert_equal "$(report '.faults.minor > 5000')" true
	assert_equal "$(report '.wall_seconds >= 0.2 and (.wall_seconds as $wall |
		.cpu | .percent - 100 * (.user_seconds + .system_seconds) / $wall | . > -1 and . < 1)')" true
	assert_equal "$(fields .memory.peak_tree_bytes '.sources["memory.peak_tree_bytes"]' .sources.cpu)" \
		'null no cgroup: not wanted wait4'
}

@test "the cgroup that was used is reported" {
	need cgroup
	cordon_run -q --json=report.json true
	assert_success
	assert_equal "$(fields .cgroup.requested .cgroup.created .cgroup.error)" 'auto true null'
	assert_regex "$(report .cgroup.path)" "^$(report .cgroup.base)/"
	refute test -e "$(report .cgroup.path)"
}

@test "a cgroup that could not be had is reported with the reason" {
	need nobody
	as_nobody cordon_run -q --cgroup=cordon/of-nobody --json=report.json true
	assert_success
	assert_equal "$(fields .cgroup.requested .cgroup.created .cgroup.path)" \
		'cordon/of-nobody false null'
	assert_regex "$(report .cgroup.error)" '^cannot .*: '
	assert_regex "$(report '.sources["memory.peak_tree_bytes"]')" '^no cgroup: cannot '
}

@test "the limits in force are reported" {
	cordon_run -q --json=report.json -t 1m30s --escalate='main@INT:2s,KILL' --drain=3s \
		--rlimit=core=0 --rlimit=nofile=64:100 --nice=5 --umask=027 --cores=0 true
	assert_success
	assert_equal "$(report '.limits | [.timeout_seconds, .drain_seconds, .nice, .umask, .cores,
		.oom_score_adj] | map(tostring) | join(",")')" '90,3,5,0027,0,null'
	assert_equal "$(report '.limits.ladder | map([.signal, .target, .wait_seconds] |
		map(tostring) | join(" ")) | join(",")')" 'INT main 2,KILL tree null'
	assert_equal "$(report -c '.limits.rlimits | [length, .core.soft, .core.hard, .nofile.soft,
		.nofile.hard]')" '[2,0,0,64,100]'
}

@test "the directory and the identity are reported" {
	need root
	mkdir dir
	ln -s dir link
	cordon_run -q -C link -u +65534:+65534 --groups=+4,+20 --json=report.json true
	assert_success
	assert_equal "$(report .cwd)" "$(pwd -P)/dir"
	assert_equal "$(report '.sandbox.user | [.uid, .gid] + .groups | join(",")')" \
		65534,65534,4,20
	cordon_run -q --chroot=/ -C "$PWD/dir" --json=report.json true
	assert_equal "$(fields .sandbox.chroot .cwd)" "/ $PWD/dir"
	# shellcheck disable=SC2016
	cordon_run -q -C dir --json=report.json sh -c 'rmdir "$PWD"'
	assert_equal "$(report .cwd)" "$(pwd -P)/dir"
}

@test "title, tags and times are reported" {
	local before after
	before=$(date +%s)
	cordon_run -q --title='a title' --tag=a=1 --tag=b= --tag=a=2 --json=report.json true
	after=$(date +%s)
	assert_success
	assert_equal "$(fields .title '.tags.a' '.tags.b')" 'a title 2 '
	local started
	started=$(date -d "$(report .started_at)" +%s)
	((started >= before && started <= after))
	assert_equal "$(report '.ended_at >= .started_at')" true
	assert_equal "$(fields .host .kernel)" "$(uname -n) $(uname -sr)"
}

@test "a run inside a run names its parent" {
	cordon_run -q --json=outer.json --export-run-id "$CORDON" -q --json=inner.json true
	assert_success
	assert_equal "$(jq -r .parent_run_id inner.json)" "$(jq -r .run_id outer.json)"
	assert_equal "$(jq -r .parent_run_id outer.json)" null
	assert_regex "$(jq -r .run_id outer.json)" \
		'^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
	cordon_run -q --run-id=mine --json=report.json true
	assert_equal "$(report .run_id)" mine
}

# --- for people ------------------------------------------------------------------------

@test "the summary of a good run is one line" {
	cordon_run sh -c 'exit 0'
	assert_success
	assert_regex "$stderr" '^cordon: sh -c exit 0: exit 0 after [0-9.]+(us|ms|s) · cpu [0-9.]+(us|ms|s) \([0-9]+%\) · peak [0-9.]+ (KiB|MiB) · 1 process$'
}

@test "the summary of a bad run says why" {
	cordon_run "$VICTIM" exit 3
	assert_regex "$stderr" ' exit 3: exit 3 after '
	cordon_run --signal-exit=code "$VICTIM" die USR1
	assert_regex "$stderr" ': killed by SIGUSR1 after '
	cordon_run -t 0.2 "$VICTIM" sleep 20
	assert_regex "$stderr" ': timeout after ([2-9][0-9]{2}ms|[1-9][0-9.]*s), ended by TERM · '
	entry_options=(--block=TERM)
	cordon_run -t 0.2 "$VICTIM" trap TERM 0
	assert_regex "$stderr" ': timeout after ([2-9][0-9]{2}ms|[1-9][0-9.]*s), ended by TERM, exit 0 · '
}

@test "a run that was not started has its one line only" {
	cordon_run ./nothing
	assert_equal "$status" 127
	assert_equal "$(wc -l <"$err")" 1
}

@test "--quiet has no summary" {
	cordon_run -q "$VICTIM" exit 3
	assert_equal "$stderr" ''
}

@test "--verbose has all of it, and a human report the same" {
	cordon_run -v --report=human:report "$VICTIM" exit 3
	assert_equal "$status" 3
	assert_equal "$stderr" "$(<report)"
	assert_regex "$stderr" $'\n  status            3\n  reason            exited\n'
	assert_regex "$stderr" $'\n  context switches  voluntary [0-9]+, involuntary [0-9]+\n'
}

@test "a human report on stderr replaces the summary" {
	cordon_run --report=human:- true
	assert_success
	assert_equal "$(grep -c '^cordon: true: exit 0' "$err")" 1
}

# --- the library -----------------------------------------------------------------------

@test "without libjansson only a run that wants JSON fails" {
	[[ $("$CORDON" --version) == *loaded* ]] || skip 'needs a cordon that loads libjansson'
	mkdir lib
	: >lib/libjansson.so.4
	export LD_LIBRARY_PATH=$PWD/lib
	cordon_run -q --report=human:report true
	assert_success
	cordon_run --json=report.json "$VICTIM" daemonise started
	assert_equal "$status" 125
	assert_regex "$stderr" "^cordon: --json=report.json: cannot load .*libjansson"
	refute test -e started
}
