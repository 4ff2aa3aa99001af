#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What cordon says of itself: --help, --version, and that nobody is told in vain.

load helper

@test "--help and -h write the same to stdout, and nothing else" {
	cordon_run --help
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	local long=$stdout
	cordon_run -h
	assert_equal "$status" 0
	assert_equal "$stdout" "$long"
	[[ $stdout == 'Usage: cordon [OPTION]... [--] COMMAND [ARG]...'* ]]
}

@test "--help is found behind other options, and whatever else is wrong" {
	cordon_run --help
	local help=$stdout line arguments
	while IFS= read -r line; do
		read -ra arguments <<<"$line"
		cordon_run "${arguments[@]}"
		assert_equal "$status" 0
		assert_equal "$stdout" "$help"
	done <<-'EOF'
		-q --help
		-qh
		-h --frobnicate
		-t x --help touch started
		--config=none --help
	EOF
	assert_not_exists started
	CORDON_OPTIONS='--frobnicate' cordon_run --help
	assert_equal "$status" 0
}

@test "--help behind the command is the command's" {
	cordon_run -q echo --help -V
	assert_equal "$stdout" '--help -V'
}

@test "--help fits a terminal of 80 columns" {
	cordon_run --help
	assert_equal "$(awk 'length > 79' "$out")" ''
	assert_equal "$(grep -c '[[:blank:]]$' "$out")" 0
	assert_equal "$(grep -c $'\t' "$out")" 0
}

@test "--help has a group for each part of the job" {
	cordon_run --help
	local heading before=0 line
	for heading in Time 'Where and as whom' Containment Sandbox 'Standard input and output' Report \
		'Exit status' Other; do
		line=$(grep -nxF "$heading:" "$out" | head -n 1 | cut -d : -f 1)
		((line > before))
		before=$line
	done
}

@test "--help names every option with its letter, alias and argument" {
	cordon_run --help
	local line
	while IFS= read -r line; do
		grep -qF -- "$line" "$out" || {
			echo "not in --help: $line" >&2
			return 1
		}
	done <<-'EOF'
		  -t, --timeout=DURATION
		  -s, --signal=SIGNAL
		  -k, --kill-after=DURATION
		      --escalate=LIST
		      --cpu-time=DURATION
		      --idle-timeout=DURATION
		      --on-timeout=COMMAND
		  -C, --chdir, --cwd=DIR
		      --chroot=DIR
		  -E, --env, --setenv=NAME[=VALUE]
		      --env-file=FILE
		  -i, --clear-env
		      --unset-env=NAME
		      --argv0=NAME
		      --shell
		      --interpreter=PROGRAM
		  -u, --user=USER[:GROUP]
		      --groups=LIST
		      --umask=MODE
		      --nice=N
		      --oom-score-adj=N
		      --cores=LIST
		      --rlimit=NAME=SOFT[:HARD]
		      --cgroup=auto|none|NAME
		      --require-cgroup
		  -m, --memory=SIZE
		      --memory-high=SIZE
		      --swap=SIZE
		      --pids=N
		      --cpus=N.N
		      --cpu-weight=N
		      --io-weight=N
		      --cgroup-set=FILE=VALUE
		      --best-effort
		      --leftovers=ACTION
		      --fail-on-leftovers
		  -f, --foreground
		      --new-group
		      --new-session
		      --no-die-with-parent
		      --sandbox=PROFILE
		      --private-tmp
		      --hide=PATH
		      --pid-ns
		      --no-net
		      --cap-drop=LIST|all
		      --cap-keep=LIST
		      --no-new-privs
		      --read=PATH
		      --write=PATH
		      --exec=PATH
		      --bind-port=N
		      --connect-port=N
		      --seccomp=default|FILE
		      --explain-denied
		      --close-fds
		      --keep-fd=N
		      --stdin=FROM
		      --stdout=TO
		      --stderr=TO
		      --append
		      --merge
		      --pty
		      --pty-size=COLUMNSxROWS
		      --drain=DURATION
		      --tail=LINES
		  -q, --quiet
		  -v, --verbose
		      --report=[FORMAT:]FILE
		  -j, --json[=FILE]
		      --title=TEXT
		      --tag=KEY=VALUE
		      --run-id=ID
		      --export-run-id
		      --progress[=WHEN]
		  -p, --preserve-status
		      --signal-exit=HOW
		      --ok=CODE
		      --dry-run
		      --config=FILE
		      --profile=NAME
		  -h, --help
		  -V, --version
	EOF
	assert_equal "$(grep -c '^  \(-., \|    \)--' "$out")" \
		"$(grep -c '\.name = "' "$SRC/src/optable.c")"
}

@test "every option of --help is one that cordon takes" {
	cordon_run --help
	cp "$out" help
	local name
	while IFS= read -r name; do
		# without its argument, or with one too many, the complaint is not about the name
		cordon_run "--$name=" true
		if [[ $stderr == *'unknown option'* ]]; then
			echo "unknown: --$name" >&2
			return 1
		fi
	done < <(grep -o -- '^  \(-., \|    \)--.*' help | grep -oE -- '--[a-z0-9-]+' | sed 's/^--//')
}

@test "--help names defaults, exit statuses and the manual" {
	cordon_run --help
	local text
	for text in '(default TERM)' '10s; 0: never)' '(default kill)' '(default inherit)' \
		'  124  ' '  125  ' '  126  ' '  127  ' '  137  ' 'The manual is cordon(1).'; do
		[[ $stdout == *"$text"* ]]
	done
}

@test "--version and -V give the name, the version and how it was built" {
	cordon_run --version
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	local lines
	mapfile -t lines <"$out"
	assert_equal "${#lines[@]}" 2
	[[ ${lines[0]} =~ ^cordon\ [0-9]+\.[0-9]+ ]]
	[[ ${lines[1]} =~ ^(static|dynamic)\;\ JSON\ reports:\ . ]]
	cp "$out" long
	cordon_run -V
	assert_equal "$status" 0
	cmp "$out" long
}

@test "help that cannot be written is an error" {
	local option lines
	for option in --help --version; do
		status=0
		"$CORDON" "$option" >/dev/full 2>"$err" 3>&- || status=$?
		assert_equal "$status" 125
		mapfile -t lines <"$err"
		assert_equal "${#lines[@]}" 1
		assert_equal "${lines[0]}" 'cordon: standard output: cannot write: No space left on device'
	done
	status=0
	"$CORDON" --help >&- 2>"$err" 3>&- || status=$?
	assert_equal "$status" 125
	assert_equal "$(<"$err")" 'cordon: standard output: cannot write: Bad file descriptor'
}

@test "help for a reader that wants one line is no error" {
	local line rest
	for rest in {1..20}; do
		line=$({ "$CORDON" --help 2>&1 3>&- || echo "status $?" >&2; } 2>"$err" | head -n 1)
		[[ $line == 'Usage: cordon '* ]]
		assert_equal "$(<"$err")" ''
	done
}
