# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the table of options says, for the tests of what has to agree with it: names as --help
# shows them, which is made of the table, and the words that options know from its source. All
# are sorted, one a line.

# "-t, --timeout=DURATION", in the order of --help, and the headings above them.
table_outline() {
	"$CORDON" --help | awk '
		/^DURATION is/ { exit } # the options are over
		/^[A-Z].*:$/ { sub(/:$/, ""); print }
		/^(  -.,|     ) --/ { sub(/^ +/, ""); sub(/  .*/, ""); print }'
}

# --timeout, --chdir, --cwd
table_names() {
	table_outline | grep -o -- '--[a-z0-9-]*' | sort
}

# -t
table_letters() {
	table_outline | sed -n 's/^\(-.\), .*/\1/p' | sort
}

# Those that have an argument.
table_names_with_argument() {
	table_outline | grep -- '^-.*=' | sed 's/=.*//' | grep -o -- '--[a-z0-9-]*' | sort
}

# Those whose argument can be left out, and then the next word is none.
table_names_with_optional_argument() {
	table_outline | sed -n 's/.*\(--[a-z0-9-]*\)\[=.*/\1/p' | sort
}

# "leftovers kill", "leftovers wait": an option and a word that it knows.
table_words() {
	awk '
		match($0, /\.name = "[^"]*"/) { name = substr($0, RSTART + 9, RLENGTH - 10) }
		match($0, /\.values = "[^"]*"/) {
			count = split(substr($0, RSTART + 11, RLENGTH - 12), word, " ")
			for (i = 1; i <= count; i++)
				if (word[i] !~ /^</)
					print name, word[i]
		}' "$SRC/src/optable.c" | sort
}

# table_words_of OPTION
table_words_of() {
	table_words | sed -n "s/^$1 //p"
}

# Options that know words.
table_names_with_words() {
	table_words | cut -d ' ' -f 1 | sort -u
}
