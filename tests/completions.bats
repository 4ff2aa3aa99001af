#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Completions for bash, zsh and fish, asked in these shells, and held to the table of options.

load helper
load options

# candidates SHELL LINE...: what SHELL offers at the end of each LINE; the LINE, a tab and what
# is offered for what is behind the last blank or "--option=" of it.
candidates() {
	"candidates_in_$1" "${@:2}" | sort -u
}

# The words are cut as readline(3) cuts them.
# shellcheck disable=SC2016 # for that shell
candidates_in_bash() {
	bash --norc --noprofile -c '
		source "$1"
		for line in "${@:2}"; do
			COMP_LINE=$line COMP_POINT=${#line} COMP_WORDS=()
			while [[ $line =~ ^[[:blank:]]*([=:]+|@|[^[:blank:]=:@]+)(.*)$ ]]; do
				COMP_WORDS+=("${BASH_REMATCH[1]}")
				line=${BASH_REMATCH[2]}
			done
			if [[ $COMP_LINE == *[[:blank:]] ]]; then
				COMP_WORDS+=("")
			fi
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			_cordon
			printf "$COMP_LINE\t%s\n" "${COMPREPLY[@]}"
		done' bash "$SRC/completions/cordon.bash" "$@"
}

candidates_in_zsh() {
	HOME=$BATS_FILE_TMPDIR zsh -f "$SRC/tests/complete.zsh" "$SRC/completions" "$@" 3>&- 4>&-
}

# fish gives the whole word. What commands are for, which it looks up in manuals, takes its time.
# shellcheck disable=SC2016 # for that shell
candidates_in_fish() {
	env HOME="$BATS_FILE_TMPDIR" XDG_CONFIG_HOME="$BATS_FILE_TMPDIR/config" \
		XDG_DATA_HOME="$BATS_FILE_TMPDIR/data" fish -c '
		source $argv[1]
		function __fish_describe_command
		end
		for line in $argv[2..-1]
			complete -C $line | string replace -r "\t.*" "" |
				string replace -r "^--[a-z0-9-]*=(?=.)" "" |
				string replace -r "^" $line\t
		end' "$SRC/completions/cordon.fish" "$@" 3>&- 4>&-
}

# offered LINE: of what candidates has printed, what is for that LINE.
offered() {
	awk -F '\t' -v line="$1" '$1 == line { print $2 }'
}

# assert_offered SHELL LINE [CANDIDATE]...: all of these, and nothing else.
assert_offered() {
	run candidates "$1" "$2"
	assert_equal "$(offered "$2" <<<"$output")" \
		"$([[ $# -eq 2 ]] || printf '%s\n' "${@:3}" | sort -u)"
}

shells=(bash zsh fish)

assert_options_in() {
	need "$1"
	local all
	all=$(candidates "$1" 'cordon -' 'cordon --')
	assert_equal "$(offered 'cordon --' <<<"$all" | sed 's/=$//' | sort -u)" "$(table_names)"
	assert_equal "$(offered 'cordon -' <<<"$all" | grep -x -- '-[^-]' | sort -u)" \
		"$(table_letters)"
}

@test "bash offers every option, and nothing that is none" {
	assert_options_in bash
}

@test "zsh offers every option, and nothing that is none" {
	assert_options_in zsh
}

@test "fish offers every option, and nothing that is none" {
	assert_options_in fish
}

assert_words_in() {
	need "$1"
	local name lines=() all optional
	optional=" $(table_names_with_optional_argument | tr '\n' ' ')"
	mapfile -t names < <(table_names_with_words)
	assert [ "${#names[@]}" -gt 5 ]
	for name in "${names[@]}"; do
		lines+=("cordon --$name=" "cordon --$name ")
	done
	all=$(candidates "$1" "${lines[@]}")
	for name in "${names[@]}"; do
		assert_equal "$name: $(offered "cordon --$name=" <<<"$all")" \
			"$name: $(table_words_of "$name")"
		[[ $optional != *" --$name "* ]] || continue
		assert_equal "$name: $(offered "cordon --$name " <<<"$all")" \
			"$name: $(table_words_of "$name")"
	done
}

@test "bash offers the words that an option knows" {
	assert_words_in bash
}

@test "zsh offers the words that an option knows" {
	assert_words_in zsh
}

@test "fish offers the words that an option knows" {
	assert_words_in fish
}

# Which options have their argument in the next word: only then is the command found behind it.
assert_arguments_in() {
	need "$1"
	local name lines=() all with_argument optional
	optional=" $(table_names_with_optional_argument | tr '\n' ' ')"
	with_argument=" $(table_names_with_argument | tr '\n' ' ') -t -s -k -C -E -u -m -qt "
	for name in $(table_names) $(table_letters) -qt -vj; do
		case $name in
		--help | --version | -h | -V) ;; # nothing is to follow them
		--interpreter) ;;                # a file follows, see below
		*)
			if [[ $optional == *" $name "* ]]; then
				lines+=("cordon $name trunca" "cordon $name=x trunca")
			elif [[ $with_argument != *" $name "* ]]; then
				lines+=("cordon $name trunca")
			else
				lines+=("cordon $name x trunca")
				[[ $name != --* ]] || lines+=("cordon $name=x trunca")
			fi
			;;
		esac
	done
	assert [ "${#lines[@]}" -gt 90 ]
	all=$(candidates "$1" "${lines[@]}")
	for line in "${lines[@]}"; do
		assert_equal "$line: $(offered "$line" <<<"$all")" "$line: truncate"
	done
}

@test "bash knows which options have an argument" {
	assert_arguments_in bash
}

@test "zsh knows which options have an argument" {
	assert_arguments_in zsh
}

@test "fish knows which options have an argument" {
	assert_arguments_in fish
}

@test "signals are completed, in a ladder too" {
	local shell
	for shell in "${shells[@]}"; do
		need "$shell"
		assert_offered "$shell" 'cordon --signal=TER' TERM
		assert_offered "$shell" 'cordon -s TER' TERM
	done
	assert_offered bash 'cordon --escalate=INT:5s,main@TER' @TERM
	assert_offered zsh 'cordon --escalate=INT:5s,main@TER' TERM
	assert_offered fish 'cordon --escalate=INT:5s,main@TER' INT:5s,main@TERM
	assert_offered bash 'cordon --escalate=mai' main@
	assert_offered zsh 'cordon --escalate=mai' main@
}

@test "users and groups are completed" {
	local shell
	for shell in "${shells[@]}"; do
		need "$shell"
		assert_offered "$shell" 'cordon --user=roo' root
		assert_offered "$shell" 'cordon -u roo' root
		assert_offered "$shell" 'cordon --groups=roo' root
	done
	assert_offered bash 'cordon --user=nobody:roo' root
	assert_offered zsh 'cordon --user=nobody:roo' root
	assert_offered fish 'cordon --user=nobody:roo' nobody:root
	assert_offered bash 'cordon --groups=nobody,roo' nobody,root
	assert_offered zsh 'cordon --groups=nobody,roo' root
	assert_offered fish 'cordon --groups=nobody,roo' nobody,root
}

@test "the names of resource limits are completed" {
	local shell names
	names=$(sed -n 's/^\t\[RLIMIT_[A-Z]*\] = {"\([a-z]*\)".*/\1/p' "$SRC/src/rlimits.c" | sort)
	assert [ "$(wc -l <<<"$names")" -eq 16 ]
	for shell in "${shells[@]}"; do
		need "$shell"
		run candidates "$shell" 'cordon --rlimit='
		assert_equal "$(offered 'cordon --rlimit=' <<<"$output" | sed 's/=$//')" "$names"
	done
}

@test "directories and files are completed" {
	local shell
	mkdir here
	touch there
	for shell in "${shells[@]}"; do
		need "$shell"
		run candidates "$shell" 'cordon --chdir=' 'cordon -C ' 'cordon --chroot=' \
			'cordon --config=' 'cordon --env-file=' 'cordon --stdin=th' 'cordon --json=th' \
			'cordon --report=th' 'cordon --report=json:th' 'cordon --interpreter=sh th' \
			'cordon --interpreter sh th'
		output=$(sed 's/here\/$/here/; s/\tjson:th/\tth/' <<<"$output") # with and without
		assert_equal "$output" "$(printf '%s\n' $'cordon --chdir=\there' \
			$'cordon -C \there' $'cordon --chroot=\there' $'cordon --config=\there' \
			$'cordon --config=\tthere' $'cordon --env-file=\there' \
			$'cordon --env-file=\tthere' $'cordon --stdin=th\tthere' \
			$'cordon --json=th\tthere' $'cordon --report=th\tthere' \
			$'cordon --report=json:th\tthere' $'cordon --interpreter=sh th\tthere' \
			$'cordon --interpreter sh th\tthere' | sort)"
	done
}

@test "a command is completed wherever it begins" {
	local shell
	for shell in "${shells[@]}"; do
		need "$shell"
		assert_offered "$shell" 'cordon trunca' truncate
		assert_offered "$shell" 'cordon -- trunca' truncate
		assert_offered "$shell" 'cordon -t 5 --leftovers=wait -q -- trunca' truncate
	done
}

@test "the arguments of a command are completed as if there was no cordon" {
	need zsh fish
	assert_offered zsh 'cordon -t 5 kill -KIL' -KILL
	assert_offered zsh 'cordon -- kill -KIL' -KILL
	assert_offered fish 'cordon -t 5 cordon --sign' --signal --signal-exit
}

@test "bash hands a command over to what completes it" {
	# shellcheck disable=SC2016 # for that shell
	run bash --norc --noprofile -c '
		source "$1"
		_command_offset() {
			echo "$1"
		}
		COMP_LINE="cordon --user=root:root -t 5 git com" COMP_POINT=${#COMP_LINE}
		COMP_WORDS=(cordon --user = root : root -t 5 git com) COMP_CWORD=9
		_cordon' bash "$SRC/completions/cordon.bash"
	assert_output 8
}

@test "bash replaces what was typed, no more and no less" {
	need expect
	cat >"$BATS_FILE_TMPDIR/type" <<-'END'
		set timeout 20
		log_user 0
		set env(INPUTRC) /dev/null
		set env(TERM) dumb
		spawn -noecho bash --norc --noprofile -i
		send {PS1='> '; source "$COMPLETION"; cordon() { printf '\074%s\076' "$@"; echo; }}
		send "\r"
		foreach line {{--leftovers=w} {-u roo} {--escalate=INT:1s,main@TERM,tree@KI} {--lefto}
				{--report=json:mine.j} {--groups=nobody,roo} {--json=mine.j}} {
			send "cordon $line\t\r"
			expect -re "\n(<\[^\r]*>)\r" { puts $expect_out(1,string) }
		}
	END
	touch mine.json
	COMPLETION=$SRC/completions/cordon.bash bounded_run expect "$BATS_FILE_TMPDIR/type"
	assert_success
	assert_output - <<-'END'
		<--leftovers=wait>
		<-u><root>
		<--escalate=INT:1s,main@TERM,tree@KILL>
		<--leftovers=>
		<--report=json:mine.json>
		<--groups=nobody,root>
		<--json=mine.json>
	END
}
