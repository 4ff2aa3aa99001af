# SPDX-License-Identifier: MIT
#
# Completion of cordon(1) for fish.

# The words of the command before the cursor's, one a line. Status: 0 if the cursor's word belongs
# to the command, 1 if it is an option or the argument of one.
function __cordon_command
    set -l words (commandline -opc)
    set -e words[1]
    set -l with_argument timeout signal kill-after escalate cpu-time idle-timeout on-timeout \
        chdir cwd chroot env setenv env-file unset-env argv0 interpreter user groups umask nice \
        oom-score-adj cores rlimit cgroup memory memory-high swap pids cpus cpu-weight io-weight \
        cgroup-set leftovers sandbox hide cap-drop cap-keep read write exec bind-port connect-port \
        seccomp keep-fd stdin stdout stderr drain tail report title tag run-id signal-exit \
        ok config profile pty-size
    set -a with_argument log prefix output-limit line-limit
    while set -q words[1]
        set -l word $words[1]
        switch $word
            case --
                set -e words[1]
                break
            case '-?*'
                set -e words[1]
                # of short options the first that takes an argument takes all that is behind it
                if contains -- (string replace -r '^--' '' -- $word) $with_argument
                    or string match -qr '^-[^-tskCEum]*[tskCEum]$' -- $word
                    set -q words[1]
                    or return 1
                    set -e words[1]
                end
            case '*'
                break
        end
    end
    if set -q words[1]
        printf '%s\n' $words
    else
        not string match -q -- '-*' (commandline -ct)
    end
end

function __cordon_complete_command
    set -l words (__cordon_command)
    or return
    if not set -q words[1]
        and string match -q -- '--interpreter*' (commandline -opc)
        __fish_complete_path (commandline -ct)
    else
        complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
    end
end

function __cordon_has_command
    set -l words (__cordon_command)
    set -q words[1]
end

function __cordon_signals
    for name in (kill -l | string split -n ' ')
        string replace -r '^SIG' '' -- $name
    end
end

# [main@|tree@]SIGNAL[:DURATION],...
function __cordon_escalate
    set -l before (string match -r '^.*,' -- (commandline -ct | string replace -r '^--escalate=' ''))
    printf '%s\n' $before{main@,tree@,}(__cordon_signals)
end

function __cordon_directories
    __fish_complete_directories (commandline -ct | string replace -r '^--[a-z]*=' '') ''
end

function __cordon_user
    set -l user (string match -r '^[^:]*:' -- (commandline -ct | string replace -r '^--user=' ''))
    if set -q user[1]
        printf '%s\n' $user(__fish_complete_groups)
    else
        __fish_complete_users
    end
end

function __cordon_groups
    set -l before (string match -r '^.*,' -- (commandline -ct | string replace -r '^--groups=' ''))
    set -q before[1]
    or set before ''
    printf '%s\n' $before(__fish_complete_groups)
end

function __cordon_cores
    set -l before (string match -r '^.*[,-]' -- (commandline -ct | string replace -r '^--cores=' ''))
    set -q before[1]
    or set before ''
    printf '%s\n' $before(seq 0 (math (nproc --all) - 1))
end

function __cordon_capabilities
    set -l before (string match -r '^.*,' -- (commandline -ct | string replace -r '^--cap-keep=' ''))
    set -q before[1]
    or set before ''
    printf '%s\n' $before{audit_control,audit_read,audit_write,block_suspend,bpf,checkpoint_restore,chown,\
        dac_override,dac_read_search,fowner,fsetid,ipc_lock,ipc_owner,kill,lease,\
        linux_immutable,mac_admin,mac_override,mknod,net_admin,net_bind_service,\
        net_broadcast,net_raw,perfmon,setfcap,setgid,setpcap,setuid,syslog,sys_admin,\
        sys_boot,sys_chroot,sys_module,sys_nice,sys_pacct,sys_ptrace,sys_rawio,\
        sys_resource,sys_time,sys_tty_config,wake_alarm}
end

function __cordon_report
    set -l word (commandline -ct | string replace -r '^--report=' '')
    set -l format (string match -r '^(?:human|json|jsonl):' -- $word)
    if set -q format[1]
        printf '%s\n' $format(__fish_complete_path (string replace -- $format '' $word))
    else
        printf '%s\n' human: json: jsonl:
        __fish_complete_path $word
    end
end

complete -c cordon -f -a '(__cordon_complete_command)'

set -l option complete -c cordon -n 'not __cordon_has_command'

# Time
$option -s t -l timeout -x -d 'wall-clock limit'
$option -s s -l signal -x -a '(__cordon_signals)' -d 'first signal when a limit is hit'
$option -s k -l kill-after -x -d 'KILL this long after the first signal'
$option -l escalate -x -a '(__cordon_escalate)' -d 'the whole ladder of signals'
$option -l cpu-time -x -d 'limit on the CPU time of all processes together'
$option -l idle-timeout -x -d 'limit on the time without a byte of output'
$option -l on-timeout -x -a '(__fish_complete_command)' -d 'run by sh -c before a limit\'s first signal'

# Where and as whom
$option -s C -l chdir -l cwd -x -a '(__cordon_directories)' -d 'working directory'
$option -l chroot -x -a '(__cordon_directories)' -d 'new root directory'
$option -s E -l env -l setenv -x -a '(set -nx)' -d 'set a variable'
$option -l env-file -r -F -d 'set variables from a file'
$option -s i -l clear-env -d 'start from an empty environment'
$option -l unset-env -x -a '(set -nx)' -d 'remove a variable'
$option -l argv0 -x -d 'what the command gets as its own name'
$option -l shell -d 'the command is a text for sh -c'
$option -l interpreter -x -a '(__fish_complete_command)' -d 'the command is a script for this program'
$option -s u -l user -x -a '(__cordon_user)' -d 'run as this user'
$option -l groups -x -a '(__cordon_groups)' -d 'supplementary groups'
$option -l umask -x -d 'file mode creation mask'
$option -l nice -x -d 'add to the niceness'
$option -l oom-score-adj -x -d 'for the out-of-memory killer'
$option -l cores -x -a '(__cordon_cores)' -d 'processors to run on'
$option -l rlimit -x -d 'resource limit of each process' \
    -a '{as,core,cpu,data,fsize,locks,memlock,msgqueue,nice,nofile,nproc,rss,rtprio,rttime,sigpending,stack}='

# Containment
$option -l cgroup -x -a 'auto none' -d 'cgroup of the run'
$option -l require-cgroup -d 'no cgroup, no run'
$option -s m -l memory -x -d 'memory of all processes together'
$option -l memory-high -x -d 'memory above which they are slowed down'
$option -l swap -x -d 'swap space of all processes together'
$option -l pids -x -d 'number of processes and threads'
$option -l cpus -x -d 'processors\' worth of CPU time'
$option -l cpu-weight -x -d 'share of the CPU against others'
$option -l io-weight -x -d 'share of the disks against others'
$option -l cgroup-set -x -d 'write to any other file of the cgroup' \
    -a '{cpu.idle,cpu.max.burst,cpuset.cpus,cpuset.mems,io.latency,io.max,memory.low,memory.min,memory.zswap.max}='
$option -l best-effort -d 'a limit that cannot be enforced is a warning'
$option -l leftovers -x -a 'kill wait leave' -d 'what becomes of processes that outlive the command'
$option -l fail-on-leftovers -d 'exit with 1 if a successful command left any'
$option -s f -l foreground -d 'stay in cordon\'s process group'
$option -l new-group -d 'a process group of its own'
$option -l new-session -d 'a session of its own'
$option -l no-die-with-parent -d 'let the command live on if cordon is killed'

# Sandbox
$option -l sandbox -x -a ci -d 'several of the options below'
$option -l private-tmp -d 'a new, empty /tmp, /var/tmp and /dev/shm'
$option -l hide -r -F -d 'an empty directory or file in the place of this one'
$option -l pid-ns -d 'processes outside of the run can be neither seen nor signalled'
$option -l no-net -d 'no network but a loopback device'
$option -l cap-drop -x -a all -d 'take these capabilities'
$option -l cap-keep -x -a '(__cordon_capabilities)' -d 'take all but these'
$option -l no-new-privs -d 'nothing that is executed can give more rights'
$option -l read -r -F -d 'allow to read this and what is beneath it'
$option -l write -r -F -d 'likewise to read, change, create and remove'
$option -l exec -r -F -d 'likewise to read and execute'
$option -l bind-port -x -d 'allow to bind to this TCP port'
$option -l connect-port -x -d 'allow to connect to this TCP port'
$option -l seccomp -r -F -a default -d 'filter of system calls'
$option -l explain-denied -d 'say which rule most likely made the command fail'
$option -l close-fds -d 'close inherited descriptors above 2'
$option -l keep-fd -x -d 'but not this one'

# Standard input and output
$option -l stdin -r -F -a 'inherit null relay' -d 'where standard input is from'
$option -l stdout -r -F -a 'auto inherit relay null' -d 'where standard output goes'
$option -l stderr -r -F -a 'auto inherit relay null' -d 'where standard error goes'
$option -l append -d 'add to the files of --stdout, --stderr and --log'
$option -l merge -d 'send standard error where standard output goes'
$option -l pty -d 'give the command a terminal of its own'
$option -l pty-size -x -d 'the size of that terminal'
$option -l drain -x -d 'how long to wait for one more byte from a pipe that is held'
$option -l tail -x -d 'last lines of each stream in the report'
$option -l log -r -F -d 'copy both streams to a file, with times'
$option -l log-optional -d 'run without the log if it cannot be opened'
$option -l timestamps -d 'put the time before each relayed line'
complete -c cordon -n 'string match -q -- "--timestamps=*" (commandline -ct)' -l timestamps -x -a 'abs rel'
$option -l prefix -x -d 'put a text before each relayed line'
$option -l output-limit -x -d 'end the run after this much output'
$option -l line-limit -x -d 'end the run after so many lines of output'
$option -l packets -d 'relay each write of up to 4 KiB by itself'

# Report
$option -s q -l quiet -d 'no summary'
$option -s v -l verbose -d 'the full summary, and each signal that is sent'
$option -l report -x -a '(__cordon_report)' -d 'write a report'
$option -s j -d 'write a report in JSON to standard error'
$option -l json -d 'write a report in JSON'
# its argument can be left out, and then the next word is none
complete -c cordon -n 'string match -q -- "--json=*" (commandline -ct)' -l json -r -F
$option -l progress -d 'a live line on standard error'
complete -c cordon -n 'string match -q -- "--progress=*" (commandline -ct)' -l progress -x \
    -a 'auto always never'
$option -l title -x -d 'title of the report'
$option -l tag -x -d 'put a tag into the report'
$option -l run-id -x -d 'id of the run in the report'
$option -l export-run-id -d 'give the id to the command as CORDON_RUN_ID'

# Exit status
$option -s p -l preserve-status -d 'the command\'s own status even on a timeout'
$option -l signal-exit -x -a 'raise code' -d 'for a command that a signal ended'
$option -l ok -x -d 'treat this exit code as 0'

# Other
$option -l dry-run -d 'print what would be done and start nothing'
$option -l config -r -F -d 'preset options from a file'
$option -l profile -x -d 'take this section of that file too'
$option -s h -l help -d 'show the options'
$option -s V -l version -d 'show the version'
