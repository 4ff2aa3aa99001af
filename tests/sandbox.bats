#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the command is kept from: new privileges, descriptors that it was not to have.

# shellcheck disable=SC2154 # $out, $err and so on are the helper's

load helper

# The descriptors that print-fds has seen.
shown_fds() {
	cut -d ' ' -f 1 "$out" | paste -s -d ' '
}

# --- descriptors -----------------------------------------------------------------------

@test "descriptors above 2 are passed on without a sandbox, and closed with --close-fds" {
	entry_options=(--open=5 --open=17)
	cordon_run -q "$VICTIM" print-fds
	assert_equal "$(shown_fds)" '0 1 2 5 17'
	cordon_run -q --close-fds --json=report.json "$VICTIM" print-fds
	assert_success
	assert_equal "$(shown_fds)" '0 1 2'
	assert_equal "$(report -c .sandbox.descriptors)" '{"closed":true,"kept":[]}'
}

@test "any other option of the sandbox closes them too" {
	entry_options=(--open=5)
	cordon_run -q --no-new-privs --json=report.json "$VICTIM" print-fds
	assert_equal "$(shown_fds)" '0 1 2'
	assert_equal "$(report .sandbox.descriptors.closed)" true
}

@test "--keep-fd keeps the descriptors that it names, in any order" {
	entry_options=(--open=4 --open=5 --open=6 --open=9)
	cordon_run -q --close-fds --keep-fd=9 --keep-fd=5 --keep-fd=4 --keep-fd=5 \
		--json=report.json "$VICTIM" print-fds
	assert_success
	assert_equal "$(shown_fds)" '0 1 2 4 5 9'
	assert_equal "$(report -c .sandbox.descriptors)" '{"closed":true,"kept":[4,5,9]}'
}

@test "--keep-fd alone closes nothing" {
	entry_options=(--open=5 --open=6)
	cordon_run -q --keep-fd=5 --json=report.json "$VICTIM" print-fds
	assert_equal "$(shown_fds)" '0 1 2 5 6'
	assert_equal "$(report -c .sandbox.descriptors)" '{"closed":false,"kept":[5]}'
}

@test "descriptors of cordon's own never reach the command" {
	local options
	while IFS= read -r options; do
		# shellcheck disable=SC2086 # words
		cordon_run $options "$VICTIM" print-fds
		assert_equal "$options: $status" "$options: 0"
		assert_equal "$options: $(shown_fds)" "$options: 0 1 2"
	done <<-'EOF'
		-q
		-q --close-fds
		-q --no-new-privs --json=a.json --report=jsonl:b.jsonl --report=human:c
		-v -t 50 --stdin=relay --stderr=relay
		-q --merge --stdin=null --no-die-with-parent
		-q --cgroup=none --cpu-time=50 --idle-timeout=50 --new-session
		-q --foreground --stderr=file --env-file=/dev/null --config=/dev/null
	EOF
}

@test "--keep-fd of a descriptor that is not open, or that a report goes to, is refused" {
	entry_options=(--open=5)
	cordon_run --keep-fd=6 touch started
	assert_equal "$status" 125
	assert_equal "${stderr%%$'\n'*}" 'cordon: --keep-fd=6: the descriptor is not open'
	cordon_run --keep-fd=5 --report=json:fd:5 touch started
	assert_equal "$status" 125
	assert_equal "${stderr%%$'\n'*}" \
		'cordon: --keep-fd=5 and --report=json:fd:5 contradict each other'
	assert_not_exists started
}

# --- new privileges --------------------------------------------------------------------

@test "--no-new-privs takes their effect from set-user-ID programs" {
	need nobody
	as_nobody true
	cp "$VICTIM" setuid
	chmod 4755 setuid
	as_nobody cordon_run -q ./setuid print-ids
	assert_equal "${stdout%%$'\n'*}" 'uid 65534 0 0'
	as_nobody cordon_run -q --no-new-privs --json="$REPORT" ./setuid print-ids
	assert_equal "${stdout%%$'\n'*}" 'uid 65534 65534 65534'
	assert_equal "$(report '.sandbox | .no_new_privs, .observed.no_new_privs')" $'true\ntrue'
}

# --- the report ------------------------------------------------------------------------

@test "the report has what the kernel says of the command, and only if an option changes it" {
	need root
	cordon_run -q --json=report.json true
	assert_equal "$(report .sandbox.observed)" null
	cordon_run -q -u +65534:+65533 --groups=+7,+9 --json=report.json true
	assert_equal "$(report -c '.sandbox.observed | .uid, .gid, .groups, .no_new_privs,
		.capabilities.effective')" "$(printf '%s\n' '[65534,65534,65534,65534]' \
		'[65533,65533,65533,65533]' '[7,9]' false 0000000000000000)"
}

@test "--dry-run says what the sandbox would be" {
	entry_options=(--open=5)
	cordon_run --no-new-privs --keep-fd=5 --dry-run touch started
	assert_success
	assert has_line "$out" 'privileges   no new ones'
	assert has_line "$out" 'descriptors  those above 2 are closed but 5'
	cordon_run --dry-run touch started
	refute grep -E '^(privileges|descriptors) ' "$out"
	assert_not_exists started
}
