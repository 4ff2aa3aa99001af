#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# cordonctl: its grammar. What its verbs do is in doctor.bats and cgroup_init.bats.

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
