
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'bursar' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'bursar'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'bursar' {
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Show what bursar does, on a private throw-away Postgres')
            [CompletionResult]::new('sandbox', 'sandbox', [CompletionResultType]::ParameterValue, 'A private Postgres that stays, to try things on')
            [CompletionResult]::new('migrate', 'migrate', [CompletionResultType]::ParameterValue, 'Bring a database to the current schema, or see how it stands')
            [CompletionResult]::new('seed', 'seed', [CompletionResultType]::ParameterValue, 'Fill an empty database with lifelike, consistent data')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Check that balances, payments, counters and jobs agree with what they were derived from')
            [CompletionResult]::new('payments', 'payments', [CompletionResultType]::ParameterValue, 'Find a payment: by its id, the gateway''s, the customer, the amount or the time')
            [CompletionResult]::new('wallet', 'wallet', [CompletionResultType]::ParameterValue, 'Look at one account''s balances and entries, or correct a balance by an entry')
            [CompletionResult]::new('refund', 'refund', [CompletionResultType]::ParameterValue, 'Refund payments: the money through its gateway, the units back from the account, exactly once')
            [CompletionResult]::new('jobs', 'jobs', [CompletionResultType]::ParameterValue, 'See how the queue stands, why a job does not run, and put jobs right')
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Business figures over a window: how many, how much, how fast, and what has changed')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Look at the health of any database: memory, tables, indexes, statements, locks, vacuum and more')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check what bursar works with: the connection, the role, TLS, poolers, the schema, the gateways')
            [CompletionResult]::new('operations', 'operations', [CompletionResultType]::ParameterValue, 'The log of who did what through bursar')
            [CompletionResult]::new('settings', 'settings', [CompletionResultType]::ParameterValue, 'Limits and protection, which are kept in the database')
            [CompletionResult]::new('pack', 'pack', [CompletionResultType]::ParameterValue, 'What a schema means to bursar')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;demo' {
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Leave the database running afterwards, and print how to connect')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;sandbox' {
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Start it, making it first where there is none; prints its URL')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop it; its data stays')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Say whether it runs, and where')
            [CompletionResult]::new('url', 'url', [CompletionResultType]::ParameterValue, 'Print its URL')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;sandbox;start' {
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Its directory [default: bursar/sandbox in your data directory]')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Listen on this TCP port of 127.0.0.1 too, with a password kept in the directory')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;sandbox;stop' {
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Its directory [default: bursar/sandbox in your data directory]')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;sandbox;status' {
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Its directory [default: bursar/sandbox in your data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;sandbox;url' {
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Its directory [default: bursar/sandbox in your data directory]')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;sandbox;help' {
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Start it, making it first where there is none; prints its URL')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop it; its data stays')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Say whether it runs, and where')
            [CompletionResult]::new('url', 'url', [CompletionResultType]::ParameterValue, 'Print its URL')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;sandbox;help;start' {
            break
        }
        'bursar;sandbox;help;stop' {
            break
        }
        'bursar;sandbox;help;status' {
            break
        }
        'bursar;sandbox;help;url' {
            break
        }
        'bursar;sandbox;help;help' {
            break
        }
        'bursar;migrate' {
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('new', 'new', [CompletionResultType]::ParameterValue, 'Write an empty migration behind the last one')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show what is applied, pending, changed or missing; writes nothing')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show the SQL that would run, what it locks, and how large that is; writes nothing')
            [CompletionResult]::new('lint', 'lint', [CompletionResultType]::ParameterValue, 'Say what is wrong about migrations before they run; connects to nothing')
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Apply what is pending, each migration in a transaction of its own')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Take migrations back, newest first')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Try the migrations on a scratch database, and compare its schema with this one; exit 3 where they differ')
            [CompletionResult]::new('baseline', 'baseline', [CompletionResultType]::ParameterValue, 'Adopt a database that has its tables already: record migrations as applied without running them')
            [CompletionResult]::new('repair', 'repair', [CompletionResultType]::ParameterValue, 'Put the history right, or drop INVALID indexes; prints its SQL first')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;migrate;new' {
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'The directory of the migrations')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--reversible', '--reversible', [CompletionResultType]::ParameterName, 'Also a file that takes it back')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;migrate;status' {
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'A directory of migrations of your own, as sqlx names them [default: those of the application]')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only this set: bursar''s own schema')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Exit 3 when anything is pending, or keeps `migrate up` from going on')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;migrate;plan' {
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'A directory of migrations of your own, as sqlx names them [default: those of the application]')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only this set: bursar''s own schema')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;migrate;lint' {
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Every file of this directory [default: ./migrations]')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Ask these rules of squawk''s too, which are off by default')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Leave these rules out')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;migrate;up' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The last one to apply')
            [CompletionResult]::new('--steps', '--steps', [CompletionResultType]::ParameterName, 'How many to apply at most')
            [CompletionResult]::new('--lock-wait', '--lock-wait', [CompletionResultType]::ParameterName, 'How long to wait for another run to end')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'How long a statement may wait for a lock, and keep everybody behind it waiting too')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'How often to try again what did not get its locks in time')
            [CompletionResult]::new('--statement-timeout', '--statement-timeout', [CompletionResultType]::ParameterName, 'How long a statement may run [default: as long as it takes]')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'A directory of migrations of your own, as sqlx names them [default: those of the application]')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only this set: bursar''s own schema')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--migration-url', '--migration-url', [CompletionResultType]::ParameterName, 'The server''s direct address, where the database is otherwise reached through a transaction pooler [env: MIGRATION_URL]')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--allow-out-of-order', '--allow-out-of-order', [CompletionResultType]::ParameterName, 'Also those that are older than one that is applied')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be applied, and apply nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;migrate;down' {
            [CompletionResult]::new('--steps', '--steps', [CompletionResultType]::ParameterName, 'How many to take back')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The one that becomes the last; 0 takes all of them back')
            [CompletionResult]::new('--lock-wait', '--lock-wait', [CompletionResultType]::ParameterName, 'How long to wait for another run to end')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'How long a statement may wait for a lock, and keep everybody behind it waiting too')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'How often to try again what did not get its locks in time')
            [CompletionResult]::new('--statement-timeout', '--statement-timeout', [CompletionResultType]::ParameterName, 'How long a statement may run [default: as long as it takes]')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'A directory of migrations of your own [default: those of the application]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--migration-url', '--migration-url', [CompletionResultType]::ParameterName, 'The server''s direct address, where the database is otherwise reached through a transaction pooler [env: MIGRATION_URL]')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be taken back, and change nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;migrate;verify' {
            [CompletionResult]::new('--scratch', '--scratch', [CompletionResultType]::ParameterName, 'A server on which to make the scratch database, and drop it [default: a private one]')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'A directory of migrations of your own, as sqlx names them [default: those of the application]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;migrate;baseline' {
            [CompletionResult]::new('--scratch', '--scratch', [CompletionResultType]::ParameterName, 'A server on which to make the scratch database, and drop it [default: a private one]')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'A directory of migrations of your own [default: those of the application]')
            [CompletionResult]::new('--migration-url', '--migration-url', [CompletionResultType]::ParameterName, 'The server''s direct address, where the database is otherwise reached through a transaction pooler [env: MIGRATION_URL]')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--detect', '--detect', [CompletionResultType]::ParameterName, 'Look on a scratch database what each migration makes, and which of that is there')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be recorded, and record nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;migrate;repair' {
            [CompletionResult]::new('--mark-applied', '--mark-applied', [CompletionResultType]::ParameterName, 'Record a migration as applied, without running it')
            [CompletionResult]::new('--mark-reverted', '--mark-reverted', [CompletionResultType]::ParameterName, 'Record a migration as not applied, without taking it back')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'A directory of migrations of your own, as sqlx names them [default: those of the application]')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only this set: bursar''s own schema')
            [CompletionResult]::new('--migration-url', '--migration-url', [CompletionResultType]::ParameterName, 'The server''s direct address, where the database is otherwise reached through a transaction pooler [env: MIGRATION_URL]')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--restamp', '--restamp', [CompletionResultType]::ParameterName, 'Record the checksums of the files as they are now, where only line ends differ')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'With --restamp: also where more than line ends differs')
            [CompletionResult]::new('--drop-invalid-indexes', '--drop-invalid-indexes', [CompletionResultType]::ParameterName, 'Drop indexes that a failed CREATE INDEX CONCURRENTLY left INVALID')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show the SQL, and run nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;migrate;help' {
            [CompletionResult]::new('new', 'new', [CompletionResultType]::ParameterValue, 'Write an empty migration behind the last one')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show what is applied, pending, changed or missing; writes nothing')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show the SQL that would run, what it locks, and how large that is; writes nothing')
            [CompletionResult]::new('lint', 'lint', [CompletionResultType]::ParameterValue, 'Say what is wrong about migrations before they run; connects to nothing')
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Apply what is pending, each migration in a transaction of its own')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Take migrations back, newest first')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Try the migrations on a scratch database, and compare its schema with this one; exit 3 where they differ')
            [CompletionResult]::new('baseline', 'baseline', [CompletionResultType]::ParameterValue, 'Adopt a database that has its tables already: record migrations as applied without running them')
            [CompletionResult]::new('repair', 'repair', [CompletionResultType]::ParameterValue, 'Put the history right, or drop INVALID indexes; prints its SQL first')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;migrate;help;new' {
            break
        }
        'bursar;migrate;help;status' {
            break
        }
        'bursar;migrate;help;plan' {
            break
        }
        'bursar;migrate;help;lint' {
            break
        }
        'bursar;migrate;help;up' {
            break
        }
        'bursar;migrate;help;down' {
            break
        }
        'bursar;migrate;help;verify' {
            break
        }
        'bursar;migrate;help;baseline' {
            break
        }
        'bursar;migrate;help;repair' {
            break
        }
        'bursar;migrate;help;help' {
            break
        }
        'bursar;seed' {
            [CompletionResult]::new('--users', '--users', [CompletionResultType]::ParameterName, 'How many people')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'The seed of all randomness')
            [CompletionResult]::new('--days', '--days', [CompletionResultType]::ParameterName, 'Days of history')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'The end of the history, as YYYY-MM-DD or RFC 3339 [default: today''s midnight, UTC]')
            [CompletionResult]::new('--faults', '--faults', [CompletionResultType]::ParameterName, 'Put in known inconsistencies of these kinds, or all of them, and print each as JSON')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--append', '--append', [CompletionResultType]::ParameterName, 'Add to the people that are there already')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;audit' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many findings to list for each check; all are counted. 0 lists all')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only these checks: ids, or what ids begin with, such as `ledger`')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Not these checks')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Only this account')
            [CompletionResult]::new('--depth', '--depth', [CompletionResultType]::ParameterName, 'How deeply to read the ledger')
            [CompletionResult]::new('--parallel', '--parallel', [CompletionResultType]::ParameterName, 'How many connections read at the same time, on one snapshot')
            [CompletionResult]::new('--statement-timeout', '--statement-timeout', [CompletionResultType]::ParameterName, 'Let no statement take longer; a check that would is incomplete')
            [CompletionResult]::new('--verify-seal', '--verify-seal', [CompletionResultType]::ParameterName, 'Read again what the seal with this root sealed, and nothing else; name every account that differs')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Which findings make the audit fail')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report to a file too, such as junit=audit.xml; may be given several times')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Accept the findings that this file lists, each with a reason, an owner and its last day')
            [CompletionResult]::new('--write-baseline', '--write-baseline', [CompletionResultType]::ParameterName, 'Write every finding into this file as a baseline, in which each still needs a reason')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Short for --depth strict')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Show the entries around each finding of the ledger, stored and recomputed balance side by side')
            [CompletionResult]::new('--replica', '--replica', [CompletionResultType]::ParameterName, 'Refuse a primary: the audit is for a replica, and says how far behind it is')
            [CompletionResult]::new('--since-seal', '--since-seal', [CompletionResultType]::ParameterName, 'Trust the newest seal, and check only what arrived after it')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Remember the answer in the database, for `audit history`')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Run the audit, as `bursar audit` alone does')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List every check of the application')
            [CompletionResult]::new('seal', 'seal', [CompletionResultType]::ParameterValue, 'Seal the ledger: digest every account''s entries, and print the root to keep elsewhere')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'List the seals and the recorded audits, newest first')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a check, or one finding with the entries around it')
            [CompletionResult]::new('repair', 'repair', [CompletionResultType]::ParameterValue, 'Repair what the ledger''s checks found: plan it into a file, edit that, apply it')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;audit;run' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many findings to list for each check; all are counted. 0 lists all')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only these checks: ids, or what ids begin with, such as `ledger`')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Not these checks')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Only this account')
            [CompletionResult]::new('--depth', '--depth', [CompletionResultType]::ParameterName, 'How deeply to read the ledger')
            [CompletionResult]::new('--parallel', '--parallel', [CompletionResultType]::ParameterName, 'How many connections read at the same time, on one snapshot')
            [CompletionResult]::new('--statement-timeout', '--statement-timeout', [CompletionResultType]::ParameterName, 'Let no statement take longer; a check that would is incomplete')
            [CompletionResult]::new('--verify-seal', '--verify-seal', [CompletionResultType]::ParameterName, 'Read again what the seal with this root sealed, and nothing else; name every account that differs')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Which findings make the audit fail')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report to a file too, such as junit=audit.xml; may be given several times')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Accept the findings that this file lists, each with a reason, an owner and its last day')
            [CompletionResult]::new('--write-baseline', '--write-baseline', [CompletionResultType]::ParameterName, 'Write every finding into this file as a baseline, in which each still needs a reason')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Short for --depth strict')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Show the entries around each finding of the ledger, stored and recomputed balance side by side')
            [CompletionResult]::new('--replica', '--replica', [CompletionResultType]::ParameterName, 'Refuse a primary: the audit is for a replica, and says how far behind it is')
            [CompletionResult]::new('--since-seal', '--since-seal', [CompletionResultType]::ParameterName, 'Trust the newest seal, and check only what arrived after it')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Remember the answer in the database, for `audit history`')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;audit;list' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many findings to list for each check; all are counted. 0 lists all')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only these checks: ids, or what ids begin with, such as `ledger`')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Not these checks')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Only this account')
            [CompletionResult]::new('--depth', '--depth', [CompletionResultType]::ParameterName, 'How deeply to read the ledger')
            [CompletionResult]::new('--parallel', '--parallel', [CompletionResultType]::ParameterName, 'How many connections read at the same time, on one snapshot')
            [CompletionResult]::new('--statement-timeout', '--statement-timeout', [CompletionResultType]::ParameterName, 'Let no statement take longer; a check that would is incomplete')
            [CompletionResult]::new('--verify-seal', '--verify-seal', [CompletionResultType]::ParameterName, 'Read again what the seal with this root sealed, and nothing else; name every account that differs')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Which findings make the audit fail')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report to a file too, such as junit=audit.xml; may be given several times')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Accept the findings that this file lists, each with a reason, an owner and its last day')
            [CompletionResult]::new('--write-baseline', '--write-baseline', [CompletionResultType]::ParameterName, 'Write every finding into this file as a baseline, in which each still needs a reason')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Short for --depth strict')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Show the entries around each finding of the ledger, stored and recomputed balance side by side')
            [CompletionResult]::new('--replica', '--replica', [CompletionResultType]::ParameterName, 'Refuse a primary: the audit is for a replica, and says how far behind it is')
            [CompletionResult]::new('--since-seal', '--since-seal', [CompletionResultType]::ParameterName, 'Trust the newest seal, and check only what arrived after it')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Remember the answer in the database, for `audit history`')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;audit;seal' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many findings to list for each check; all are counted. 0 lists all')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only these checks: ids, or what ids begin with, such as `ledger`')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Not these checks')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Only this account')
            [CompletionResult]::new('--depth', '--depth', [CompletionResultType]::ParameterName, 'How deeply to read the ledger')
            [CompletionResult]::new('--parallel', '--parallel', [CompletionResultType]::ParameterName, 'How many connections read at the same time, on one snapshot')
            [CompletionResult]::new('--statement-timeout', '--statement-timeout', [CompletionResultType]::ParameterName, 'Let no statement take longer; a check that would is incomplete')
            [CompletionResult]::new('--verify-seal', '--verify-seal', [CompletionResultType]::ParameterName, 'Read again what the seal with this root sealed, and nothing else; name every account that differs')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Which findings make the audit fail')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report to a file too, such as junit=audit.xml; may be given several times')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Accept the findings that this file lists, each with a reason, an owner and its last day')
            [CompletionResult]::new('--write-baseline', '--write-baseline', [CompletionResultType]::ParameterName, 'Write every finding into this file as a baseline, in which each still needs a reason')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Short for --depth strict')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Show the entries around each finding of the ledger, stored and recomputed balance side by side')
            [CompletionResult]::new('--replica', '--replica', [CompletionResultType]::ParameterName, 'Refuse a primary: the audit is for a replica, and says how far behind it is')
            [CompletionResult]::new('--since-seal', '--since-seal', [CompletionResultType]::ParameterName, 'Trust the newest seal, and check only what arrived after it')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Remember the answer in the database, for `audit history`')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;audit;history' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many findings to list for each check; all are counted. 0 lists all')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only these checks: ids, or what ids begin with, such as `ledger`')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Not these checks')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Only this account')
            [CompletionResult]::new('--depth', '--depth', [CompletionResultType]::ParameterName, 'How deeply to read the ledger')
            [CompletionResult]::new('--parallel', '--parallel', [CompletionResultType]::ParameterName, 'How many connections read at the same time, on one snapshot')
            [CompletionResult]::new('--statement-timeout', '--statement-timeout', [CompletionResultType]::ParameterName, 'Let no statement take longer; a check that would is incomplete')
            [CompletionResult]::new('--verify-seal', '--verify-seal', [CompletionResultType]::ParameterName, 'Read again what the seal with this root sealed, and nothing else; name every account that differs')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Which findings make the audit fail')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report to a file too, such as junit=audit.xml; may be given several times')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Accept the findings that this file lists, each with a reason, an owner and its last day')
            [CompletionResult]::new('--write-baseline', '--write-baseline', [CompletionResultType]::ParameterName, 'Write every finding into this file as a baseline, in which each still needs a reason')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Short for --depth strict')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Show the entries around each finding of the ledger, stored and recomputed balance side by side')
            [CompletionResult]::new('--replica', '--replica', [CompletionResultType]::ParameterName, 'Refuse a primary: the audit is for a replica, and says how far behind it is')
            [CompletionResult]::new('--since-seal', '--since-seal', [CompletionResultType]::ParameterName, 'Trust the newest seal, and check only what arrived after it')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Remember the answer in the database, for `audit history`')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;audit;explain' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many findings to list for each check; all are counted. 0 lists all')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only these checks: ids, or what ids begin with, such as `ledger`')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Not these checks')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Only this account')
            [CompletionResult]::new('--depth', '--depth', [CompletionResultType]::ParameterName, 'How deeply to read the ledger')
            [CompletionResult]::new('--parallel', '--parallel', [CompletionResultType]::ParameterName, 'How many connections read at the same time, on one snapshot')
            [CompletionResult]::new('--statement-timeout', '--statement-timeout', [CompletionResultType]::ParameterName, 'Let no statement take longer; a check that would is incomplete')
            [CompletionResult]::new('--verify-seal', '--verify-seal', [CompletionResultType]::ParameterName, 'Read again what the seal with this root sealed, and nothing else; name every account that differs')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Which findings make the audit fail')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report to a file too, such as junit=audit.xml; may be given several times')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Accept the findings that this file lists, each with a reason, an owner and its last day')
            [CompletionResult]::new('--write-baseline', '--write-baseline', [CompletionResultType]::ParameterName, 'Write every finding into this file as a baseline, in which each still needs a reason')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Short for --depth strict')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Show the entries around each finding of the ledger, stored and recomputed balance side by side')
            [CompletionResult]::new('--replica', '--replica', [CompletionResultType]::ParameterName, 'Refuse a primary: the audit is for a replica, and says how far behind it is')
            [CompletionResult]::new('--since-seal', '--since-seal', [CompletionResultType]::ParameterName, 'Trust the newest seal, and check only what arrived after it')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Remember the answer in the database, for `audit history`')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;audit;repair' {
            [CompletionResult]::new('--plan', '--plan', [CompletionResultType]::ParameterName, 'Write what may be done into this new file; changes nothing')
            [CompletionResult]::new('--apply', '--apply', [CompletionResultType]::ParameterName, 'Do what this file says')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many findings to list for each check; all are counted. 0 lists all')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only these checks: ids, or what ids begin with, such as `ledger`')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Not these checks')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Only this account')
            [CompletionResult]::new('--depth', '--depth', [CompletionResultType]::ParameterName, 'How deeply to read the ledger')
            [CompletionResult]::new('--parallel', '--parallel', [CompletionResultType]::ParameterName, 'How many connections read at the same time, on one snapshot')
            [CompletionResult]::new('--statement-timeout', '--statement-timeout', [CompletionResultType]::ParameterName, 'Let no statement take longer; a check that would is incomplete')
            [CompletionResult]::new('--verify-seal', '--verify-seal', [CompletionResultType]::ParameterName, 'Read again what the seal with this root sealed, and nothing else; name every account that differs')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Which findings make the audit fail')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report to a file too, such as junit=audit.xml; may be given several times')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Accept the findings that this file lists, each with a reason, an owner and its last day')
            [CompletionResult]::new('--write-baseline', '--write-baseline', [CompletionResultType]::ParameterName, 'Write every finding into this file as a baseline, in which each still needs a reason')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say what would be done')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Short for --depth strict')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Show the entries around each finding of the ledger, stored and recomputed balance side by side')
            [CompletionResult]::new('--replica', '--replica', [CompletionResultType]::ParameterName, 'Refuse a primary: the audit is for a replica, and says how far behind it is')
            [CompletionResult]::new('--since-seal', '--since-seal', [CompletionResultType]::ParameterName, 'Trust the newest seal, and check only what arrived after it')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Remember the answer in the database, for `audit history`')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;audit;help' {
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Run the audit, as `bursar audit` alone does')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List every check of the application')
            [CompletionResult]::new('seal', 'seal', [CompletionResultType]::ParameterValue, 'Seal the ledger: digest every account''s entries, and print the root to keep elsewhere')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'List the seals and the recorded audits, newest first')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a check, or one finding with the entries around it')
            [CompletionResult]::new('repair', 'repair', [CompletionResultType]::ParameterValue, 'Repair what the ledger''s checks found: plan it into a file, edit that, apply it')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;audit;help;run' {
            break
        }
        'bursar;audit;help;list' {
            break
        }
        'bursar;audit;help;seal' {
            break
        }
        'bursar;audit;help;history' {
            break
        }
        'bursar;audit;help;explain' {
            break
        }
        'bursar;audit;help;repair' {
            break
        }
        'bursar;audit;help;help' {
            break
        }
        'bursar;payments' {
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List payments, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show everything about one payment: the customer, what it granted, its entries and refunds')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;payments;list' {
            [CompletionResult]::new('--search', '--search', [CompletionResultType]::ParameterName, 'Only those with this in the customer''s name or address, the id or the gateway''s, in any case')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only those of this status, in the application''s words')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only those from this time on, as YYYY-MM-DD or RFC 3339')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only those before this time')
            [CompletionResult]::new('--min', '--min', [CompletionResultType]::ParameterName, 'Only those of this amount or more, in whole units of --currency')
            [CompletionResult]::new('--max', '--max', [CompletionResultType]::ParameterName, 'Only those of this amount or less, in whole units of --currency')
            [CompletionResult]::new('--currency', '--currency', [CompletionResultType]::ParameterName, 'Only those in this currency, such as THB')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Only those of this account')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many to list. 0 lists all')
            [CompletionResult]::new('--cursor', '--cursor', [CompletionResultType]::ParameterName, 'Go on where an earlier list was cut, as that said')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--refundable', '--refundable', [CompletionResultType]::ParameterName, 'Only those that may be refunded, as far as their status says')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;payments;show' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;payments;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List payments, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show everything about one payment: the customer, what it granted, its entries and refunds')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;payments;help;list' {
            break
        }
        'bursar;payments;help;show' {
            break
        }
        'bursar;payments;help;help' {
            break
        }
        'bursar;wallet' {
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the balances of an account beside what its entries sum to')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'List the entries of an account, newest first, with the stored balance beside the recomputed one')
            [CompletionResult]::new('adjust', 'adjust', [CompletionResultType]::ParameterValue, 'Correct a balance by an entry, with a reason')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;wallet;show' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;wallet;history' {
            [CompletionResult]::new('--unit', '--unit', [CompletionResultType]::ParameterName, 'Only the entries in this unit')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many to list. 0 lists all')
            [CompletionResult]::new('--before', '--before', [CompletionResultType]::ParameterName, 'Only the entries older than this one')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;wallet;adjust' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; it is kept in the operator log, and in the entry where that has room for it')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say what would be done')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;wallet;help' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the balances of an account beside what its entries sum to')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'List the entries of an account, newest first, with the stored balance beside the recomputed one')
            [CompletionResult]::new('adjust', 'adjust', [CompletionResultType]::ParameterValue, 'Correct a balance by an entry, with a reason')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;wallet;help;show' {
            break
        }
        'bursar;wallet;help;history' {
            break
        }
        'bursar;wallet;help;adjust' {
            break
        }
        'bursar;wallet;help;help' {
            break
        }
        'bursar;refund' {
            [CompletionResult]::new('--amount', '--amount', [CompletionResultType]::ParameterName, 'How much, in whole units of the payment''s currency, as 50.00 [default: all that is left]')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why [default: requested_by_customer]')
            [CompletionResult]::new('--note', '--note', [CompletionResultType]::ParameterName, 'Why, in words')
            [CompletionResult]::new('--if-spent', '--if-spent', [CompletionResultType]::ParameterName, 'What to do where units that the payment bought were spent [default: refuse]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'The gateway: stripe, paypal, or record-only for money that was moved elsewhere [default: the payment''s]')
            [CompletionResult]::new('--gateway-ref', '--gateway-ref', [CompletionResultType]::ParameterName, 'With record-only: the reference of the refund that was made elsewhere')
            [CompletionResult]::new('--idempotency-key', '--idempotency-key', [CompletionResultType]::ParameterName, 'Your own key: the same request under the same key is the same refund')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--again', '--again', [CompletionResultType]::ParameterName, 'It is to be another refund of an amount that was refunded before')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say what would be done')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Refund one payment, or a part of it')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List refunds, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one refund with every step that it made')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'Finish refunds that did not come to an end')
            [CompletionResult]::new('approve', 'approve', [CompletionResultType]::ParameterValue, 'Let a refund go on that awaits a second person; you must be another login than asked for it')
            [CompletionResult]::new('reject', 'reject', [CompletionResultType]::ParameterValue, 'Turn a refund down that awaits a second person')
            [CompletionResult]::new('sync', 'sync', [CompletionResultType]::ParameterValue, 'Bring in refunds and lost disputes that were made at the gateway')
            [CompletionResult]::new('batch', 'batch', [CompletionResultType]::ParameterValue, 'Refund every line of a CSV file: payment,amount,reason,note')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;refund;create' {
            [CompletionResult]::new('--amount', '--amount', [CompletionResultType]::ParameterName, 'How much, in whole units of the payment''s currency, as 50.00 [default: all that is left]')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why [default: requested_by_customer]')
            [CompletionResult]::new('--note', '--note', [CompletionResultType]::ParameterName, 'Why, in words')
            [CompletionResult]::new('--if-spent', '--if-spent', [CompletionResultType]::ParameterName, 'What to do where units that the payment bought were spent [default: refuse]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'The gateway: stripe, paypal, or record-only for money that was moved elsewhere [default: the payment''s]')
            [CompletionResult]::new('--gateway-ref', '--gateway-ref', [CompletionResultType]::ParameterName, 'With record-only: the reference of the refund that was made elsewhere')
            [CompletionResult]::new('--idempotency-key', '--idempotency-key', [CompletionResultType]::ParameterName, 'Your own key: the same request under the same key is the same refund')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--again', '--again', [CompletionResultType]::ParameterName, 'It is to be another refund of an amount that was refunded before')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say what would be done')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;refund;list' {
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Only those in these states')
            [CompletionResult]::new('--payment', '--payment', [CompletionResultType]::ParameterName, 'Only those of this payment')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Only those of this account')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only those that were asked for since then, as YYYY-MM-DD or RFC 3339')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many to list. 0 lists all')
            [CompletionResult]::new('--cursor', '--cursor', [CompletionResultType]::ParameterName, 'Go on where an earlier list was cut, as that said')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--open', '--open', [CompletionResultType]::ParameterName, 'Only those that have not come to an end')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;refund;show' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;refund;resume' {
            [CompletionResult]::new('--recheck', '--recheck', [CompletionResultType]::ParameterName, 'Look at refunds of so many days again that did: a bank may have returned the money')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;refund;approve' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say what would be done')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;refund;reject' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;refund;sync' {
            [CompletionResult]::new('--days', '--days', [CompletionResultType]::ParameterName, 'Look at payments of so many days')
            [CompletionResult]::new('--payment', '--payment', [CompletionResultType]::ParameterName, 'Look at this payment only')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say what would be done')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;refund;batch' {
            [CompletionResult]::new('--results', '--results', [CompletionResultType]::ParameterName, 'Write what came of each line here [default: FILE with .results.csv at its end]')
            [CompletionResult]::new('--max-failures', '--max-failures', [CompletionResultType]::ParameterName, 'Stop after so many failures')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Begin at most so many a second')
            [CompletionResult]::new('--parallel', '--parallel', [CompletionResultType]::ParameterName, 'How many at the same time')
            [CompletionResult]::new('--if-spent', '--if-spent', [CompletionResultType]::ParameterName, 'What to do where units that a payment bought were spent')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'The gateway of all of them [default: each payment''s]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say what would be done')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;refund;help' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Refund one payment, or a part of it')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List refunds, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one refund with every step that it made')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'Finish refunds that did not come to an end')
            [CompletionResult]::new('approve', 'approve', [CompletionResultType]::ParameterValue, 'Let a refund go on that awaits a second person; you must be another login than asked for it')
            [CompletionResult]::new('reject', 'reject', [CompletionResultType]::ParameterValue, 'Turn a refund down that awaits a second person')
            [CompletionResult]::new('sync', 'sync', [CompletionResultType]::ParameterValue, 'Bring in refunds and lost disputes that were made at the gateway')
            [CompletionResult]::new('batch', 'batch', [CompletionResultType]::ParameterValue, 'Refund every line of a CSV file: payment,amount,reason,note')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;refund;help;create' {
            break
        }
        'bursar;refund;help;list' {
            break
        }
        'bursar;refund;help;show' {
            break
        }
        'bursar;refund;help;resume' {
            break
        }
        'bursar;refund;help;approve' {
            break
        }
        'bursar;refund;help;reject' {
            break
        }
        'bursar;refund;help;sync' {
            break
        }
        'bursar;refund;help;batch' {
            break
        }
        'bursar;refund;help;help' {
            break
        }
        'bursar;jobs' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only those of these statuses, in the application''s words, or queued, running, failed, done, dead')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'Only those of these kinds')
            [CompletionResult]::new('--worker', '--worker', [CompletionResultType]::ParameterName, 'Only those that this worker has or had')
            [CompletionResult]::new('--error', '--error', [CompletionResultType]::ParameterName, 'Only those whose last error matches, as ''~timeout|refused'', or is of a group of triage''s, as err:1f09ab2')
            [CompletionResult]::new('--payload', '--payload', [CompletionResultType]::ParameterName, 'Only those with this value in the payload, as user.plan=gold; may be given several times')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'Only those that were tried so often, as 3, ''>=3'' or ''<2''')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only those that were added longer ago, as 2h or 30d')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only those added before this time, as YYYY-MM-DD or RFC 3339')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many to list. 0 lists all')
            [CompletionResult]::new('--cursor', '--cursor', [CompletionResultType]::ParameterName, 'Go on where an earlier list was cut, as that said')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List jobs, newest first')
            [CompletionResult]::new('count', 'count', [CompletionResultType]::ParameterValue, 'Count jobs by status')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show everything about one job: its attempts as a timeline, what it was asked to do, and what came of it')
            [CompletionResult]::new('why', 'why', [CompletionResultType]::ParameterValue, 'Say in a sentence why a job is not running')
            [CompletionResult]::new('triage', 'triage', [CompletionResultType]::ParameterValue, 'Group failures by what went wrong, with a handle for each group')
            [CompletionResult]::new('retry', 'retry', [CompletionResultType]::ParameterValue, 'Queue jobs again that failed')
            [CompletionResult]::new('cancel', 'cancel', [CompletionResultType]::ParameterValue, 'Give jobs up that have not run yet')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete jobs, with their attempts; those that are running are left alone')
            [CompletionResult]::new('purge', 'purge', [CompletionResultType]::ParameterValue, 'Delete old jobs that have ended, and write them into a file first')
            [CompletionResult]::new('stuck', 'stuck', [CompletionResultType]::ParameterValue, 'List the jobs that are past their lease: their worker is gone')
            [CompletionResult]::new('workers', 'workers', [CompletionResultType]::ParameterValue, 'Show who works, on how much, and how fast')
            [CompletionResult]::new('latency', 'latency', [CompletionResultType]::ParameterValue, 'Show how long jobs wait and run, as percentiles and a histogram')
            [CompletionResult]::new('throughput', 'throughput', [CompletionResultType]::ParameterValue, 'Show how many jobs come and go, minute by minute')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;jobs;list' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only those of these statuses, in the application''s words, or queued, running, failed, done, dead')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'Only those of these kinds')
            [CompletionResult]::new('--worker', '--worker', [CompletionResultType]::ParameterName, 'Only those that this worker has or had')
            [CompletionResult]::new('--error', '--error', [CompletionResultType]::ParameterName, 'Only those whose last error matches, as ''~timeout|refused'', or is of a group of triage''s, as err:1f09ab2')
            [CompletionResult]::new('--payload', '--payload', [CompletionResultType]::ParameterName, 'Only those with this value in the payload, as user.plan=gold; may be given several times')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'Only those that were tried so often, as 3, ''>=3'' or ''<2''')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only those that were added longer ago, as 2h or 30d')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only those added before this time, as YYYY-MM-DD or RFC 3339')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many to list. 0 lists all')
            [CompletionResult]::new('--cursor', '--cursor', [CompletionResultType]::ParameterName, 'Go on where an earlier list was cut, as that said')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;jobs;count' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only those of these statuses, in the application''s words, or queued, running, failed, done, dead')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'Only those of these kinds')
            [CompletionResult]::new('--worker', '--worker', [CompletionResultType]::ParameterName, 'Only those that this worker has or had')
            [CompletionResult]::new('--error', '--error', [CompletionResultType]::ParameterName, 'Only those whose last error matches, as ''~timeout|refused'', or is of a group of triage''s, as err:1f09ab2')
            [CompletionResult]::new('--payload', '--payload', [CompletionResultType]::ParameterName, 'Only those with this value in the payload, as user.plan=gold; may be given several times')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'Only those that were tried so often, as 3, ''>=3'' or ''<2''')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only those that were added longer ago, as 2h or 30d')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only those added before this time, as YYYY-MM-DD or RFC 3339')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--exact', '--exact', [CompletionResultType]::ParameterName, 'Count them all, however many, and however long it takes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;jobs;show' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--redact', '--redact', [CompletionResultType]::ParameterName, 'Leave out what people wrote: the values of payload and result, and the details of errors')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;jobs;why' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;jobs;triage' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only those of these statuses, in the application''s words, or queued, running, failed, done, dead')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'Only those of these kinds')
            [CompletionResult]::new('--worker', '--worker', [CompletionResultType]::ParameterName, 'Only those that this worker has or had')
            [CompletionResult]::new('--error', '--error', [CompletionResultType]::ParameterName, 'Only those whose last error matches, as ''~timeout|refused'', or is of a group of triage''s, as err:1f09ab2')
            [CompletionResult]::new('--payload', '--payload', [CompletionResultType]::ParameterName, 'Only those with this value in the payload, as user.plan=gold; may be given several times')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'Only those that were tried so often, as 3, ''>=3'' or ''<2''')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only those that were added longer ago, as 2h or 30d')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only those added before this time, as YYYY-MM-DD or RFC 3339')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many groups to show. 0 shows all')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;jobs;retry' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only those of these statuses, in the application''s words, or queued, running, failed, done, dead')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'Only those of these kinds')
            [CompletionResult]::new('--worker', '--worker', [CompletionResultType]::ParameterName, 'Only those that this worker has or had')
            [CompletionResult]::new('--error', '--error', [CompletionResultType]::ParameterName, 'Only those whose last error matches, as ''~timeout|refused'', or is of a group of triage''s, as err:1f09ab2')
            [CompletionResult]::new('--payload', '--payload', [CompletionResultType]::ParameterName, 'Only those with this value in the payload, as user.plan=gold; may be given several times')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'Only those that were tried so often, as 3, ''>=3'' or ''<2''')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only those that were added longer ago, as 2h or 30d')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only those added before this time, as YYYY-MM-DD or RFC 3339')
            [CompletionResult]::new('--max', '--max', [CompletionResultType]::ParameterName, 'At most so many, the oldest first')
            [CompletionResult]::new('--batch', '--batch', [CompletionResultType]::ParameterName, 'How many at a time, each time in a transaction of its own')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'No faster than this, as 50/s or 300/m')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--canary', '--canary', [CompletionResultType]::ParameterName, 'Retry so many first, and the rest when these have ended')
            [CompletionResult]::new('--abort-above', '--abort-above', [CompletionResultType]::ParameterName, 'Stop where more of the first failed again')
            [CompletionResult]::new('--canary-wait', '--canary-wait', [CompletionResultType]::ParameterName, 'How long the first may take to end')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why, for the operator log')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every job to which that can be done')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say what would be done')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;jobs;cancel' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only those of these statuses, in the application''s words, or queued, running, failed, done, dead')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'Only those of these kinds')
            [CompletionResult]::new('--worker', '--worker', [CompletionResultType]::ParameterName, 'Only those that this worker has or had')
            [CompletionResult]::new('--error', '--error', [CompletionResultType]::ParameterName, 'Only those whose last error matches, as ''~timeout|refused'', or is of a group of triage''s, as err:1f09ab2')
            [CompletionResult]::new('--payload', '--payload', [CompletionResultType]::ParameterName, 'Only those with this value in the payload, as user.plan=gold; may be given several times')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'Only those that were tried so often, as 3, ''>=3'' or ''<2''')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only those that were added longer ago, as 2h or 30d')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only those added before this time, as YYYY-MM-DD or RFC 3339')
            [CompletionResult]::new('--max', '--max', [CompletionResultType]::ParameterName, 'At most so many, the oldest first')
            [CompletionResult]::new('--batch', '--batch', [CompletionResultType]::ParameterName, 'How many at a time, each time in a transaction of its own')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'No faster than this, as 50/s or 300/m')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; it is kept with the job and in the operator log')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every job to which that can be done')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say what would be done')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;jobs;delete' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only those of these statuses, in the application''s words, or queued, running, failed, done, dead')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'Only those of these kinds')
            [CompletionResult]::new('--worker', '--worker', [CompletionResultType]::ParameterName, 'Only those that this worker has or had')
            [CompletionResult]::new('--error', '--error', [CompletionResultType]::ParameterName, 'Only those whose last error matches, as ''~timeout|refused'', or is of a group of triage''s, as err:1f09ab2')
            [CompletionResult]::new('--payload', '--payload', [CompletionResultType]::ParameterName, 'Only those with this value in the payload, as user.plan=gold; may be given several times')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'Only those that were tried so often, as 3, ''>=3'' or ''<2''')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only those that were added longer ago, as 2h or 30d')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only those added before this time, as YYYY-MM-DD or RFC 3339')
            [CompletionResult]::new('--max', '--max', [CompletionResultType]::ParameterName, 'At most so many, the oldest first')
            [CompletionResult]::new('--batch', '--batch', [CompletionResultType]::ParameterName, 'How many at a time, each time in a transaction of its own')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'No faster than this, as 50/s or 300/m')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why, for the operator log')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every job to which that can be done')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say what would be done')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;jobs;purge' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only those of these statuses, in the application''s words, or queued, running, failed, done, dead')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'Only those of these kinds')
            [CompletionResult]::new('--worker', '--worker', [CompletionResultType]::ParameterName, 'Only those that this worker has or had')
            [CompletionResult]::new('--error', '--error', [CompletionResultType]::ParameterName, 'Only those whose last error matches, as ''~timeout|refused'', or is of a group of triage''s, as err:1f09ab2')
            [CompletionResult]::new('--payload', '--payload', [CompletionResultType]::ParameterName, 'Only those with this value in the payload, as user.plan=gold; may be given several times')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'Only those that were tried so often, as 3, ''>=3'' or ''<2''')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only those that were added longer ago, as 2h or 30d')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only those added before this time, as YYYY-MM-DD or RFC 3339')
            [CompletionResult]::new('--max', '--max', [CompletionResultType]::ParameterName, 'At most so many, the oldest first')
            [CompletionResult]::new('--batch', '--batch', [CompletionResultType]::ParameterName, 'How many at a time, each time in a transaction of its own')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'No faster than this, as 50/s or 300/m')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--export', '--export', [CompletionResultType]::ParameterName, 'The file to write them into; there must be none of that name')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why, for the operator log')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every job to which that can be done')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say what would be done')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;jobs;stuck' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only those of these statuses, in the application''s words, or queued, running, failed, done, dead')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'Only those of these kinds')
            [CompletionResult]::new('--worker', '--worker', [CompletionResultType]::ParameterName, 'Only those that this worker has or had')
            [CompletionResult]::new('--error', '--error', [CompletionResultType]::ParameterName, 'Only those whose last error matches, as ''~timeout|refused'', or is of a group of triage''s, as err:1f09ab2')
            [CompletionResult]::new('--payload', '--payload', [CompletionResultType]::ParameterName, 'Only those with this value in the payload, as user.plan=gold; may be given several times')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'Only those that were tried so often, as 3, ''>=3'' or ''<2''')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only those that were added longer ago, as 2h or 30d')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only those added before this time, as YYYY-MM-DD or RFC 3339')
            [CompletionResult]::new('--max', '--max', [CompletionResultType]::ParameterName, 'At most so many, the oldest first')
            [CompletionResult]::new('--batch', '--batch', [CompletionResultType]::ParameterName, 'How many at a time, each time in a transaction of its own')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'No faster than this, as 50/s or 300/m')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many to list. 0 lists all')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every job to which that can be done')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say what would be done')
            [CompletionResult]::new('--release', '--release', [CompletionResultType]::ParameterName, 'Put them back, so that another worker takes them')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;jobs;workers' {
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'What they did since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;jobs;latency' {
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Of the jobs that ended since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'Only jobs of these kinds')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;jobs;throughput' {
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'How far back to go')
            [CompletionResult]::new('--step', '--step', [CompletionResultType]::ParameterName, 'How long a step is, in whole minutes')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'Only jobs of these kinds')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;jobs;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List jobs, newest first')
            [CompletionResult]::new('count', 'count', [CompletionResultType]::ParameterValue, 'Count jobs by status')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show everything about one job: its attempts as a timeline, what it was asked to do, and what came of it')
            [CompletionResult]::new('why', 'why', [CompletionResultType]::ParameterValue, 'Say in a sentence why a job is not running')
            [CompletionResult]::new('triage', 'triage', [CompletionResultType]::ParameterValue, 'Group failures by what went wrong, with a handle for each group')
            [CompletionResult]::new('retry', 'retry', [CompletionResultType]::ParameterValue, 'Queue jobs again that failed')
            [CompletionResult]::new('cancel', 'cancel', [CompletionResultType]::ParameterValue, 'Give jobs up that have not run yet')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete jobs, with their attempts; those that are running are left alone')
            [CompletionResult]::new('purge', 'purge', [CompletionResultType]::ParameterValue, 'Delete old jobs that have ended, and write them into a file first')
            [CompletionResult]::new('stuck', 'stuck', [CompletionResultType]::ParameterValue, 'List the jobs that are past their lease: their worker is gone')
            [CompletionResult]::new('workers', 'workers', [CompletionResultType]::ParameterValue, 'Show who works, on how much, and how fast')
            [CompletionResult]::new('latency', 'latency', [CompletionResultType]::ParameterValue, 'Show how long jobs wait and run, as percentiles and a histogram')
            [CompletionResult]::new('throughput', 'throughput', [CompletionResultType]::ParameterValue, 'Show how many jobs come and go, minute by minute')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;jobs;help;list' {
            break
        }
        'bursar;jobs;help;count' {
            break
        }
        'bursar;jobs;help;show' {
            break
        }
        'bursar;jobs;help;why' {
            break
        }
        'bursar;jobs;help;triage' {
            break
        }
        'bursar;jobs;help;retry' {
            break
        }
        'bursar;jobs;help;cancel' {
            break
        }
        'bursar;jobs;help;delete' {
            break
        }
        'bursar;jobs;help;purge' {
            break
        }
        'bursar;jobs;help;stuck' {
            break
        }
        'bursar;jobs;help;workers' {
            break
        }
        'bursar;jobs;help;latency' {
            break
        }
        'bursar;jobs;help;throughput' {
            break
        }
        'bursar;jobs;help;help' {
            break
        }
        'bursar;stats' {
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Begin so long before the end, as 30d, 12w, 6months or 24h, or at a date; days and more are those of the calendar')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Begin at this date or time, as 2026-10-01 or 2026-10-01T12:00:00Z')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'End before this date or time [default: now]')
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'How long a bucket is')
            [CompletionResult]::new('--tz', '--tz', [CompletionResultType]::ParameterName, 'The time zone of dates, days, weeks and months')
            [CompletionResult]::new('--compare', '--compare', [CompletionResultType]::ParameterName, 'What to compare with: the window of the same length right before, or nothing')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many metrics of a topic to show in tables and pages; 0 for all')
            [CompletionResult]::new('--html', '--html', [CompletionResultType]::ParameterName, 'Write a page with charts to this file too, complete in itself')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;inspect' {
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit 3 where a check is as bad as this; with --diff, where something has become so')
            [CompletionResult]::new('--long', '--long', [CompletionResultType]::ParameterName, 'How long a statement, an idle transaction, a wait for a lock or a replica''s lag may be')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many rows of a check to show; 0 for all')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Write everything that was found to this file, as JSON, to compare with later')
            [CompletionResult]::new('--diff', '--diff', [CompletionResultType]::ParameterName, 'Show what is otherwise than in this file, which --snapshot wrote')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;doctor' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;operations' {
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what was done, newest first')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Verify the log''s hash chain, and print its head to keep elsewhere')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;operations;list' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many to show. 0 shows all')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only those since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d')
            [CompletionResult]::new('--command', '--command', [CompletionResultType]::ParameterName, 'Only those of this command, and of its subcommands')
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'Only those of this operator, operating-system user or database role')
            [CompletionResult]::new('--before', '--before', [CompletionResultType]::ParameterName, 'Only those before this one, as the end of a cut list says')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;operations;verify' {
            [CompletionResult]::new('--head', '--head', [CompletionResultType]::ParameterName, 'A head that was kept: is it in the chain, and where')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many findings to list; all are counted. 0 lists all')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;operations;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what was done, newest first')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Verify the log''s hash chain, and print its head to keep elsewhere')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;operations;help;list' {
            break
        }
        'bursar;operations;help;verify' {
            break
        }
        'bursar;operations;help;help' {
            break
        }
        'bursar;settings' {
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show each setting, what it means, and who set it')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Set one, as the owner of bursar''s schema')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;settings;list' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;settings;set' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say what would be done')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;settings;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show each setting, what it means, and who set it')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Set one, as the owner of bursar''s schema')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;settings;help;list' {
            break
        }
        'bursar;settings;help;set' {
            break
        }
        'bursar;settings;help;help' {
            break
        }
        'bursar;pack' {
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('new', 'new', [CompletionResultType]::ParameterValue, 'Draft a pack for the connected database, from its tables, types and foreign keys')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Verify every query of a pack against the connected database; exit 3 when one does not fit')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show what a pack claims, and what it lacks')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;pack;new' {
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;pack;check' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;pack;show' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to write the result')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;pack;help' {
            [CompletionResult]::new('new', 'new', [CompletionResultType]::ParameterValue, 'Draft a pack for the connected database, from its tables, types and foreign keys')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Verify every query of a pack against the connected database; exit 3 when one does not fit')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show what a pack claims, and what it lacks')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;pack;help;new' {
            break
        }
        'bursar;pack;help;check' {
            break
        }
        'bursar;pack;help;show' {
            break
        }
        'bursar;pack;help;help' {
            break
        }
        'bursar;completions' {
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;man' {
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--database-url', '--database-url', [CompletionResultType]::ParameterName, 'The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'A named environment from bursar.toml')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The application: a built-in pack''s name, or the folder of a pack [default: detected]')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'The schema that the application''s tables live in [default: as the pack says]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Agree to a write to a protected database, by its name')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Who is doing this, for the operator log')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up when the whole command takes longer, as 90s or 5m')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Give up when a connection takes longer to open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what matters: no notes, no progress')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a write then needs --yes')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to the write that is announced')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bursar;help' {
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Show what bursar does, on a private throw-away Postgres')
            [CompletionResult]::new('sandbox', 'sandbox', [CompletionResultType]::ParameterValue, 'A private Postgres that stays, to try things on')
            [CompletionResult]::new('migrate', 'migrate', [CompletionResultType]::ParameterValue, 'Bring a database to the current schema, or see how it stands')
            [CompletionResult]::new('seed', 'seed', [CompletionResultType]::ParameterValue, 'Fill an empty database with lifelike, consistent data')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Check that balances, payments, counters and jobs agree with what they were derived from')
            [CompletionResult]::new('payments', 'payments', [CompletionResultType]::ParameterValue, 'Find a payment: by its id, the gateway''s, the customer, the amount or the time')
            [CompletionResult]::new('wallet', 'wallet', [CompletionResultType]::ParameterValue, 'Look at one account''s balances and entries, or correct a balance by an entry')
            [CompletionResult]::new('refund', 'refund', [CompletionResultType]::ParameterValue, 'Refund payments: the money through its gateway, the units back from the account, exactly once')
            [CompletionResult]::new('jobs', 'jobs', [CompletionResultType]::ParameterValue, 'See how the queue stands, why a job does not run, and put jobs right')
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Business figures over a window: how many, how much, how fast, and what has changed')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Look at the health of any database: memory, tables, indexes, statements, locks, vacuum and more')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check what bursar works with: the connection, the role, TLS, poolers, the schema, the gateways')
            [CompletionResult]::new('operations', 'operations', [CompletionResultType]::ParameterValue, 'The log of who did what through bursar')
            [CompletionResult]::new('settings', 'settings', [CompletionResultType]::ParameterValue, 'Limits and protection, which are kept in the database')
            [CompletionResult]::new('pack', 'pack', [CompletionResultType]::ParameterValue, 'What a schema means to bursar')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'bursar;help;demo' {
            break
        }
        'bursar;help;sandbox' {
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Start it, making it first where there is none; prints its URL')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop it; its data stays')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Say whether it runs, and where')
            [CompletionResult]::new('url', 'url', [CompletionResultType]::ParameterValue, 'Print its URL')
            break
        }
        'bursar;help;sandbox;start' {
            break
        }
        'bursar;help;sandbox;stop' {
            break
        }
        'bursar;help;sandbox;status' {
            break
        }
        'bursar;help;sandbox;url' {
            break
        }
        'bursar;help;migrate' {
            [CompletionResult]::new('new', 'new', [CompletionResultType]::ParameterValue, 'Write an empty migration behind the last one')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show what is applied, pending, changed or missing; writes nothing')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show the SQL that would run, what it locks, and how large that is; writes nothing')
            [CompletionResult]::new('lint', 'lint', [CompletionResultType]::ParameterValue, 'Say what is wrong about migrations before they run; connects to nothing')
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Apply what is pending, each migration in a transaction of its own')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Take migrations back, newest first')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Try the migrations on a scratch database, and compare its schema with this one; exit 3 where they differ')
            [CompletionResult]::new('baseline', 'baseline', [CompletionResultType]::ParameterValue, 'Adopt a database that has its tables already: record migrations as applied without running them')
            [CompletionResult]::new('repair', 'repair', [CompletionResultType]::ParameterValue, 'Put the history right, or drop INVALID indexes; prints its SQL first')
            break
        }
        'bursar;help;migrate;new' {
            break
        }
        'bursar;help;migrate;status' {
            break
        }
        'bursar;help;migrate;plan' {
            break
        }
        'bursar;help;migrate;lint' {
            break
        }
        'bursar;help;migrate;up' {
            break
        }
        'bursar;help;migrate;down' {
            break
        }
        'bursar;help;migrate;verify' {
            break
        }
        'bursar;help;migrate;baseline' {
            break
        }
        'bursar;help;migrate;repair' {
            break
        }
        'bursar;help;seed' {
            break
        }
        'bursar;help;audit' {
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Run the audit, as `bursar audit` alone does')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List every check of the application')
            [CompletionResult]::new('seal', 'seal', [CompletionResultType]::ParameterValue, 'Seal the ledger: digest every account''s entries, and print the root to keep elsewhere')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'List the seals and the recorded audits, newest first')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a check, or one finding with the entries around it')
            [CompletionResult]::new('repair', 'repair', [CompletionResultType]::ParameterValue, 'Repair what the ledger''s checks found: plan it into a file, edit that, apply it')
            break
        }
        'bursar;help;audit;run' {
            break
        }
        'bursar;help;audit;list' {
            break
        }
        'bursar;help;audit;seal' {
            break
        }
        'bursar;help;audit;history' {
            break
        }
        'bursar;help;audit;explain' {
            break
        }
        'bursar;help;audit;repair' {
            break
        }
        'bursar;help;payments' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List payments, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show everything about one payment: the customer, what it granted, its entries and refunds')
            break
        }
        'bursar;help;payments;list' {
            break
        }
        'bursar;help;payments;show' {
            break
        }
        'bursar;help;wallet' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the balances of an account beside what its entries sum to')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'List the entries of an account, newest first, with the stored balance beside the recomputed one')
            [CompletionResult]::new('adjust', 'adjust', [CompletionResultType]::ParameterValue, 'Correct a balance by an entry, with a reason')
            break
        }
        'bursar;help;wallet;show' {
            break
        }
        'bursar;help;wallet;history' {
            break
        }
        'bursar;help;wallet;adjust' {
            break
        }
        'bursar;help;refund' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Refund one payment, or a part of it')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List refunds, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one refund with every step that it made')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'Finish refunds that did not come to an end')
            [CompletionResult]::new('approve', 'approve', [CompletionResultType]::ParameterValue, 'Let a refund go on that awaits a second person; you must be another login than asked for it')
            [CompletionResult]::new('reject', 'reject', [CompletionResultType]::ParameterValue, 'Turn a refund down that awaits a second person')
            [CompletionResult]::new('sync', 'sync', [CompletionResultType]::ParameterValue, 'Bring in refunds and lost disputes that were made at the gateway')
            [CompletionResult]::new('batch', 'batch', [CompletionResultType]::ParameterValue, 'Refund every line of a CSV file: payment,amount,reason,note')
            break
        }
        'bursar;help;refund;create' {
            break
        }
        'bursar;help;refund;list' {
            break
        }
        'bursar;help;refund;show' {
            break
        }
        'bursar;help;refund;resume' {
            break
        }
        'bursar;help;refund;approve' {
            break
        }
        'bursar;help;refund;reject' {
            break
        }
        'bursar;help;refund;sync' {
            break
        }
        'bursar;help;refund;batch' {
            break
        }
        'bursar;help;jobs' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List jobs, newest first')
            [CompletionResult]::new('count', 'count', [CompletionResultType]::ParameterValue, 'Count jobs by status')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show everything about one job: its attempts as a timeline, what it was asked to do, and what came of it')
            [CompletionResult]::new('why', 'why', [CompletionResultType]::ParameterValue, 'Say in a sentence why a job is not running')
            [CompletionResult]::new('triage', 'triage', [CompletionResultType]::ParameterValue, 'Group failures by what went wrong, with a handle for each group')
            [CompletionResult]::new('retry', 'retry', [CompletionResultType]::ParameterValue, 'Queue jobs again that failed')
            [CompletionResult]::new('cancel', 'cancel', [CompletionResultType]::ParameterValue, 'Give jobs up that have not run yet')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete jobs, with their attempts; those that are running are left alone')
            [CompletionResult]::new('purge', 'purge', [CompletionResultType]::ParameterValue, 'Delete old jobs that have ended, and write them into a file first')
            [CompletionResult]::new('stuck', 'stuck', [CompletionResultType]::ParameterValue, 'List the jobs that are past their lease: their worker is gone')
            [CompletionResult]::new('workers', 'workers', [CompletionResultType]::ParameterValue, 'Show who works, on how much, and how fast')
            [CompletionResult]::new('latency', 'latency', [CompletionResultType]::ParameterValue, 'Show how long jobs wait and run, as percentiles and a histogram')
            [CompletionResult]::new('throughput', 'throughput', [CompletionResultType]::ParameterValue, 'Show how many jobs come and go, minute by minute')
            break
        }
        'bursar;help;jobs;list' {
            break
        }
        'bursar;help;jobs;count' {
            break
        }
        'bursar;help;jobs;show' {
            break
        }
        'bursar;help;jobs;why' {
            break
        }
        'bursar;help;jobs;triage' {
            break
        }
        'bursar;help;jobs;retry' {
            break
        }
        'bursar;help;jobs;cancel' {
            break
        }
        'bursar;help;jobs;delete' {
            break
        }
        'bursar;help;jobs;purge' {
            break
        }
        'bursar;help;jobs;stuck' {
            break
        }
        'bursar;help;jobs;workers' {
            break
        }
        'bursar;help;jobs;latency' {
            break
        }
        'bursar;help;jobs;throughput' {
            break
        }
        'bursar;help;stats' {
            break
        }
        'bursar;help;inspect' {
            break
        }
        'bursar;help;doctor' {
            break
        }
        'bursar;help;operations' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what was done, newest first')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Verify the log''s hash chain, and print its head to keep elsewhere')
            break
        }
        'bursar;help;operations;list' {
            break
        }
        'bursar;help;operations;verify' {
            break
        }
        'bursar;help;settings' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show each setting, what it means, and who set it')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Set one, as the owner of bursar''s schema')
            break
        }
        'bursar;help;settings;list' {
            break
        }
        'bursar;help;settings;set' {
            break
        }
        'bursar;help;pack' {
            [CompletionResult]::new('new', 'new', [CompletionResultType]::ParameterValue, 'Draft a pack for the connected database, from its tables, types and foreign keys')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Verify every query of a pack against the connected database; exit 3 when one does not fit')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show what a pack claims, and what it lacks')
            break
        }
        'bursar;help;pack;new' {
            break
        }
        'bursar;help;pack;check' {
            break
        }
        'bursar;help;pack;show' {
            break
        }
        'bursar;help;completions' {
            break
        }
        'bursar;help;man' {
            break
        }
        'bursar;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
