# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_bursar_global_optspecs
    string join \n d/database-url= env= app= schema= color= q/quiet v/verbose no-input y/yes confirm= operator= timeout= connect-timeout= h/help V/version
end

function __fish_bursar_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_bursar_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_bursar_using_subcommand
    set -l cmd (__fish_bursar_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c bursar -n "__fish_bursar_needs_command" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_needs_command" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_needs_command" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_needs_command" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_needs_command" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_needs_command" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_needs_command" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_needs_command" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_needs_command" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_needs_command" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_needs_command" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_needs_command" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_needs_command" -s V -l version -d 'Print version'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "demo" -d 'Show what bursar does, on a private throw-away Postgres'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "sandbox" -d 'A private Postgres that stays, to try things on'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "migrate" -d 'Bring a database to the current schema, or see how it stands'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "seed" -d 'Fill an empty database with lifelike, consistent data'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "audit" -d 'Check that balances, payments, counters and jobs agree with what they were derived from'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "payments" -d 'Find a payment: by its id, the gateway\'s, the customer, the amount or the time'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "wallet" -d 'Look at one account\'s balances and entries, or correct a balance by an entry'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "refund" -d 'Refund payments: the money through its gateway, the units back from the account, exactly once'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "jobs" -d 'See how the queue stands, why a job does not run, and put jobs right'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "stats" -d 'Business figures over a window: how many, how much, how fast, and what has changed'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "inspect" -d 'Look at the health of any database: memory, tables, indexes, statements, locks, vacuum and more'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "doctor" -d 'Check what bursar works with: the connection, the role, TLS, poolers, the schema, the gateways'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "operations" -d 'The log of who did what through bursar'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "settings" -d 'Limits and protection, which are kept in the database'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "pack" -d 'What a schema means to bursar'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "man" -d 'Print the manual page'
complete -c bursar -n "__fish_bursar_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand demo" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand demo" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand demo" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand demo" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand demo" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand demo" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand demo" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand demo" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand demo" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand demo" -l keep -d 'Leave the database running afterwards, and print how to connect'
complete -c bursar -n "__fish_bursar_using_subcommand demo" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand demo" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand demo" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand demo" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -f -a "start" -d 'Start it, making it first where there is none; prints its URL'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -f -a "stop" -d 'Stop it; its data stays'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -f -a "status" -d 'Say whether it runs, and where'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -f -a "url" -d 'Print its URL'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and not __fish_seen_subcommand_from start stop status url help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -l dir -d 'Its directory [default: bursar/sandbox in your data directory]' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -l port -d 'Listen on this TCP port of 127.0.0.1 too, with a password kept in the directory' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -l dir -d 'Its directory [default: bursar/sandbox in your data directory]' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l dir -d 'Its directory [default: bursar/sandbox in your data directory]' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -l dir -d 'Its directory [default: bursar/sandbox in your data directory]' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from url" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "start" -d 'Start it, making it first where there is none; prints its URL'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "stop" -d 'Stop it; its data stays'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "status" -d 'Say whether it runs, and where'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "url" -d 'Print its URL'
complete -c bursar -n "__fish_bursar_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -f -a "new" -d 'Write an empty migration behind the last one'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -f -a "status" -d 'Show what is applied, pending, changed or missing; writes nothing'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -f -a "plan" -d 'Show the SQL that would run, what it locks, and how large that is; writes nothing'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -f -a "lint" -d 'Say what is wrong about migrations before they run; connects to nothing'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -f -a "up" -d 'Apply what is pending, each migration in a transaction of its own'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -f -a "down" -d 'Take migrations back, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -f -a "verify" -d 'Try the migrations on a scratch database, and compare its schema with this one; exit 3 where they differ'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -f -a "baseline" -d 'Adopt a database that has its tables already: record migrations as applied without running them'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -f -a "repair" -d 'Put the history right, or drop INVALID indexes; prints its SQL first'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and not __fish_seen_subcommand_from new status plan lint up down verify baseline repair help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -l source -d 'The directory of the migrations' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -l reversible -d 'Also a file that takes it back'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -l source -d 'A directory of migrations of your own, as sqlx names them [default: those of the application]' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -l only -d 'Only this set: bursar\'s own schema' -r -f -a "bursar\t''"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -l check -d 'Exit 3 when anything is pending, or keeps `migrate up` from going on'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -l source -d 'A directory of migrations of your own, as sqlx names them [default: those of the application]' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -l only -d 'Only this set: bursar\'s own schema' -r -f -a "bursar\t''"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -l source -d 'Every file of this directory [default: ./migrations]' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -l include -d 'Ask these rules of squawk\'s too, which are off by default' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -l exclude -d 'Leave these rules out' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
sarif\t'SARIF 2.1.0, for code scanning'
github\t'Annotations of a GitHub workflow'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from lint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l to -d 'The last one to apply' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l steps -d 'How many to apply at most' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l lock-wait -d 'How long to wait for another run to end' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l lock-timeout -d 'How long a statement may wait for a lock, and keep everybody behind it waiting too' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l retries -d 'How often to try again what did not get its locks in time' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l statement-timeout -d 'How long a statement may run [default: as long as it takes]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l source -d 'A directory of migrations of your own, as sqlx names them [default: those of the application]' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l only -d 'Only this set: bursar\'s own schema' -r -f -a "bursar\t''"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l migration-url -d 'The server\'s direct address, where the database is otherwise reached through a transaction pooler [env: MIGRATION_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l allow-out-of-order -d 'Also those that are older than one that is applied'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l dry-run -d 'Show what would be applied, and apply nothing'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l steps -d 'How many to take back' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l to -d 'The one that becomes the last; 0 takes all of them back' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l lock-wait -d 'How long to wait for another run to end' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l lock-timeout -d 'How long a statement may wait for a lock, and keep everybody behind it waiting too' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l retries -d 'How often to try again what did not get its locks in time' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l statement-timeout -d 'How long a statement may run [default: as long as it takes]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l source -d 'A directory of migrations of your own [default: those of the application]' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l migration-url -d 'The server\'s direct address, where the database is otherwise reached through a transaction pooler [env: MIGRATION_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l dry-run -d 'Show what would be taken back, and change nothing'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from down" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -l scratch -d 'A server on which to make the scratch database, and drop it [default: a private one]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -l source -d 'A directory of migrations of your own, as sqlx names them [default: those of the application]' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -l scratch -d 'A server on which to make the scratch database, and drop it [default: a private one]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -l source -d 'A directory of migrations of your own [default: those of the application]' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -l migration-url -d 'The server\'s direct address, where the database is otherwise reached through a transaction pooler [env: MIGRATION_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -l detect -d 'Look on a scratch database what each migration makes, and which of that is there'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -l dry-run -d 'Show what would be recorded, and record nothing'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from baseline" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l mark-applied -d 'Record a migration as applied, without running it' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l mark-reverted -d 'Record a migration as not applied, without taking it back' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l source -d 'A directory of migrations of your own, as sqlx names them [default: those of the application]' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l only -d 'Only this set: bursar\'s own schema' -r -f -a "bursar\t''"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l migration-url -d 'The server\'s direct address, where the database is otherwise reached through a transaction pooler [env: MIGRATION_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l restamp -d 'Record the checksums of the files as they are now, where only line ends differ'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l force -d 'With --restamp: also where more than line ends differs'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l drop-invalid-indexes -d 'Drop indexes that a failed CREATE INDEX CONCURRENTLY left INVALID'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l dry-run -d 'Show the SQL, and run nothing'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from repair" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from help" -f -a "new" -d 'Write an empty migration behind the last one'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show what is applied, pending, changed or missing; writes nothing'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from help" -f -a "plan" -d 'Show the SQL that would run, what it locks, and how large that is; writes nothing'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from help" -f -a "lint" -d 'Say what is wrong about migrations before they run; connects to nothing'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from help" -f -a "up" -d 'Apply what is pending, each migration in a transaction of its own'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from help" -f -a "down" -d 'Take migrations back, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Try the migrations on a scratch database, and compare its schema with this one; exit 3 where they differ'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from help" -f -a "baseline" -d 'Adopt a database that has its tables already: record migrations as applied without running them'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from help" -f -a "repair" -d 'Put the history right, or drop INVALID indexes; prints its SQL first'
complete -c bursar -n "__fish_bursar_using_subcommand migrate; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l users -d 'How many people' -r
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l seed -d 'The seed of all randomness' -r
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l days -d 'Days of history' -r
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l until -d 'The end of the history, as YYYY-MM-DD or RFC 3339 [default: today\'s midnight, UTC]' -r
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l faults -d 'Put in known inconsistencies of these kinds, or all of them, and print each as JSON' -r
complete -c bursar -n "__fish_bursar_using_subcommand seed" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand seed" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l append -d 'Add to the people that are there already'
complete -c bursar -n "__fish_bursar_using_subcommand seed" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand seed" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand seed" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand seed" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand seed" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l limit -d 'How many findings to list for each check; all are counted. 0 lists all' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l only -d 'Only these checks: ids, or what ids begin with, such as `ledger`' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l skip -d 'Not these checks' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l account -d 'Only this account' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l depth -d 'How deeply to read the ledger' -r -f -a "auto\t'Strict where that is cheap, fast otherwise; the report says which'
fast\t'Sums prove each chain whole; only accounts that fail are read in order'
strict\t'Every account is read in order'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l parallel -d 'How many connections read at the same time, on one snapshot' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l statement-timeout -d 'Let no statement take longer; a check that would is incomplete' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l verify-seal -d 'Read again what the seal with this root sealed, and nothing else; name every account that differs' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l fail-on -d 'Which findings make the audit fail' -r -f -a "error\t'Errors'
warn\t'Errors and warnings'
never\t'None: exit 0 unless something could not be read'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row: checks, findings, and the summary last'
csv\t'One row a finding, for spreadsheets'
markdown\t'A report to paste into an issue or a merge request'
junit\t'JUnit XML, a test case for each check'
github\t'Annotations of a GitHub workflow'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l report -d 'Write the report to a file too, such as junit=audit.xml; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l baseline -d 'Accept the findings that this file lists, each with a reason, an owner and its last day' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l write-baseline -d 'Write every finding into this file as a baseline, in which each still needs a reason' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l strict -d 'Short for --depth strict'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l explain -d 'Show the entries around each finding of the ledger, stored and recomputed balance side by side'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l replica -d 'Refuse a primary: the audit is for a replica, and says how far behind it is'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l since-seal -d 'Trust the newest seal, and check only what arrived after it'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l record -d 'Remember the answer in the database, for `audit history`'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -f -a "run" -d 'Run the audit, as `bursar audit` alone does'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -f -a "list" -d 'List every check of the application'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -f -a "seal" -d 'Seal the ledger: digest every account\'s entries, and print the root to keep elsewhere'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -f -a "history" -d 'List the seals and the recorded audits, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -f -a "explain" -d 'Explain a check, or one finding with the entries around it'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -f -a "repair" -d 'Repair what the ledger\'s checks found: plan it into a file, edit that, apply it'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and not __fish_seen_subcommand_from run list seal history explain repair help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l limit -d 'How many findings to list for each check; all are counted. 0 lists all' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l only -d 'Only these checks: ids, or what ids begin with, such as `ledger`' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l skip -d 'Not these checks' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l account -d 'Only this account' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l depth -d 'How deeply to read the ledger' -r -f -a "auto\t'Strict where that is cheap, fast otherwise; the report says which'
fast\t'Sums prove each chain whole; only accounts that fail are read in order'
strict\t'Every account is read in order'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l parallel -d 'How many connections read at the same time, on one snapshot' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l statement-timeout -d 'Let no statement take longer; a check that would is incomplete' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l verify-seal -d 'Read again what the seal with this root sealed, and nothing else; name every account that differs' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l fail-on -d 'Which findings make the audit fail' -r -f -a "error\t'Errors'
warn\t'Errors and warnings'
never\t'None: exit 0 unless something could not be read'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row: checks, findings, and the summary last'
csv\t'One row a finding, for spreadsheets'
markdown\t'A report to paste into an issue or a merge request'
junit\t'JUnit XML, a test case for each check'
github\t'Annotations of a GitHub workflow'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l report -d 'Write the report to a file too, such as junit=audit.xml; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l baseline -d 'Accept the findings that this file lists, each with a reason, an owner and its last day' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l write-baseline -d 'Write every finding into this file as a baseline, in which each still needs a reason' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l strict -d 'Short for --depth strict'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l explain -d 'Show the entries around each finding of the ledger, stored and recomputed balance side by side'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l replica -d 'Refuse a primary: the audit is for a replica, and says how far behind it is'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l since-seal -d 'Trust the newest seal, and check only what arrived after it'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l record -d 'Remember the answer in the database, for `audit history`'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l limit -d 'How many findings to list for each check; all are counted. 0 lists all' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l only -d 'Only these checks: ids, or what ids begin with, such as `ledger`' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l skip -d 'Not these checks' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l account -d 'Only this account' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l depth -d 'How deeply to read the ledger' -r -f -a "auto\t'Strict where that is cheap, fast otherwise; the report says which'
fast\t'Sums prove each chain whole; only accounts that fail are read in order'
strict\t'Every account is read in order'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l parallel -d 'How many connections read at the same time, on one snapshot' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l statement-timeout -d 'Let no statement take longer; a check that would is incomplete' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l verify-seal -d 'Read again what the seal with this root sealed, and nothing else; name every account that differs' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l fail-on -d 'Which findings make the audit fail' -r -f -a "error\t'Errors'
warn\t'Errors and warnings'
never\t'None: exit 0 unless something could not be read'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row: checks, findings, and the summary last'
csv\t'One row a finding, for spreadsheets'
markdown\t'A report to paste into an issue or a merge request'
junit\t'JUnit XML, a test case for each check'
github\t'Annotations of a GitHub workflow'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l report -d 'Write the report to a file too, such as junit=audit.xml; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l baseline -d 'Accept the findings that this file lists, each with a reason, an owner and its last day' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l write-baseline -d 'Write every finding into this file as a baseline, in which each still needs a reason' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l strict -d 'Short for --depth strict'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l explain -d 'Show the entries around each finding of the ledger, stored and recomputed balance side by side'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l replica -d 'Refuse a primary: the audit is for a replica, and says how far behind it is'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l since-seal -d 'Trust the newest seal, and check only what arrived after it'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l record -d 'Remember the answer in the database, for `audit history`'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l limit -d 'How many findings to list for each check; all are counted. 0 lists all' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l only -d 'Only these checks: ids, or what ids begin with, such as `ledger`' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l skip -d 'Not these checks' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l account -d 'Only this account' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l depth -d 'How deeply to read the ledger' -r -f -a "auto\t'Strict where that is cheap, fast otherwise; the report says which'
fast\t'Sums prove each chain whole; only accounts that fail are read in order'
strict\t'Every account is read in order'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l parallel -d 'How many connections read at the same time, on one snapshot' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l statement-timeout -d 'Let no statement take longer; a check that would is incomplete' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l verify-seal -d 'Read again what the seal with this root sealed, and nothing else; name every account that differs' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l fail-on -d 'Which findings make the audit fail' -r -f -a "error\t'Errors'
warn\t'Errors and warnings'
never\t'None: exit 0 unless something could not be read'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row: checks, findings, and the summary last'
csv\t'One row a finding, for spreadsheets'
markdown\t'A report to paste into an issue or a merge request'
junit\t'JUnit XML, a test case for each check'
github\t'Annotations of a GitHub workflow'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l report -d 'Write the report to a file too, such as junit=audit.xml; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l baseline -d 'Accept the findings that this file lists, each with a reason, an owner and its last day' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l write-baseline -d 'Write every finding into this file as a baseline, in which each still needs a reason' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l strict -d 'Short for --depth strict'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l explain -d 'Show the entries around each finding of the ledger, stored and recomputed balance side by side'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l replica -d 'Refuse a primary: the audit is for a replica, and says how far behind it is'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l since-seal -d 'Trust the newest seal, and check only what arrived after it'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l record -d 'Remember the answer in the database, for `audit history`'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from seal" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l limit -d 'How many findings to list for each check; all are counted. 0 lists all' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l only -d 'Only these checks: ids, or what ids begin with, such as `ledger`' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l skip -d 'Not these checks' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l account -d 'Only this account' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l depth -d 'How deeply to read the ledger' -r -f -a "auto\t'Strict where that is cheap, fast otherwise; the report says which'
fast\t'Sums prove each chain whole; only accounts that fail are read in order'
strict\t'Every account is read in order'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l parallel -d 'How many connections read at the same time, on one snapshot' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l statement-timeout -d 'Let no statement take longer; a check that would is incomplete' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l verify-seal -d 'Read again what the seal with this root sealed, and nothing else; name every account that differs' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l fail-on -d 'Which findings make the audit fail' -r -f -a "error\t'Errors'
warn\t'Errors and warnings'
never\t'None: exit 0 unless something could not be read'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row: checks, findings, and the summary last'
csv\t'One row a finding, for spreadsheets'
markdown\t'A report to paste into an issue or a merge request'
junit\t'JUnit XML, a test case for each check'
github\t'Annotations of a GitHub workflow'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l report -d 'Write the report to a file too, such as junit=audit.xml; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l baseline -d 'Accept the findings that this file lists, each with a reason, an owner and its last day' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l write-baseline -d 'Write every finding into this file as a baseline, in which each still needs a reason' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l strict -d 'Short for --depth strict'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l explain -d 'Show the entries around each finding of the ledger, stored and recomputed balance side by side'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l replica -d 'Refuse a primary: the audit is for a replica, and says how far behind it is'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l since-seal -d 'Trust the newest seal, and check only what arrived after it'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l record -d 'Remember the answer in the database, for `audit history`'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l limit -d 'How many findings to list for each check; all are counted. 0 lists all' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l only -d 'Only these checks: ids, or what ids begin with, such as `ledger`' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l skip -d 'Not these checks' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l account -d 'Only this account' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l depth -d 'How deeply to read the ledger' -r -f -a "auto\t'Strict where that is cheap, fast otherwise; the report says which'
fast\t'Sums prove each chain whole; only accounts that fail are read in order'
strict\t'Every account is read in order'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l parallel -d 'How many connections read at the same time, on one snapshot' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l statement-timeout -d 'Let no statement take longer; a check that would is incomplete' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l verify-seal -d 'Read again what the seal with this root sealed, and nothing else; name every account that differs' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l fail-on -d 'Which findings make the audit fail' -r -f -a "error\t'Errors'
warn\t'Errors and warnings'
never\t'None: exit 0 unless something could not be read'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row: checks, findings, and the summary last'
csv\t'One row a finding, for spreadsheets'
markdown\t'A report to paste into an issue or a merge request'
junit\t'JUnit XML, a test case for each check'
github\t'Annotations of a GitHub workflow'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l report -d 'Write the report to a file too, such as junit=audit.xml; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l baseline -d 'Accept the findings that this file lists, each with a reason, an owner and its last day' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l write-baseline -d 'Write every finding into this file as a baseline, in which each still needs a reason' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l strict -d 'Short for --depth strict'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l explain -d 'Show the entries around each finding of the ledger, stored and recomputed balance side by side'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l replica -d 'Refuse a primary: the audit is for a replica, and says how far behind it is'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l since-seal -d 'Trust the newest seal, and check only what arrived after it'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l record -d 'Remember the answer in the database, for `audit history`'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l plan -d 'Write what may be done into this new file; changes nothing' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l apply -d 'Do what this file says' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l limit -d 'How many findings to list for each check; all are counted. 0 lists all' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l only -d 'Only these checks: ids, or what ids begin with, such as `ledger`' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l skip -d 'Not these checks' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l account -d 'Only this account' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l depth -d 'How deeply to read the ledger' -r -f -a "auto\t'Strict where that is cheap, fast otherwise; the report says which'
fast\t'Sums prove each chain whole; only accounts that fail are read in order'
strict\t'Every account is read in order'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l parallel -d 'How many connections read at the same time, on one snapshot' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l statement-timeout -d 'Let no statement take longer; a check that would is incomplete' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l verify-seal -d 'Read again what the seal with this root sealed, and nothing else; name every account that differs' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l fail-on -d 'Which findings make the audit fail' -r -f -a "error\t'Errors'
warn\t'Errors and warnings'
never\t'None: exit 0 unless something could not be read'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row: checks, findings, and the summary last'
csv\t'One row a finding, for spreadsheets'
markdown\t'A report to paste into an issue or a merge request'
junit\t'JUnit XML, a test case for each check'
github\t'Annotations of a GitHub workflow'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l report -d 'Write the report to a file too, such as junit=audit.xml; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l baseline -d 'Accept the findings that this file lists, each with a reason, an owner and its last day' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l write-baseline -d 'Write every finding into this file as a baseline, in which each still needs a reason' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l dry-run -d 'Only say what would be done'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l strict -d 'Short for --depth strict'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l explain -d 'Show the entries around each finding of the ledger, stored and recomputed balance side by side'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l replica -d 'Refuse a primary: the audit is for a replica, and says how far behind it is'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l since-seal -d 'Trust the newest seal, and check only what arrived after it'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l record -d 'Remember the answer in the database, for `audit history`'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from repair" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "run" -d 'Run the audit, as `bursar audit` alone does'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "list" -d 'List every check of the application'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "seal" -d 'Seal the ledger: digest every account\'s entries, and print the root to keep elsewhere'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "history" -d 'List the seals and the recorded audits, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Explain a check, or one finding with the entries around it'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "repair" -d 'Repair what the ledger\'s checks found: plan it into a file, edit that, apply it'
complete -c bursar -n "__fish_bursar_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -f -a "list" -d 'List payments, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -f -a "show" -d 'Show everything about one payment: the customer, what it granted, its entries and refunds'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and not __fish_seen_subcommand_from list show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l search -d 'Only those with this in the customer\'s name or address, the id or the gateway\'s, in any case' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l status -d 'Only those of this status, in the application\'s words' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l since -d 'Only those from this time on, as YYYY-MM-DD or RFC 3339' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l until -d 'Only those before this time' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l min -d 'Only those of this amount or more, in whole units of --currency' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l max -d 'Only those of this amount or less, in whole units of --currency' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l currency -d 'Only those in this currency, such as THB' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l account -d 'Only those of this account' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l limit -d 'How many to list. 0 lists all' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l cursor -d 'Go on where an earlier list was cut, as that said' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l refundable -d 'Only those that may be refunded, as far as their status says'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from help" -f -a "list" -d 'List payments, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show everything about one payment: the customer, what it granted, its entries and refunds'
complete -c bursar -n "__fish_bursar_using_subcommand payments; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -f -a "show" -d 'Show the balances of an account beside what its entries sum to'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -f -a "history" -d 'List the entries of an account, newest first, with the stored balance beside the recomputed one'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -f -a "adjust" -d 'Correct a balance by an entry, with a reason'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and not __fish_seen_subcommand_from show history adjust help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -l unit -d 'Only the entries in this unit' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -l limit -d 'How many to list. 0 lists all' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -l before -d 'Only the entries older than this one' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -l reason -d 'Why; it is kept in the operator log, and in the entry where that has room for it' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -l dry-run -d 'Only say what would be done'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from adjust" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the balances of an account beside what its entries sum to'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from help" -f -a "history" -d 'List the entries of an account, newest first, with the stored balance beside the recomputed one'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from help" -f -a "adjust" -d 'Correct a balance by an entry, with a reason'
complete -c bursar -n "__fish_bursar_using_subcommand wallet; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l amount -d 'How much, in whole units of the payment\'s currency, as 50.00 [default: all that is left]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l reason -d 'Why [default: requested_by_customer]' -r -f -a "requested_by_customer\t'The customer asked for it'
duplicate\t'It was paid twice'
fraudulent\t'Somebody else paid with the customer\'s card'
other\t'Something else'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l note -d 'Why, in words' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l if-spent -d 'What to do where units that the payment bought were spent [default: refuse]' -r -f -a "refuse\t'Say what is missing, and do nothing'
cap\t'Take what is there, and write the rest off'
keep\t'Take nothing'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l gateway -d 'The gateway: stripe, paypal, or record-only for money that was moved elsewhere [default: the payment\'s]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l gateway-ref -d 'With record-only: the reference of the refund that was made elsewhere' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l idempotency-key -d 'Your own key: the same request under the same key is the same refund' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l again -d 'It is to be another refund of an amount that was refunded before'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l dry-run -d 'Only say what would be done'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -f -a "create" -d 'Refund one payment, or a part of it'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -f -a "list" -d 'List refunds, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -f -a "show" -d 'Show one refund with every step that it made'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -f -a "resume" -d 'Finish refunds that did not come to an end'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -f -a "approve" -d 'Let a refund go on that awaits a second person; you must be another login than asked for it'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -f -a "reject" -d 'Turn a refund down that awaits a second person'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -f -a "sync" -d 'Bring in refunds and lost disputes that were made at the gateway'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -f -a "batch" -d 'Refund every line of a CSV file: payment,amount,reason,note'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and not __fish_seen_subcommand_from create list show resume approve reject sync batch help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l amount -d 'How much, in whole units of the payment\'s currency, as 50.00 [default: all that is left]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l reason -d 'Why [default: requested_by_customer]' -r -f -a "requested_by_customer\t'The customer asked for it'
duplicate\t'It was paid twice'
fraudulent\t'Somebody else paid with the customer\'s card'
other\t'Something else'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l note -d 'Why, in words' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l if-spent -d 'What to do where units that the payment bought were spent [default: refuse]' -r -f -a "refuse\t'Say what is missing, and do nothing'
cap\t'Take what is there, and write the rest off'
keep\t'Take nothing'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l gateway -d 'The gateway: stripe, paypal, or record-only for money that was moved elsewhere [default: the payment\'s]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l gateway-ref -d 'With record-only: the reference of the refund that was made elsewhere' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l idempotency-key -d 'Your own key: the same request under the same key is the same refund' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l again -d 'It is to be another refund of an amount that was refunded before'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l dry-run -d 'Only say what would be done'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l state -d 'Only those in these states' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l payment -d 'Only those of this payment' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l account -d 'Only those of this account' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l since -d 'Only those that were asked for since then, as YYYY-MM-DD or RFC 3339' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l limit -d 'How many to list. 0 lists all' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l cursor -d 'Go on where an earlier list was cut, as that said' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l open -d 'Only those that have not come to an end'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -l recheck -d 'Look at refunds of so many days again that did: a bank may have returned the money' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -l dry-run -d 'Only say what would be done'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from approve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -l reason -d 'Why' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from reject" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -l days -d 'Look at payments of so many days' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -l payment -d 'Look at this payment only' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -l dry-run -d 'Only say what would be done'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l results -d 'Write what came of each line here [default: FILE with .results.csv at its end]' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l max-failures -d 'Stop after so many failures' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l rate -d 'Begin at most so many a second' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l parallel -d 'How many at the same time' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l if-spent -d 'What to do where units that a payment bought were spent' -r -f -a "refuse\t'Say what is missing, and do nothing'
cap\t'Take what is there, and write the rest off'
keep\t'Take nothing'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l gateway -d 'The gateway of all of them [default: each payment\'s]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l dry-run -d 'Only say what would be done'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from batch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from help" -f -a "create" -d 'Refund one payment, or a part of it'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from help" -f -a "list" -d 'List refunds, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one refund with every step that it made'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from help" -f -a "resume" -d 'Finish refunds that did not come to an end'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from help" -f -a "approve" -d 'Let a refund go on that awaits a second person; you must be another login than asked for it'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from help" -f -a "reject" -d 'Turn a refund down that awaits a second person'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from help" -f -a "sync" -d 'Bring in refunds and lost disputes that were made at the gateway'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from help" -f -a "batch" -d 'Refund every line of a CSV file: payment,amount,reason,note'
complete -c bursar -n "__fish_bursar_using_subcommand refund; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l status -d 'Only those of these statuses, in the application\'s words, or queued, running, failed, done, dead' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l type -d 'Only those of these kinds' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l worker -d 'Only those that this worker has or had' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l error -d 'Only those whose last error matches, as \'~timeout|refused\', or is of a group of triage\'s, as err:1f09ab2' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l payload -d 'Only those with this value in the payload, as user.plan=gold; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l attempts -d 'Only those that were tried so often, as 3, \'>=3\' or \'<2\'' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l older-than -d 'Only those that were added longer ago, as 2h or 30d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l since -d 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l until -d 'Only those added before this time, as YYYY-MM-DD or RFC 3339' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l limit -d 'How many to list. 0 lists all' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l cursor -d 'Go on where an earlier list was cut, as that said' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -f -a "list" -d 'List jobs, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -f -a "count" -d 'Count jobs by status'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -f -a "show" -d 'Show everything about one job: its attempts as a timeline, what it was asked to do, and what came of it'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -f -a "why" -d 'Say in a sentence why a job is not running'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -f -a "triage" -d 'Group failures by what went wrong, with a handle for each group'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -f -a "retry" -d 'Queue jobs again that failed'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -f -a "cancel" -d 'Give jobs up that have not run yet'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -f -a "delete" -d 'Delete jobs, with their attempts; those that are running are left alone'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -f -a "purge" -d 'Delete old jobs that have ended, and write them into a file first'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -f -a "stuck" -d 'List the jobs that are past their lease: their worker is gone'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -f -a "workers" -d 'Show who works, on how much, and how fast'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -f -a "latency" -d 'Show how long jobs wait and run, as percentiles and a histogram'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -f -a "throughput" -d 'Show how many jobs come and go, minute by minute'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and not __fish_seen_subcommand_from list count show why triage retry cancel delete purge stuck workers latency throughput help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l status -d 'Only those of these statuses, in the application\'s words, or queued, running, failed, done, dead' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l type -d 'Only those of these kinds' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l worker -d 'Only those that this worker has or had' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l error -d 'Only those whose last error matches, as \'~timeout|refused\', or is of a group of triage\'s, as err:1f09ab2' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l payload -d 'Only those with this value in the payload, as user.plan=gold; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l attempts -d 'Only those that were tried so often, as 3, \'>=3\' or \'<2\'' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l older-than -d 'Only those that were added longer ago, as 2h or 30d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l since -d 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l until -d 'Only those added before this time, as YYYY-MM-DD or RFC 3339' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l limit -d 'How many to list. 0 lists all' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l cursor -d 'Go on where an earlier list was cut, as that said' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l status -d 'Only those of these statuses, in the application\'s words, or queued, running, failed, done, dead' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l type -d 'Only those of these kinds' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l worker -d 'Only those that this worker has or had' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l error -d 'Only those whose last error matches, as \'~timeout|refused\', or is of a group of triage\'s, as err:1f09ab2' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l payload -d 'Only those with this value in the payload, as user.plan=gold; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l attempts -d 'Only those that were tried so often, as 3, \'>=3\' or \'<2\'' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l older-than -d 'Only those that were added longer ago, as 2h or 30d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l since -d 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l until -d 'Only those added before this time, as YYYY-MM-DD or RFC 3339' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l exact -d 'Count them all, however many, and however long it takes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from count" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -l redact -d 'Leave out what people wrote: the values of payload and result, and the details of errors'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l status -d 'Only those of these statuses, in the application\'s words, or queued, running, failed, done, dead' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l type -d 'Only those of these kinds' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l worker -d 'Only those that this worker has or had' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l error -d 'Only those whose last error matches, as \'~timeout|refused\', or is of a group of triage\'s, as err:1f09ab2' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l payload -d 'Only those with this value in the payload, as user.plan=gold; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l attempts -d 'Only those that were tried so often, as 3, \'>=3\' or \'<2\'' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l older-than -d 'Only those that were added longer ago, as 2h or 30d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l since -d 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l until -d 'Only those added before this time, as YYYY-MM-DD or RFC 3339' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l limit -d 'How many groups to show. 0 shows all' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from triage" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l status -d 'Only those of these statuses, in the application\'s words, or queued, running, failed, done, dead' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l type -d 'Only those of these kinds' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l worker -d 'Only those that this worker has or had' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l error -d 'Only those whose last error matches, as \'~timeout|refused\', or is of a group of triage\'s, as err:1f09ab2' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l payload -d 'Only those with this value in the payload, as user.plan=gold; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l attempts -d 'Only those that were tried so often, as 3, \'>=3\' or \'<2\'' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l older-than -d 'Only those that were added longer ago, as 2h or 30d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l since -d 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l until -d 'Only those added before this time, as YYYY-MM-DD or RFC 3339' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l max -d 'At most so many, the oldest first' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l batch -d 'How many at a time, each time in a transaction of its own' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l rate -d 'No faster than this, as 50/s or 300/m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l canary -d 'Retry so many first, and the rest when these have ended' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l abort-above -d 'Stop where more of the first failed again' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l canary-wait -d 'How long the first may take to end' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l reason -d 'Why, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l all -d 'Every job to which that can be done'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l dry-run -d 'Only say what would be done'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l status -d 'Only those of these statuses, in the application\'s words, or queued, running, failed, done, dead' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l type -d 'Only those of these kinds' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l worker -d 'Only those that this worker has or had' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l error -d 'Only those whose last error matches, as \'~timeout|refused\', or is of a group of triage\'s, as err:1f09ab2' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l payload -d 'Only those with this value in the payload, as user.plan=gold; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l attempts -d 'Only those that were tried so often, as 3, \'>=3\' or \'<2\'' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l older-than -d 'Only those that were added longer ago, as 2h or 30d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l since -d 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l until -d 'Only those added before this time, as YYYY-MM-DD or RFC 3339' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l max -d 'At most so many, the oldest first' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l batch -d 'How many at a time, each time in a transaction of its own' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l rate -d 'No faster than this, as 50/s or 300/m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l reason -d 'Why; it is kept with the job and in the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l all -d 'Every job to which that can be done'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l dry-run -d 'Only say what would be done'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l status -d 'Only those of these statuses, in the application\'s words, or queued, running, failed, done, dead' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l type -d 'Only those of these kinds' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l worker -d 'Only those that this worker has or had' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l error -d 'Only those whose last error matches, as \'~timeout|refused\', or is of a group of triage\'s, as err:1f09ab2' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l payload -d 'Only those with this value in the payload, as user.plan=gold; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l attempts -d 'Only those that were tried so often, as 3, \'>=3\' or \'<2\'' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l older-than -d 'Only those that were added longer ago, as 2h or 30d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l since -d 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l until -d 'Only those added before this time, as YYYY-MM-DD or RFC 3339' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l max -d 'At most so many, the oldest first' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l batch -d 'How many at a time, each time in a transaction of its own' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l rate -d 'No faster than this, as 50/s or 300/m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l reason -d 'Why, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l all -d 'Every job to which that can be done'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l dry-run -d 'Only say what would be done'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l status -d 'Only those of these statuses, in the application\'s words, or queued, running, failed, done, dead' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l type -d 'Only those of these kinds' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l worker -d 'Only those that this worker has or had' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l error -d 'Only those whose last error matches, as \'~timeout|refused\', or is of a group of triage\'s, as err:1f09ab2' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l payload -d 'Only those with this value in the payload, as user.plan=gold; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l attempts -d 'Only those that were tried so often, as 3, \'>=3\' or \'<2\'' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l older-than -d 'Only those that were added longer ago, as 2h or 30d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l since -d 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l until -d 'Only those added before this time, as YYYY-MM-DD or RFC 3339' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l max -d 'At most so many, the oldest first' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l batch -d 'How many at a time, each time in a transaction of its own' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l rate -d 'No faster than this, as 50/s or 300/m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l export -d 'The file to write them into; there must be none of that name' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l reason -d 'Why, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l all -d 'Every job to which that can be done'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l dry-run -d 'Only say what would be done'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from purge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l status -d 'Only those of these statuses, in the application\'s words, or queued, running, failed, done, dead' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l type -d 'Only those of these kinds' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l worker -d 'Only those that this worker has or had' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l error -d 'Only those whose last error matches, as \'~timeout|refused\', or is of a group of triage\'s, as err:1f09ab2' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l payload -d 'Only those with this value in the payload, as user.plan=gold; may be given several times' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l attempts -d 'Only those that were tried so often, as 3, \'>=3\' or \'<2\'' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l older-than -d 'Only those that were added longer ago, as 2h or 30d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l since -d 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l until -d 'Only those added before this time, as YYYY-MM-DD or RFC 3339' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l max -d 'At most so many, the oldest first' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l batch -d 'How many at a time, each time in a transaction of its own' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l rate -d 'No faster than this, as 50/s or 300/m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l limit -d 'How many to list. 0 lists all' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l all -d 'Every job to which that can be done'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l dry-run -d 'Only say what would be done'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l release -d 'Put them back, so that another worker takes them'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from stuck" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -l since -d 'What they did since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from workers" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -l since -d 'Of the jobs that ended since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -l type -d 'Only jobs of these kinds' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from latency" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -l since -d 'How far back to go' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -l step -d 'How long a step is, in whole minutes' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -l type -d 'Only jobs of these kinds' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from throughput" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "list" -d 'List jobs, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "count" -d 'Count jobs by status'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show everything about one job: its attempts as a timeline, what it was asked to do, and what came of it'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "why" -d 'Say in a sentence why a job is not running'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "triage" -d 'Group failures by what went wrong, with a handle for each group'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "retry" -d 'Queue jobs again that failed'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "cancel" -d 'Give jobs up that have not run yet'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete jobs, with their attempts; those that are running are left alone'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "purge" -d 'Delete old jobs that have ended, and write them into a file first'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "stuck" -d 'List the jobs that are past their lease: their worker is gone'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "workers" -d 'Show who works, on how much, and how fast'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "latency" -d 'Show how long jobs wait and run, as percentiles and a histogram'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "throughput" -d 'Show how many jobs come and go, minute by minute'
complete -c bursar -n "__fish_bursar_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l since -d 'Begin so long before the end, as 30d, 12w, 6months or 24h, or at a date; days and more are those of the calendar' -r
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l from -d 'Begin at this date or time, as 2026-10-01 or 2026-10-01T12:00:00Z' -r
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l to -d 'End before this date or time [default: now]' -r
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l by -d 'How long a bucket is' -r -f -a "day\t'A day'
week\t'A week, from Monday'
month\t'A month'"
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l tz -d 'The time zone of dates, days, weeks and months' -r
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l compare -d 'What to compare with: the window of the same length right before, or nothing' -r -f -a "previous\t'The window of the same length right before'
none\t'Nothing'"
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l limit -d 'How many metrics of a topic to show in tables and pages; 0 for all' -r
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l html -d 'Write a page with charts to this file too, complete in itself' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand stats" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a metric'
csv\t'One line a figure, for spreadsheets'
prometheus\t'Text exposition format, for node_exporter\'s textfile collector'"
complete -c bursar -n "__fish_bursar_using_subcommand stats" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand stats" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand stats" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand stats" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand stats" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -l fail-on -d 'Exit 3 where a check is as bad as this; with --diff, where something has become so' -r -f -a "warn\t'Worth a look, or wrong'
fail\t'Wrong'"
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -l long -d 'How long a statement, an idle transaction, a wait for a lock or a replica\'s lag may be' -r
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -l limit -d 'How many rows of a check to show; 0 for all' -r
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -l snapshot -d 'Write everything that was found to this file, as JSON, to compare with later' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -l diff -d 'Show what is otherwise than in this file, which --snapshot wrote' -r -F
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -f -a "list" -d 'List what was done, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -f -a "verify" -d 'Verify the log\'s hash chain, and print its head to keep elsewhere'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and not __fish_seen_subcommand_from list verify help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -l limit -d 'How many to show. 0 shows all' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -l since -d 'Only those since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -l command -d 'Only those of this command, and of its subcommands' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -l by -d 'Only those of this operator, operating-system user or database role' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -l before -d 'Only those before this one, as the end of a cut list says' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'
ndjson\t'One object a row'
csv\t'One line a row, for spreadsheets'"
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -l head -d 'A head that was kept: is it in the chain, and where' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -l limit -d 'How many findings to list; all are counted. 0 lists all' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from help" -f -a "list" -d 'List what was done, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Verify the log\'s hash chain, and print its head to keep elsewhere'
complete -c bursar -n "__fish_bursar_using_subcommand operations; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -f -a "list" -d 'Show each setting, what it means, and who set it'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -f -a "set" -d 'Set one, as the owner of bursar\'s schema'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and not __fish_seen_subcommand_from list set help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -l dry-run -d 'Only say what would be done'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show each setting, what it means, and who set it'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from help" -f -a "set" -d 'Set one, as the owner of bursar\'s schema'
complete -c bursar -n "__fish_bursar_using_subcommand settings; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -f -a "new" -d 'Draft a pack for the connected database, from its tables, types and foreign keys'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -f -a "check" -d 'Verify every query of a pack against the connected database; exit 3 when one does not fit'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -f -a "show" -d 'Show what a pack claims, and what it lacks'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and not __fish_seen_subcommand_from new check show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from new" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from new" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from new" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from new" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from new" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from new" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from new" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from new" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from new" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from new" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from new" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from new" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from new" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -s o -l output -d 'How to write the result' -r -f -a "table\t'For people'
json\t'One object'"
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from help" -f -a "new" -d 'Draft a pack for the connected database, from its tables, types and foreign keys'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from help" -f -a "check" -d 'Verify every query of a pack against the connected database; exit 3 when one does not fit'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show what a pack claims, and what it lacks'
complete -c bursar -n "__fish_bursar_using_subcommand pack; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand completions" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand completions" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand completions" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand completions" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand completions" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand completions" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand completions" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand completions" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand completions" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand completions" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand completions" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand completions" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand man" -s d -l database-url -d 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]' -r
complete -c bursar -n "__fish_bursar_using_subcommand man" -l env -d 'A named environment from bursar.toml' -r
complete -c bursar -n "__fish_bursar_using_subcommand man" -l app -d 'The application: a built-in pack\'s name, or the folder of a pack [default: detected]' -r
complete -c bursar -n "__fish_bursar_using_subcommand man" -l schema -d 'The schema that the application\'s tables live in [default: as the pack says]' -r
complete -c bursar -n "__fish_bursar_using_subcommand man" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c bursar -n "__fish_bursar_using_subcommand man" -l confirm -d 'Agree to a write to a protected database, by its name' -r
complete -c bursar -n "__fish_bursar_using_subcommand man" -l operator -d 'Who is doing this, for the operator log' -r
complete -c bursar -n "__fish_bursar_using_subcommand man" -l timeout -d 'Give up when the whole command takes longer, as 90s or 5m' -r
complete -c bursar -n "__fish_bursar_using_subcommand man" -l connect-timeout -d 'Give up when a connection takes longer to open' -r
complete -c bursar -n "__fish_bursar_using_subcommand man" -s q -l quiet -d 'Say only what matters: no notes, no progress'
complete -c bursar -n "__fish_bursar_using_subcommand man" -s v -l verbose -d 'Say more'
complete -c bursar -n "__fish_bursar_using_subcommand man" -l no-input -d 'Never ask; a write then needs --yes'
complete -c bursar -n "__fish_bursar_using_subcommand man" -s y -l yes -d 'Agree to the write that is announced'
complete -c bursar -n "__fish_bursar_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "demo" -d 'Show what bursar does, on a private throw-away Postgres'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "sandbox" -d 'A private Postgres that stays, to try things on'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "migrate" -d 'Bring a database to the current schema, or see how it stands'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "seed" -d 'Fill an empty database with lifelike, consistent data'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "audit" -d 'Check that balances, payments, counters and jobs agree with what they were derived from'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "payments" -d 'Find a payment: by its id, the gateway\'s, the customer, the amount or the time'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "wallet" -d 'Look at one account\'s balances and entries, or correct a balance by an entry'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "refund" -d 'Refund payments: the money through its gateway, the units back from the account, exactly once'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "jobs" -d 'See how the queue stands, why a job does not run, and put jobs right'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "stats" -d 'Business figures over a window: how many, how much, how fast, and what has changed'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "inspect" -d 'Look at the health of any database: memory, tables, indexes, statements, locks, vacuum and more'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "doctor" -d 'Check what bursar works with: the connection, the role, TLS, poolers, the schema, the gateways'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "operations" -d 'The log of who did what through bursar'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "settings" -d 'Limits and protection, which are kept in the database'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "pack" -d 'What a schema means to bursar'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "completions" -d 'Print a completion script for a shell'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "man" -d 'Print the manual page'
complete -c bursar -n "__fish_bursar_using_subcommand help; and not __fish_seen_subcommand_from demo sandbox migrate seed audit payments wallet refund jobs stats inspect doctor operations settings pack completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "start" -d 'Start it, making it first where there is none; prints its URL'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "stop" -d 'Stop it; its data stays'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "status" -d 'Say whether it runs, and where'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "url" -d 'Print its URL'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from migrate" -f -a "new" -d 'Write an empty migration behind the last one'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from migrate" -f -a "status" -d 'Show what is applied, pending, changed or missing; writes nothing'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from migrate" -f -a "plan" -d 'Show the SQL that would run, what it locks, and how large that is; writes nothing'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from migrate" -f -a "lint" -d 'Say what is wrong about migrations before they run; connects to nothing'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from migrate" -f -a "up" -d 'Apply what is pending, each migration in a transaction of its own'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from migrate" -f -a "down" -d 'Take migrations back, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from migrate" -f -a "verify" -d 'Try the migrations on a scratch database, and compare its schema with this one; exit 3 where they differ'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from migrate" -f -a "baseline" -d 'Adopt a database that has its tables already: record migrations as applied without running them'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from migrate" -f -a "repair" -d 'Put the history right, or drop INVALID indexes; prints its SQL first'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "run" -d 'Run the audit, as `bursar audit` alone does'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "list" -d 'List every check of the application'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "seal" -d 'Seal the ledger: digest every account\'s entries, and print the root to keep elsewhere'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "history" -d 'List the seals and the recorded audits, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "explain" -d 'Explain a check, or one finding with the entries around it'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "repair" -d 'Repair what the ledger\'s checks found: plan it into a file, edit that, apply it'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from payments" -f -a "list" -d 'List payments, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from payments" -f -a "show" -d 'Show everything about one payment: the customer, what it granted, its entries and refunds'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from wallet" -f -a "show" -d 'Show the balances of an account beside what its entries sum to'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from wallet" -f -a "history" -d 'List the entries of an account, newest first, with the stored balance beside the recomputed one'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from wallet" -f -a "adjust" -d 'Correct a balance by an entry, with a reason'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from refund" -f -a "create" -d 'Refund one payment, or a part of it'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from refund" -f -a "list" -d 'List refunds, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from refund" -f -a "show" -d 'Show one refund with every step that it made'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from refund" -f -a "resume" -d 'Finish refunds that did not come to an end'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from refund" -f -a "approve" -d 'Let a refund go on that awaits a second person; you must be another login than asked for it'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from refund" -f -a "reject" -d 'Turn a refund down that awaits a second person'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from refund" -f -a "sync" -d 'Bring in refunds and lost disputes that were made at the gateway'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from refund" -f -a "batch" -d 'Refund every line of a CSV file: payment,amount,reason,note'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "list" -d 'List jobs, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "count" -d 'Count jobs by status'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "show" -d 'Show everything about one job: its attempts as a timeline, what it was asked to do, and what came of it'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "why" -d 'Say in a sentence why a job is not running'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "triage" -d 'Group failures by what went wrong, with a handle for each group'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "retry" -d 'Queue jobs again that failed'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "cancel" -d 'Give jobs up that have not run yet'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "delete" -d 'Delete jobs, with their attempts; those that are running are left alone'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "purge" -d 'Delete old jobs that have ended, and write them into a file first'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "stuck" -d 'List the jobs that are past their lease: their worker is gone'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "workers" -d 'Show who works, on how much, and how fast'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "latency" -d 'Show how long jobs wait and run, as percentiles and a histogram'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "throughput" -d 'Show how many jobs come and go, minute by minute'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from operations" -f -a "list" -d 'List what was done, newest first'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from operations" -f -a "verify" -d 'Verify the log\'s hash chain, and print its head to keep elsewhere'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from settings" -f -a "list" -d 'Show each setting, what it means, and who set it'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from settings" -f -a "set" -d 'Set one, as the owner of bursar\'s schema'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from pack" -f -a "new" -d 'Draft a pack for the connected database, from its tables, types and foreign keys'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from pack" -f -a "check" -d 'Verify every query of a pack against the connected database; exit 3 when one does not fit'
complete -c bursar -n "__fish_bursar_using_subcommand help; and __fish_seen_subcommand_from pack" -f -a "show" -d 'Show what a pack claims, and what it lacks'
