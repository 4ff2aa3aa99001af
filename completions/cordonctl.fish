# SPDX-License-Identifier: MIT
#
# Completion of cordonctl(1) for fish.

complete -c cordonctl -f

set -l none 'not __fish_seen_subcommand_from doctor cgroup-init'
complete -c cordonctl -n $none -a doctor -d 'say what this host allows, what is missing, what would help'
complete -c cordonctl -n $none -a cgroup-init -d 'prepare a cgroup directory for cordon, as root, once'
complete -c cordonctl -n $none -s h -l help -d 'show the verbs'
complete -c cordonctl -n $none -s V -l version -d 'show the version'

set -l doctor '__fish_seen_subcommand_from doctor'
complete -c cordonctl -n $doctor -l json -d 'one JSON object instead of a table'
complete -c cordonctl -n $doctor -s h -l help -d 'show the options'

set -l cgroup_init '__fish_seen_subcommand_from cgroup-init'
complete -c cordonctl -n $cgroup_init -l name -x -d 'name below the cgroup2 mount'
complete -c cordonctl -n $cgroup_init -l owner -x -a '(__fish_complete_users)' -d 'who may make runs in it'
complete -c cordonctl -n $cgroup_init -l group -x -a '(__fish_complete_groups)' -d 'whose members may, too'
complete -c cordonctl -n $cgroup_init -s h -l help -d 'show the options'
