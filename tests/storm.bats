#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every byte, at any pace: storm.c plays the command and the caller, with pieces and stalls of
# random sizes, and compares each byte. A failure shows the seed; CORDON_SEED sets it, and
# CORDON_LONG has a gibibyte moved each way rather than a few mebibytes. mix.py does the same for
# streams, readers and options of every kind, with less of it.

load helper

: "${STORM:=$SRC/build/tests/storm}"

if [[ -n ${CORDON_LONG-} ]]; then
	MIB=1024 TIMES=1000 MIXTURES=600 BOUND_SECONDS=600
else
	MIB=8 TIMES=150 MIXTURES=30 BOUND_SECONDS=120
fi

# storm [-k KIND] [-r TIMES] OPTION...: cordon with the OPTIONs between caller and command.
storm() {
	local seed=${CORDON_SEED:-$((RANDOM * 32768 + RANDOM))} arguments=()
	while [[ $1 == -[kr] ]]; do
		arguments+=("$1" "$2")
		shift 2
	done
	bounded_run "$STORM" "${arguments[@]}" "$seed" "$MIB" "$CORDON" -q --stdin=relay "$@"
	[[ $status == 0 && ! -s $err ]] ||
		fail "seed $seed, options ${*-}: status $status, $(cat "$err" storm.talk)"
}

@test "every byte arrives at any pace, on all three streams at once" {
	storm
	storm -k socket
}

@test "every byte arrives at any pace where something looks at it" {
	local option
	for option in --json=report.json --log=log --output-limit=1T --line-limit=1000000000 --packets; do
		storm "$option"
	done
	storm -k socket --json=report.json --log=log
	assert_equal "$(report '.streams.stdin.bytes, .streams.stdout.bytes, .streams.stderr.bytes')" \
		"$(printf '%s\n' $((MIB << 20)) $(((MIB << 20) - 1)) $(((MIB << 20) - 2)))"
}

@test "every byte arrives of many short runs" {
	storm -r "$TIMES"
	storm -r "$TIMES" --json=report.json --log=log
}

@test "every byte is delivered, logged and counted, whatever the streams, their readers and the options are" {
	# Judging them is intricate, so only whoever wants many gets new ones.
	local seed=5000
	[[ -z ${CORDON_LONG-} ]] || seed=$RANDOM$RANDOM
	bounded_run /usr/bin/python3 "$SRC/tests/mix.py" "${CORDON_SEED:-$seed}" "$MIXTURES" "$CORDON"
	assert_equal "$stdout$stderr" ''
	assert_success
}
