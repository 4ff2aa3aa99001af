#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where options come from and which of them wins, as a user sees it: configuration files, profiles
# and CORDON_OPTIONS.

# shellcheck disable=SC2016,SC2030,SC2031 # the commands expand; a test is a subshell
load helper

# The command's environment says what was decided.
shown() {
	cordon_run -q "$@" sh -c 'echo "$WHO"'
	assert_equal "$status" 0
	assert_equal "$stderr" ''
}

@test "options are taken from a configuration file" {
	cat >x.conf <<-'EOF'
		# what a nightly build gets

		env = WHO=file      # and why
		title = "a # b"
		signal-exit=code
		  leftovers = 'wait'
		json = report.json
		tag = suite=unit
		quiet
	EOF
	cordon_run --config=x.conf sh -c 'echo "$WHO"; kill -TERM $$'
	assert_equal "$status" 143
	assert_equal "$stdout" file
	assert_equal "$stderr" ''
	assert_equal "$(report .title)" 'a # b'
	assert_equal "$(report .tags.suite)" unit
}

@test "a configuration may come through a pipe, with the line ends of another system" {
	bounded_run bash -c '"$CORDON" -q --config=<(printf "env = WHO=pipe\r\n") sh -c "echo \$WHO"'
	assert_equal "$stdout" pipe
}

@test "a profile adds to the lines above the first section and wins over them" {
	cat >x.conf <<-'EOF'
		env = WHO=top
		env = TOP=1
		[ci]
		env = WHO=ci
		[night watch]
		env = WHO=night
		[empty]
	EOF
	shown --config=x.conf
	assert_equal "$stdout" top
	shown --config=x.conf --profile=ci
	assert_equal "$stdout" ci
	shown --config=x.conf --profile='night watch'
	assert_equal "$stdout" night
	shown --config=x.conf --profile=empty
	assert_equal "$stdout" top
	cordon_run -q --config=x.conf --profile=ci sh -c 'echo "$TOP"'
	assert_equal "$stdout" 1
}

@test "a profile's part of the file may be in several places" {
	printf '[a]\nenv = WHO=1\n[b]\nenv = WHO=2\n[a]\nenv = X=$WHO\n' >x.conf
	cordon_run -q --config=x.conf --profile=a sh -c 'echo "$WHO $X"'
	assert_equal "$stdout" '1 $WHO'
}

@test "the command line wins over CORDON_OPTIONS, and that over the file" {
	echo 'env = WHO=file' >x.conf
	CORDON_OPTIONS='-E WHO=preset' shown --config=x.conf -E WHO=argv
	assert_equal "$stdout" argv
	CORDON_OPTIONS='-E WHO=preset' shown --config=x.conf
	assert_equal "$stdout" preset
	CORDON_OPTIONS='' shown --config=x.conf
	assert_equal "$stdout" file
	CORDON_OPTIONS='-E WHO=preset' shown -E WHO=argv --config=x.conf
	assert_equal "$stdout" argv
}

@test "CORDON_OPTIONS may name the file and the profile, and the command line another" {
	printf 'env = WHO=x\n[p]\nenv = WHO=p\n[q]\nenv = WHO=q\n' >x.conf
	printf 'env = WHO=y\n[p]\nenv = WHO=yp\n' >y.conf
	export CORDON_OPTIONS='--config x.conf --profile p'
	shown
	assert_equal "$stdout" p
	shown --profile=q
	assert_equal "$stdout" q
	shown --config=y.conf
	assert_equal "$stdout" yp
}

@test "CORDON_OPTIONS is split as a shell does, and nothing in it is expanded" {
	export CORDON_OPTIONS="-q --env='A=1  2' --env=\"B=\\\"\$HOME\\\"\" --env=C=\\ x\\
y
	--env=D=\`touch\\ started\`*"
	cordon_run sh -c 'printf "%s\n" "$A" "$B" "$C" "$D"'
	assert_equal "$stdout" "1  2
\"\$HOME\"
 xy
\`touch started\`*"
	assert_not_exists started
}

@test "CORDON_OPTIONS stays in the command's environment" {
	CORDON_OPTIONS='--quiet' cordon_run sh -c 'echo "$CORDON_OPTIONS"'
	assert_equal "$stdout" --quiet
	assert_equal "$stderr" ''
}

@test "rivals from different places do not contradict each other: the later wins" {
	export CORDON_OPTIONS=--verbose
	cordon_run -q true
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	echo 'stderr = null' >x.conf
	CORDON_OPTIONS=--quiet cordon_run --config=x.conf --merge sh -c 'echo x >&2'
	assert_equal "$stdout" x
	CORDON_OPTIONS='-q --merge' cordon_run --stderr=null sh -c 'echo x >&2'
	assert_equal "$stdout" ''
}

@test "a flag of the file can be switched off by a profile" {
	printf 'quiet = yes\nclear-env\nenv=PATH\n[loud]\nquiet = no\nclear-env = off\n' >x.conf
	export WHO=inherited
	cordon_run --config=x.conf sh -c 'echo "$WHO"'
	assert_equal "$stdout" ''
	assert_equal "$stderr" ''
	cordon_run --config=x.conf --profile=loud sh -c 'echo "$WHO"'
	assert_equal "$stdout" inherited
	[[ $stderr == 'cordon: sh: exit 0 after '* || $stderr == 'cordon: sh -c '*': exit 0 after '* ]]
}

@test "a preset --append waits for a file to be named" {
	export CORDON_OPTIONS='-q --append'
	cordon_run echo one
	assert_equal "$stdout" one
	echo zero >file
	cordon_run --stdout=file echo one
	assert_equal "$(<file)" $'zero\none'
}

@test "the last of several values wins" {
	cordon_run -q --signal-exit=raise --signal-exit=code sh -c 'kill -TERM $$'
	assert_equal "$status" 143
	cordon_run -q -C / -C "$PWD" pwd
	assert_equal "$stdout" "$PWD"
}

@test "options may be bundled, and their values joined or apart" {
	local words
	for words in '-qC /' '-qC/' '-q -C /' '-q --chdir=/' '-q --chdir /' '-q --cwd=/' '-qiC/ -E PATH'; do
		# shellcheck disable=SC2086 # several words
		cordon_run $words pwd
		assert_equal "$status" 0
		assert_equal "$stdout" /
	done
}

@test "an empty command is one that is not found" {
	cordon_run ''
	assert_equal "$status" 127
}

@test "--shell and --interpreter run the command as a text or a script" {
	cordon_run -q --shell 'echo "$0 $1 $#"' a b
	assert_equal "$stdout" 'sh a 2'
	echo 'echo "$1 $#"' >script
	cordon_run -q --interpreter=sh script a b
	assert_equal "$stdout" 'a 2'
}

@test "an id is passed on where that is asked for" {
	cordon_run -q --run-id=me --export-run-id sh -c 'echo "$CORDON_RUN_ID"'
	assert_equal "$stdout" me
	cordon_run -q --export-run-id --json=report.json sh -c 'echo "$CORDON_RUN_ID"'
	assert_equal "$stdout" "$(report .run_id)"
	[[ $stdout =~ ^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$ ]]
	cordon_run -q --run-id=me sh -c 'echo "$CORDON_RUN_ID"'
	assert_equal "$stdout" ''
}

@test "a dry run says what becomes of the end" {
	cordon_run --dry-run true
	assert has_line "$out" 'drain        until nothing has come for 1 s'
	refute grep -qE '^(status|tail|title|tag) ' "$out"
	cordon_run --dry-run --ok=3 --ok=255 -p --signal-exit=code --drain=0.5 --tail=7 --json=x \
		--title=night -i -E A=b --tag=a=1 --tag=b= true
	assert_equal "$(grep -E '^(environment|drain|tail|title|tag|status) ' "$out")" "\
drain        until nothing has come for 0.5 s
environment  1 variable, none of cordon's but those asked for
tail         7 lines of each stream
title        night
tag          a=1
tag          b=
status       0 for the command's 3
status       0 for the command's 255
status       the command's own after a limit, too
status       128 and the number of the signal that ends the command"
	assert_not_exists x
}

@test "a dry run starts nothing" {
	cordon_run --dry-run -t 5 --stdout=file touch started
	assert_equal "$status" 0
	assert_not_exists started
	assert_not_exists file
	bounded_run sh -c '"$CORDON" --dry-run true >/dev/full'
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --dry-run: cannot write to stdout: No space left on device'
}
