#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The manual and the completions of cordonctl: that they agree with --help and the schema.

# shellcheck disable=SC2154 # $out, $err and so on are the helper's
# shellcheck disable=SC2016 # for another shell

load helper
load ctl

MAN=$SRC/man/cordonctl.1

setup() {
	common_setup
	ctl_setup
}

teardown() {
	ctl_teardown
}

# verbs: of --help, one a line.
verbs() {
	"$CTL" --help | awk '/^Verbs:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }'
}

# options [VERB]: "-h", "--name" of its help, one a line.
options() {
	"$CTL" "$@" --help | grep -E '^  (-.,|   ) --' | sed 's/^ *//; s/   .*//' |
		grep -oE -- '(^| )--?[a-zA-Z-]+' | tr -d ' ' | sort
}

# section NAME: of the manual.
section() {
	awk -v heading=".Sh $1" '/^\.Sh / { on = $0 == heading } on' "$MAN"
}

# subsection NAME
subsection() {
	awk -v heading=".Ss $1" '/^\.S[hs] / { on = $0 == heading } on' "$MAN"
}

# flags: those in the .It lines of mdoc source on stdin, one a line.
flags() {
	sed -n 's/^\.It Fl //p' | sed 's/ Ns .*//; s/ , Fl /\n/g' | sed 's/^/-/' | sort
}

# --- the manual ------------------------------------------------------------------------

@test "the manual is good mdoc, has a date, and is of this version" {
	need mandoc
	run mandoc -T lint -W warning "$MAN"
	assert_output ''
	date -d "$(sed -n 's/^\.Dd //p' "$MAN")" >/dev/null
	assert_equal "$(sed -n 's/^\.Dt //p' "$MAN")" 'CORDONCTL 1'
	assert_equal "$(sed -n 's/^\.Os //p' "$MAN")" "$("$CORDON" --version | head -n 1)"
}

@test "the manual has the sections that a reader looks for" {
	local each
	for each in NAME SYNOPSIS DESCRIPTION CHECKS FILES 'EXIT STATUS' EXAMPLES 'SEE ALSO' \
		'SECURITY CONSIDERATIONS'; do
		assert grep -qxF ".Sh $each" "$MAN"
	done
}

@test "the manual has every verb, with its options" {
	local verb
	assert_equal "$(verbs | wc -l)" 2
	assert_equal "$(section DESCRIPTION | sed '/^\.Ss /,$d' | flags)" "$(options)"
	for verb in $(verbs); do
		assert grep -qx "\.Cm $verb" <(section SYNOPSIS)
		assert [ "$(options "$verb" | wc -l)" -gt 2 ]
		assert_equal "$verb $(subsection "$verb" | flags)" "$verb $(options "$verb")"
	done
	assert_equal "$(grep '^\.Ss [a-z]' "$MAN" | cut -c 5-)" "$(verbs)"
}

@test "the manual has every check, in their order" {
	need jq
	jq -r '.properties.checks.items.properties.name.enum[]' "$DOCTOR_SCHEMA" >schema
	section CHECKS | sed -n 's/^\.It Cm //p' | sed 's/ , /\n/g' >manual
	run diff -u schema manual
	assert_output ''
	# what is needed is what the status depends on
	section CHECKS | awk '/^\.It Cm/ { name = $3 } /^Needed:/ { print name }' >needed
	grep -B 5 -A 5 'needed = true' "$SRC"/src/ctl/check_*.c | grep -oE '"(kernel|proc|cgroup-base)"' |
		tr -d '"' | sort -u >code
	run diff -u code <(sort needed)
	assert_output ''
	assert_equal "$(cat "$SRC"/src/ctl/check_*.c | grep -c 'needed = true')" "$(wc -l <needed)"
}

@test "the exit statuses of the manual are those of --help" {
	assert_equal "$(section 'EXIT STATUS' | sed -n 's/^\.It //p' | xargs)" '0 1 125'
	local arguments
	for arguments in --help 'doctor --help' 'cgroup-init --help'; do
		# shellcheck disable=SC2086
		assert_equal "$("$CTL" $arguments | sed -n '/^Exit status:/,/^$/s/^  \([0-9]*\) .*/\1/p' | xargs)" \
			'0 1 125'
	done
}

@test "the commands of the manual's examples are understood" {
	need nobody jq
	ctl_for_nobody
	section EXAMPLES | sed -n 's/^[$#] \(cordonctl .*\)/\1/p' | sed 's/\\-/-/g; s/\\(aq/'\''/g' >commands
	assert [ "$(wc -l <commands)" -ge 4 ]
	local command
	while read -r command; do
		# not the superuser: nothing comes of it
		as_nobody bounded_run env PATH="${CTL%/*}:$PATH" sh -c "${command/build/nogroup}"
		run grep -E 'unknown|^Try' "$err"
		assert_output ''
	done <commands
}

@test "the doctor's words in the manual's examples are those that he uses" {
	local line
	section EXAMPLES | sed -n '/^ok /p; /^missing /p; /^degraded /p' | sed 's/\\-/-/g' >lines
	assert [ -s lines ]
	while read -r line; do
		read -r _ name detail <<<"$line"
		case $name in
		kernel) ;;
		user-namespaces)
			assert grep -qF "forbidden to ordinary users by \" SETTING_CLONE" "$SRC/src/ctl/check_sandbox.c"
			;;
		*) assert grep -rqF "\"$detail\"" "$SRC/src/ctl" ;;
		esac
	done <lines
}

# --- completions -----------------------------------------------------------------------

# candidates SHELL LINE: what SHELL offers at the end of LINE, one a line.
candidates() {
	"candidates_in_$1" "$2" | sort -u
}

candidates_in_bash() {
	bash --norc --noprofile -c '
		source "$1"
		COMP_LINE=$2 COMP_POINT=${#2}
		_cordonctl
		((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"
		' bash "$SRC/completions/cordonctl.bash" "$1"
}

candidates_in_zsh() {
	HOME=$BATS_FILE_TMPDIR zsh -f "$SRC/tests/complete.zsh" "$SRC/completions" "$1" 3>&- 4>&- |
		cut -f 2
}

candidates_in_fish() {
	env HOME="$BATS_FILE_TMPDIR" XDG_CONFIG_HOME="$BATS_FILE_TMPDIR/config" \
		XDG_DATA_HOME="$BATS_FILE_TMPDIR/data" fish -c '
		source $argv[1]
		complete -C $argv[2] | string replace -r "\t.*" "" |
			string replace -r "^--[a-z0-9-]*=(?=.)" ""' \
		"$SRC/completions/cordonctl.fish" "$1" 3>&- 4>&-
}

assert_completed_in() {
	need "$1"
	local verb
	assert_equal "$(candidates "$1" 'cordonctl ')" "$(verbs | sort)"
	assert_equal "$(candidates "$1" 'cordonctl doc')" doctor
	assert_equal "$(candidates "$1" 'cordonctl --')" "$(options | grep -e --)"
	for verb in $(verbs); do
		assert_equal "$verb $(candidates "$1" "cordonctl $verb --" | sed 's/=$//')" \
			"$verb $(options "$verb" | grep -e --)"
	done
	assert_equal "$(candidates "$1" 'cordonctl cgroup-init --owner=nobod')" nobody
	assert_equal "$(candidates "$1" 'cordonctl cgroup-init --owner nobod')" nobody
	assert_equal "$(candidates "$1" 'cordonctl cgroup-init --owner=root --group=nogr')" nogroup
}

@test "bash offers verbs, options, users and groups" {
	assert_completed_in bash
}

@test "zsh offers verbs, options, users and groups" {
	assert_completed_in zsh
}

@test "fish offers verbs, options, users and groups" {
	assert_completed_in fish
}
