#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# cordonctl: its grammar, and the forms in which doctor shows what it finds. What the verbs find
# and do is in doctor.bats and cgroup_init.bats.

# shellcheck disable=SC2154 # $out, $err and so on are the helper's

load helper
load ctl

setup() {
	common_setup
	ctl_setup
}

teardown() {
	ctl_teardown
}

# assert_misuse TEXT ARG...: refused with that line and a hint.
assert_misuse() {
	ctl "${@:2}"
	assert_equal "$status" 125
	assert_equal "$stdout" ''
	assert_equal "$stderr" "cordonctl: $1"$'\n'"Try 'cordonctl --help' for more information."
}

@test "the help names every verb, and each has its own" {
	local option verb
	for option in -h --help; do
		ctl $option
		assert_success
		assert_equal "$stderr" ''
		assert_equal "$(awk '/^Verbs:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }' "$out")" \
			$'doctor\ncgroup-init'
		for verb in doctor cgroup-init; do
			ctl $verb $option
			assert_success
			assert_equal "$stderr" ''
			assert_regex "$stdout" "^Usage: cordonctl $verb "
			assert_regex "$stdout" '-h, --help'
		done
	done
}

@test "help fits on a terminal" {
	local arguments
	for arguments in --help 'doctor --help' 'cgroup-init --help'; do
		# shellcheck disable=SC2086
		ctl $arguments
		run grep -E '.{81}' "$out"
		assert_output ''
	done
}

@test "the version is cordon's" {
	local option
	for option in -V --version; do
		ctl $option
		assert_success
		assert_equal "$stdout" "cordonctl (cordon) $("$CORDON" --version | sed -n '1s/cordon //p')"
	done
}

@test "help wins over what follows it" {
	ctl doctor --help --nonsense
	assert_success
	ctl --help nonsense
	assert_success
}

@test "verbs that there are not are refused, and slips recognised" {
	assert_misuse 'missing verb'
	assert_misuse 'missing verb' --
	assert_misuse "unknown verb 'status'" status JOB
	assert_misuse "unknown verb 'docotr', did you mean 'doctor'?" docotr
	assert_misuse "unknown verb 'cgroup_init', did you mean 'cgroup-init'?" cgroup_init
	assert_misuse "unknown verb 'cgroup', did you mean 'cgroup-init'?" cgroup --owner=x
	assert_misuse "unknown verb ''" ''
	assert_misuse "unknown verb 'a\\nb'" $'a\nb'
	assert_misuse "unknown verb '$(head -c 500 /dev/zero | tr '\0' x)'" "$(head -c 500 /dev/zero | tr '\0' x)"
}

@test "options that there are not are refused, and slips recognised" {
	assert_misuse "unknown option '--json'" --json doctor
	assert_misuse "unknown option '--versoin', did you mean '--version'?" --versoin
	assert_misuse "unknown option '-x'" -x
	assert_misuse "unknown option '-x'" doctor -x
	assert_misuse "unknown option '--jason', did you mean '--json'?" doctor --jason
	assert_misuse "unknown option '--jso', did you mean '--json'?" doctor --jso
	assert_misuse "unknown option '--version'" doctor --version
	assert_misuse "unknown option '-V'" doctor -V
	assert_misuse "unknown option '--ower', did you mean '--owner'?" cgroup-init --ower=root
	assert_misuse "option '--json' takes no argument" doctor --json=file
	assert_misuse "option '--help' takes no argument" --help=doctor
	assert_misuse "option '--owner' needs an argument" cgroup-init --owner
}

@test "operands are refused" {
	assert_misuse "doctor takes no operand: 'now'" doctor now
	assert_misuse "doctor takes no operand: 'now'" doctor --json -- now
	assert_misuse "cgroup-init takes no operand: 'name'" cgroup-init name
	assert_misuse "cgroup-init takes no operand: '-'" cgroup-init -
}

@test "the end of options is understood" {
	ctl -- doctor --json --
	assert [ "$status" -lt 2 ]
	ctl doctor --
	assert [ "$status" -lt 2 ]
}

@test "CORDON_OPTIONS means nothing to it" {
	CORDON_OPTIONS='--nonsense' ctl doctor
	assert [ "$status" -lt 2 ]
}

@test "another name than cordonctl is another program" {
	ln -s "$CORDON" cordonctl2
	bounded_run ./cordonctl2 doctor
	assert_equal "$status" 127
	assert_regex "$stderr" '^cordon: '
}

# --- what doctor shows -----------------------------------------------------------------

@test "the table has a line for each check, and then the commands" {
	ctl doctor
	assert_equal "$stderr" ''
	sed '/^$/,$d' "$out" >table
	run grep -vE '^(ok      |degraded|missing )  [a-z0-9-]+ +[^ ].*$' table
	assert_output ''
	# every detail begins in one column
	run awk '{ match($0, /^[a-z]+ +[^ ]+ +/); print RLENGTH }' table
	assert_equal "$(sort -u <<<"$output" | wc -l)" 1
	sed '1,/^$/d' "$out" >advice
	if [[ -s advice ]]; then
		assert_equal "$(head -n 1 advice)" 'To fix:'
		run grep -vE '^  [^ ]' <(sed 1d advice)
		assert_output ''
		assert_equal "$(sort advice | uniq -d)" ''
	fi
}

@test "the JSON follows its schema, and says what the table says" {
	need schema
	ctl doctor
	sed '/^$/,$d' "$out" | tr -s ' ' >table
	sed '1,/^To fix:/d' "$out" | sed 's/^  //' | sort >commands
	ctl doctor --json
	cp "$out" doctor.json
	/usr/bin/python3 "$SRC/tests/validate.py" "$DOCTOR_SCHEMA" doctor.json
	jq -r '.checks[] | .status + " " + .name + " " + .detail' doctor.json | tr -s ' ' >json
	run diff -u table json
	assert_output ''
	jq -r '.checks[].advice // empty' doctor.json | sort -u >json-commands
	run diff -u commands json-commands
	assert_output ''
}

@test "the schema has all checks, in their order, and there is each of them once" {
	ctl doctor --json
	jq -r '.properties.checks.items.properties.name.enum[]' "$DOCTOR_SCHEMA" >schema
	jq -r '.checks[].name' "$out" >found
	run diff -u schema found
	assert_output ''
	assert_equal "$(sort found | uniq -d)" ''
	assert_equal "$(jq '.properties.checks | .minItems, .maxItems' "$DOCTOR_SCHEMA")" \
		"$(wc -l <found)"$'\n'"$(wc -l <found)"
}

@test "the schema refuses what is not a diagnosis" {
	need schema
	ctl doctor --json
	local filter
	for filter in 'del(.schema)' '.schema = "cordon.doctor/2"' 'del(.checks[0])' '.more = 1' \
		'.checks[0].status = "good"' '.checks[0].name = "colonel"' '.checks[0].advice = ""' \
		'del(.checks[3].detail)' '.checks[1].more = 1'; do
		jq "$filter" "$out" >changed.json
		run /usr/bin/python3 "$SRC/tests/validate.py" "$DOCTOR_SCHEMA" changed.json
		assert_failure
	done
}

@test "there is colour on a terminal only, and none that is not wanted" {
	need /usr/bin/python3
	local escape=$'\033' stage=(/usr/bin/python3 "$SRC/tests/stage.py")
	TERM=xterm ctl doctor
	run grep -c "$escape" "$out"
	assert_output 0
	TERM=xterm bounded_run env -u NO_COLOR "${stage[@]}" --out=tty -- "$CTL" doctor
	assert grep -q "^$escape\[32mok      $escape\[m  proc " stage.1
	run grep -c "$escape" stage.1
	sed "s/$escape\[[0-9]*m//g" stage.1 >plain
	local name
	for name in NO_COLOR=1 TERM=dumb TERM=; do
		bounded_run env TERM=xterm "$name" "${stage[@]}" --out=tty -- "$CTL" doctor
		run diff -u plain stage.1
		assert_output ''
	done
	bounded_run env TERM=xterm NO_COLOR= "${stage[@]}" --out=tty -- "$CTL" doctor
	assert grep -q "$escape" stage.1
}

@test "output that cannot be written is a failure" {
	need root
	local arguments
	for arguments in doctor 'doctor --json'; do
		# shellcheck disable=SC2086
		bounded_run sh -c '"$@" >/dev/full' - "$CTL" $arguments
		assert_equal "$status" 125
		assert_equal "$stderr" 'cordonctl: standard output: cannot write: No space left on device'
	done
}

@test "a diagnosis does not depend on what it was given to start with" {
	local expected
	ctl doctor
	expected=$stdout
	entry_options=(--ignore=CHLD --block=CHLD --block=PIPE --close=0 --close=2)
	ctl doctor
	assert_equal "$stdout" "$expected"
}
