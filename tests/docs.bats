#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The manual and the README: that they agree with --help, the schema of reports and the code, and
# that every example in them does what it shows. The completions are in completions.bats.

# shellcheck disable=SC2154 # $out, $err and so on are the helper's

load helper
load options

MAN=$SRC/man/cordon.1
SCHEMA=$SRC/src/report/report.schema.json

# man_section NAME: the source of a section.
man_section() {
	awk -v heading=".Sh $1" '/^\.Sh / { on = $0 == heading } on' "$MAN"
}

# marked MACRO: the words that the mdoc source on stdin marks with MACRO, one a line.
marked() {
	awk -v macro="$1" '
		/\\$/ { sub(/\\$/, ""); held = held $0; next }
		{ $0 = held $0; held = "" }
		/^\.[A-Z]/ {
			on = 0
			sub(/^\./, "")
			for (i = 1; i <= NF; i++) {
				if ($i == macro)
					on = 1
				else if ($i ~ /^[A-Z][a-z]$/ || $i == "|")
					on = 0
				else if (on && $i !~ /^[,.:;()]$/)
					print $i
			}
		}'
}

# --- the form of the manual ------------------------------------------------------------

@test "the manual is good mdoc" {
	need mandoc
	run mandoc -T lint -W warning "$MAN"
	assert_output ''
	assert_success
}

@test "the manual has a date, and is of this version" {
	run grep -c -e '^\.Dd ' -e '^\.Dt ' -e '^\.Os ' "$MAN"
	assert_output 3
	[[ $(sed -n 's/^\.Dd //p' "$MAN") =~ ^[A-Z][a-z]+\ [0-9]{1,2},\ [0-9]{4}$ ]]
	date -d "$(sed -n 's/^\.Dd //p' "$MAN")" >/dev/null
	assert_equal "$(sed -n 's/^\.Dt //p' "$MAN")" 'CORDON 1'
	assert_equal "$(sed -n 's/^\.Os //p' "$MAN")" "$("$CORDON" --version | head -n 1)"
}

@test "the manual has the sections that a reader looks for" {
	local section
	for section in NAME SYNOPSIS DESCRIPTION OPTIONS ARGUMENTS ENVIRONMENT FILES 'EXIT STATUS' \
		REPORT CONTAINMENT CGROUPS STREAMS TERMINALS 'TIMEOUT(1) COMPATIBILITY' EXAMPLES \
		DIAGNOSTICS 'SEE ALSO' 'SECURITY CONSIDERATIONS'; do
		assert grep -qxF ".Sh $section" "$MAN"
	done
}

# --- options ---------------------------------------------------------------------------

@test "the table of options is read here as --help has it" {
	assert [ "$(table_names | wc -l)" -gt 40 ]
	assert_equal "$(grep -oE '\.(name|alias) = "[^"]+"' "$SRC/src/optable.c" |
		sed 's/.*"\(.*\)"/--\1/' | sort)" "$(table_names)"
}

@test "the manual has the options of --help, with their arguments, in the same groups and order" {
	need mandoc
	# as it is shown: sections have three blanks before them, and options five
	mandoc -T ascii -O width=1000 "$MAN" | col -bx |
		awk '/^[A-Z]/ { on = /^OPTIONS/; next } on && /^(   [A-Z]|     -)/' |
		sed 's/^ *//; s/   .*//' | tr '[:upper:]' '[:lower:]' >manual
	table_outline | tr '[:upper:]' '[:lower:]' >help
	run diff -u help manual
	assert_output ''
}

@test "the manual has the words that options know, and no others" {
	man_section OPTIONS | awk '
		/^\.It Fl / {
			name = $0
			sub(/^[^-]*-/, "", name)
			sub(/ .*/, "", name)
		}
		{ print > ("of-" (name == "" ? "none" : name)) }'
	local file name
	for file in of-*; do
		name=${file#of-}
		assert_equal "$name: $(marked Cm <"$file" | sort -u)" \
			"$name: $(table_words_of "$name" | sed 's/:$//')"
	done
	assert [ -e of-leftovers ]
	assert [ -e of-version ]
}

@test "a word that an option does not know is refused with those that it does" {
	local name
	for name in leftovers signal-exit; do
		cordon_run "--$name=none-of-them" true
		assert_equal "$status" 125
		assert_equal "$(sed -n '1s/.*not one of: //p' "$err" | tr ' ' '\n' | sort)" \
			"$(table_words_of "$name")"
	done
}

@test "the options that --help and the manual call repeatable are the same" {
	"$CORDON" --help | awk '/can be repeated:$/ { on = 1; next } on && /^$/ { exit } on' |
		grep -o -- '--[a-z-]*' | sort >help
	man_section OPTIONS | awk '
		/^\.It Fl / {
			name = $0
			sub(/^[^-]*-/, "--", name)
			sub(/ .*/, "", name)
		}
		/Repeatable/ { print name }' | sort >manual
	run diff -u help manual
	assert_output ''
}

@test "the manual names every resource that has a limit" {
	sed -n 's/^\t\[RLIMIT_[A-Z]*\] = {"\([a-z]*\)".*/\1/p' "$SRC/src/rlimits.c" | sort >known
	sed -n 's/^\t\[RLIMIT_[A-Z]*\] = {"\([a-z]*\)", true.*/\1/p' "$SRC/src/rlimits.c" |
		sort >known-bytes
	assert [ "$(wc -l <known)" -eq 16 ]
	man_section OPTIONS | sed -n '/^\.It Fl -rlimit/,/^\.El/p' >text
	sed '/^\.Pq/d' text | marked Li | sort >manual
	grep '^\.Pq' text | marked Li | sort >manual-bytes
	run diff -u known manual
	assert_output ''
	run diff -u known-bytes manual-bytes
	assert_output ''
}

@test "the manual has the options of timeout, and they are what it takes" {
	man_section 'TIMEOUT(1) COMPATIBILITY' | grep '^\.It Fl' | grep -oE -- 'Fl -?[a-z-]+' |
		sed 's/Fl -/--/; s/Fl /-/' | sort >manual
	ln -s "$CORDON" timeout
	./timeout --help | grep -oE -- '^  (-[a-z], |    )--[a-z-]+' | tr -d ', ' |
		sed -E 's/^(-[a-z])--/\1\n--/' | sort >help
	run diff -u help manual
	assert_output ''
	assert [ "$(wc -l <help)" -eq 12 ]
}

# --- exit statuses, the report ---------------------------------------------------------

@test "the exit statuses of the code are in the manual and in --help" {
	local code
	for code in $(sed -n 's/^\tSTATUS_[A-Z_]* = \([0-9]*\),*.*/\1/p' "$SRC/src/outcome.h") 137; do
		if ((code == 128)); then
			assert grep -qF '128 + its number' <(man_section 'EXIT STATUS')
		else
			assert grep -qx "\.It $code" <(man_section 'EXIT STATUS')
		fi
		if ((code > 123 && code != 128)); then
			assert grep -qE "^  $code  " <("$CORDON" --help)
		fi
	done
}

@test "the manual documents every key of a report, and none that is not there" {
	need jq
	# NAME stands for the streams, the pressures, and whatever the user may call something
	jq -r '
		. as $root |
		def keys_of($prefix):
			(if has("$ref") then .["$ref"][8:] as $name | $root["$defs"][$name] else . end) |
			if has("properties") then
				.properties | to_entries[] | .key as $key |
					.value | keys_of($prefix + "." + $key)
			elif (.additionalProperties | type) == "object" then
				.additionalProperties | keys_of($prefix + ".NAME")
			elif has("items") then
				.items | keys_of($prefix + "[]")
			else
				$prefix
			end;
		keys_of("") | .[1:]' "$SCHEMA" |
		sed -E 's/^streams\.std[a-z]+\./streams.NAME./
			s/^cgroup\.pressure\.[a-z]+\./cgroup.pressure.NAME./
			s/^sources\..*/sources.NAME/' | sort -u >schema
	assert [ "$(wc -l <schema)" -gt 80 ]
	man_section REPORT | grep '^\.It Va \|^Va ' | marked Va | sort >manual
	run diff -u schema manual
	assert_output ''
}

@test "the manual names every figure that has a source" {
	need jq
	jq -r '.properties.sources.required[]' "$SCHEMA" | sort >schema
	man_section REPORT | sed -n '/^\.It Va sources/,/^\.El/p' | sed 1d | marked Va |
		sort >manual
	run diff -u schema manual
	assert_output ''
}

@test "the words of a report are those of the schema" {
	need jq
	jq -r '[.. | .enum? // empty] | add | unique[] | select(. != null)' "$SCHEMA" >schema
	man_section REPORT | awk '
		/^\.It Va/ { on = /Va (reason|streams.NAME.mode|kill|leftovers\[\])/ }
		on && !/^stdin/' | marked Cm | grep -v '^std' | sort -u >manual
	assert [ "$(wc -l <manual)" -gt 15 ]
	run grep -vxFf schema manual
	assert_output ''
	# the reasons of this version, all of them
	sed -n '/^const char \*outcome_reason_name/,/^}/s/.*return "\(.*\)";/\1/p' \
		"$SRC/src/outcome.c" | sort >reasons
	assert [ -s reasons ]
	man_section REPORT | sed -n '/^\.It Va reason/,/^\.It Va exit_code/p' | marked Cm |
		sort >manual-reasons
	run diff -u reasons manual-reasons
	assert_output ''
}

# --- examples --------------------------------------------------------------------------

# take_examples DIRECTORY: the literal displays of a manual on stdin, or with README=yes the
# ```console and ```ini blocks of Markdown: N.session for each that is one, N.needs with what it
# needs; and files/NAME. cordon.1 begins with what its comments mean.
take_examples() {
	mkdir -p "$1/files"
	awk -v directory="$1" -v readme="${README:-}" '
		function begin() {
			count++
			target = directory "/" (file ? "files/" file : count ".session")
			print needs > (directory "/" count ".needs")
			file = needs = ""
		}
		readme && match($0, /^<!-- (needs|file) .* -->$/) { $0 = ".\\\" " $2 " " $3 }
		/^\.\\" needs / { needs = $3; next }
		/^\.\\" file / { file = $3; next }
		readme ? /^```(console|ini)$/ : /^\.Bd -literal/ { begin(); next }
		readme ? /^```$/ : /^\.Ed/ { target = ""; next }
		!target { next }
		!readme {
			# roff: what stands for "-", single quotes, a middle dot, nothing, a backslash
			gsub(/\\-/, "-")
			gsub(/\\\(aq/, "\047")
			gsub(/\\\(pc/, "\302\267")
			gsub(/\\&/, "")
			gsub(/\\e/, "\001")
			if (/^\.[A-Z]/ || /\\/) {
				print "not understood: " $0 > "/dev/stderr"
				exit 1
			}
			gsub("\001", "\\")
		}
		{ print > target }'
}

# What a session types, as a script that says before each command which it is.
session_script() {
	cat <<-'END'
		mark() {
			mark_status=$?
			echo "@@ $1"
			return "$mark_status"
		}
	END
	awk '/^\$ / { print "mark " ++n; print substr($0, 3) } /^> / { print substr($0, 3) }' "$1"
}

# What it shows, with the same marks.
session_output() {
	awk '/^\$ / { print "@@ " ++n; next } !/^> /' "$1"
}

# Figures are different each time.
without_figures() {
	sed -E 's/\b[0-9]+(\.[0-9]+)?(us|ms|s|m[0-9]{2}s)\b/TIME/g
		s/\b[0-9]+(\.[0-9]+)? (B|KiB|MiB|GiB)\b/SIZE/g
		s/\([0-9]+%\)/(PERCENT)/g
		s/^  [0-9]+ [A-Z] cpu TIME · SIZE( · in [a-z0-9_.]+)?: /  PROCESS: /
		s/cordon-[0-9]+-[0-9a-f]+/cordon-RUN/g
		s/\b(pid +|by |process )[0-9]+/\1PID/g
		s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+[+-][0-9:]+/DATE/g'
}

# run_session SESSION: it has to write what it shows.
run_session() {
	local expected actual
	session_script "$1" >"$1.sh"
	rm -rf session
	mkdir session
	cp "${1%/*}/files/"* session 2>/dev/null || true
	# shellcheck disable=SC2016 # for that shell
	bounded_run env --chdir=session PATH="$BATS_TEST_TMPDIR/bin:$PATH" sh -c 'exec sh "$1" 2>&1' \
		sh "$1.sh"
	expected=$(session_output "$1" | without_figures)
	actual=$(without_figures <"$out")
	# "..." is anything, and nothing else in a pattern is special
	expected=$(sed 's/[][\\*?()|+@!]/\\&/g; s/\.\.\./*/g' <<<"$expected")
	# shellcheck disable=SC2053 # a pattern
	if [[ $actual != $expected ]]; then
		diff -u --label "what is shown" <(session_output "$1") --label "what happens" "$out" >&2
		return 1
	fi
}

# run_sessions NEEDS: those that need just that, of all that is in examples/.
run_sessions() {
	local session count=0
	mkdir bin
	ln -s "$CORDON" bin/cordon
	for session in "$BATS_TEST_TMPDIR"/examples/*.session; do
		if [[ $(<"${session%.session}.needs") == "$1" ]]; then
			run_session "$session" || return
			count=$((count + 1))
		fi
	done
	assert [ "$count" -gt 0 ]
}

@test "every literal display of the manual is an example that is run, or a file of theirs" {
	take_examples examples <"$MAN"
	assert_equal "$(grep -c '^\.B[dl] .*-literal\|^\.Dl\|^\.D1' "$MAN")" \
		"$(find examples -name '*.session' -o -path '*/files/*' | wc -l)"
	run grep -L '^\$ ' examples/*.session
	assert_output ''
	# and whatever it needs is run by a test below
	assert_equal "$(cat examples/*.needs | sort -u | tr '\n' ' ')" ' jq root '
}

@test "the examples of the manual do what they show" {
	take_examples examples <"$MAN"
	run_sessions ''
}

@test "the examples of the manual that read reports do what they show" {
	need jq
	take_examples examples <"$MAN"
	run_sessions jq
}

@test "the examples of the manual for root do what they show" {
	need root
	take_examples examples <"$MAN"
	run_sessions root
}

@test "an example that does not do what it shows is found" {
	printf '%s\n' '.Bd -literal' '$ echo one; echo two' one three .Ed | take_examples examples
	run run_sessions ''
	assert_failure
	assert_line '-three'
	assert_line '+two'
}

@test "the README begins with the two commands that are all that is needed" {
	run head -n 2 "$SRC/README.md"
	assert_line -n 0 --regexp '^    \./quickstart run '
	assert_line -n 1 --regexp '^    \./quickstart check '
}

@test "the examples of the README do what they show" {
	need jq
	README=yes take_examples examples <"$SRC/README.md"
	run_sessions ''
}

@test "what the README says is where it is, is there" {
	local path
	# shellcheck disable=SC2016 # Markdown's quotes
	for path in $(grep -oE '`(\./)?(src|man|tests|completions)/[a-z./_]*`' "$SRC/README.md" |
		tr -d '`'); do
		assert_exists "$SRC/$path"
	done
}

@test "SECURITY.md names every option of the sandbox, no other, and files that are there" {
	local path
	# shellcheck disable=SC2016 # Markdown's quotes
	for path in $(grep -oE '`(src|tests)/[a-z./_]*`' "$SRC/SECURITY.md" | tr -d '`'); do
		assert_exists "$SRC/$path"
	done
	table_outline | awk '/^[A-Z]/ { on = /^Sandbox/ } on' | grep -o -- '--[a-z-]*' | sort >sandbox
	assert [ "$(wc -l <sandbox)" -gt 10 ]
	grep -oE -- '--[a-z][a-z-]+' "$SRC/SECURITY.md" | sort -u >named
	run comm -23 sandbox named
	assert_output ''
	table_names | sort >all
	run comm -23 named all
	assert_output ''
}
