//! Text that is safe to show, and numbers that are easy to read. It knows of no terminal.

pub mod markdown;
mod position;
mod spark;
mod wrap;

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};

pub use position::{Position, locate};
pub use spark::sparkline;
pub use wrap::{COMMANDS, flowed, wrapped};

/// Characters that could drive a terminal or turn the text around a value: controls, and the
/// invisible marks that change direction or join. Two are no characters at all, and XML forbids them.
pub(crate) fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// True if a reader sees nothing of the text: it holds only spaces, controls and characters without a shape.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_unseen)
}

/// The text without what a reader does not see at its ends, as an id or a reference is pasted.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(is_unseen)
}

fn is_unseen(c: char) -> bool {
    c.is_whitespace() || is_dangerous(c) || has_no_shape(c)
}

/// Characters that Unicode lets a display leave out, beside the dangerous ones, and letters whose shape is empty.
fn has_no_shape(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{206a}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0080}'..='\u{e0fff}')
}

/// The text with every control and direction character shown as an escape, such as `\u{1b}`.
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_where(text, is_dangerous)
}

/// As [`escape`], but lines stay lines.
pub fn escape_lines(text: &str) -> Cow<'_, str> {
    escape_where(text, |c| c != '\n' && is_dangerous(c))
}

/// The text as one word of a shell's command, so that a line can be copied from the screen.
pub fn quoted(text: &str) -> Cow<'_, str> {
    // A word of a command line holds no NUL.
    shlex::try_quote(text).unwrap_or_else(|_| Cow::Owned(text.replace('\0', "\\0")))
}

/// A path as one word of a shell's command.
pub fn quoted_path(path: &Path) -> String {
    quoted(&path.display().to_string()).into_owned()
}

/// Columns of a terminal that the text takes, escaped.
pub fn width(text: &str) -> usize {
    console::measure_text_width(&escape(text))
}

fn escape_where(text: &str, dangerous: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&dangerous) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' if dangerous(c) => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if dangerous(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The name of a user, as it is shown: somebody may have written USER:PASSWORD where it belongs.
pub fn without_password(user: &str) -> Cow<'_, str> {
    match user.split_once(':') {
        Some((user, password)) if !password.is_empty() => Cow::Owned(format!("{user}:***")),
        _ => Cow::Borrowed(user),
    }
}

/// The text without the passwords of the URLs in it: a URL that was typed in the wrong place, such as
/// a subcommand's, is repeated by messages that do not know what it is.
pub fn without_passwords(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`')) {
        let start = word.as_ptr().addr() - text.as_ptr().addr();
        for (from, to) in passwords(word).into_iter().flatten() {
            if copied <= start + from {
                out.push_str(&text[copied..start + from]);
                out.push_str("***");
                copied = start + to;
            }
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Ranges of passwords in a word: in `USER:PASSWORD@HOST`, behind a scheme or not, and in
/// `password=PASSWORD`, which a URL of Redis calls `pass`.
fn passwords(word: &str) -> [Option<(usize, usize)>; 2] {
    let is_host = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '[');
    let user = word.find("//").map_or(0, |at| at + 2);
    let host = word.rmatch_indices('@').map(|(at, _)| at).find(|at| is_host(&word[at + 1..]));
    let before_host = host.and_then(|host| {
        let colon = user + word.get(user..host)?.find(':')?;
        Some((colon + 1, host))
    });
    let named = ["password=", "?pass=", "&pass="].iter().find_map(|name| Some(word.find(name)? + name.len()));
    let named = named.map(|value| (value, word[value..].find('&').map_or(word.len(), |end| value + end)));
    [before_host, named].map(|found| found.filter(|(from, to)| from < to))
}

/// A number with its thousands apart: `-1234567.5` becomes `-1,234,567.5`. Other text stays as it is.
pub fn thousands(number: impl Display) -> String {
    let number = number.to_string();
    let (sign, rest) = number.strip_prefix('-').map_or(("", number.as_str()), |r| ("-", r));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(w, f)| (w, Some(f)));
    if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return number;
    }
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match fraction {
        Some(fraction) => format!("{sign}{grouped}.{fraction}"),
        None => format!("{sign}{grouped}"),
    }
}

/// The commands that take the flags of a pack.
const OF_A_PACK: [&str; 6] = ["audit", "jobs", "migrate", "payments", "refund", "wallet"];

/// The commands that look at bursar's own tables or at the server: they take a connection and no pack.
const OF_A_DATABASE: [&str; 9] = [
    "audit history",
    "inspect",
    "migrate wait",
    "operations",
    "refund reject",
    "refund show",
    "settings",
    "wallet adjustments",
    "wallet reject",
];

/// The commands that only look at files.
const OF_FILES: [&str; 2] = ["migrate lint", "migrate new"];

/// A text with these flags in each command of bursar's that it names and that takes them, so that the command works as it
/// is pasted. A text that names such a flag by itself stays as it is.
pub fn with_flags(text: &str, flags: &str) -> String {
    const PROGRAM: &str = "bursar ";
    if flags.is_empty() || ["--app", "--trust-pack"].iter().any(|flag| text.contains(flag)) {
        return text.to_owned();
    }
    // The environment comes first, and says where to connect.
    let of_pack = [" --app ", " --schema ", " --trust-"].iter().filter_map(|flag| flags.find(flag)).min();
    let connection = &flags[..of_pack.unwrap_or(flags.len())];
    let mut parts = text.split(PROGRAM);
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let word = part.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        let is_one_of = |commands: &[&str]| {
            let ends = |rest: &str| !rest.starts_with(|c: char| c == '-' || c.is_alphanumeric());
            commands.iter().any(|command| part.strip_prefix(command).is_some_and(ends))
        };
        let flags = match () {
            () if is_one_of(&OF_FILES) => "",
            () if is_one_of(&OF_A_DATABASE) => connection,
            () if OF_A_PACK.contains(&word) => flags,
            () => "",
        };
        all.extend(["bursar", flags, " ", part]);
    }
    all
}

/// So many of something, in English.
pub fn counted(n: impl Display, what: &str) -> String {
    let n = thousands(n);
    match what.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        _ if n == "1" => format!("{n} {what}"),
        Some(stem) => format!("{n} {stem}ies"),
        None => format!("{n} {what}s"),
    }
}

/// A stretch of time for people, in its largest unit, or its two largest where the first is small: `32 min`,
/// `2 h 5 min`, `3 d 4 h`. Of a negative one it is the length.
pub fn span(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let two = |large: u64, name: &str, small: u64, small_name: &str, few: u64| {
        let (whole, rest) = (seconds / large, seconds % large / small);
        let number = thousands(whole);
        if rest == 0 || whole >= few {
            format!("{number} {name}")
        } else {
            format!("{number} {name} {rest} {small_name}")
        }
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => two(60, "min", 1, "s", 5),
        3_600..86_400 => two(3_600, "h", 60, "min", 24),
        _ => two(86_400, "d", 3_600, "h", 14),
    }
}

/// A duration for people: milliseconds below a second, then seconds with one decimal, then as [`span`].
pub fn milliseconds(ms: i64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => span(ms / 1_000),
    }
}

/// A time in UTC as RFC 3339 has it, with as many digits of a second as it has.
pub fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A time of RFC 3339 for people, to the minute.
pub fn minute(at: Option<&str>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.get(..16).unwrap_or(at).replace('T', " "))
}

/// The beginning of a uuid, which is enough to name it; any other id whole.
pub fn short(id: &str) -> &str {
    if id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') { &id[..13] } else { id }
}

/// The length at which the beginnings of these ids differ, of those that are uuids: what [`short`] shows, or more.
pub fn told_apart<'a>(ids: impl IntoIterator<Item = &'a str>) -> usize {
    let mut uuids: Vec<&str> = ids.into_iter().filter(|id| short(id).len() < id.len()).collect();
    uuids.sort_unstable();
    uuids.dedup();
    let alike = |pair: &[&str]| pair[0].bytes().zip(pair[1].bytes()).take_while(|(a, b)| a == b).count();
    let length = uuids.windows(2).map(alike).max().unwrap_or_default() + 1;
    // None ends in a hyphen.
    length.max(13) + usize::from(matches!(length, 14 | 19 | 24))
}

/// The beginning of a uuid, of this length; any other id whole.
pub fn shortened_to(id: &str, length: usize) -> &str {
    if short(id).len() < id.len() { id.get(..length).unwrap_or(id) } else { id }
}

/// A time of RFC 3339 for people, to the second.
pub fn second(at: &str) -> String {
    at.get(..19).unwrap_or(at).replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::{counted, escape, quoted, shortened_to, span, thousands, told_apart, with_flags, without_passwords};

    #[test]
    fn ids_are_as_long_as_it_takes_to_tell_them_apart() {
        let shown = |ids: &[&'static str]| {
            let length = told_apart(ids.iter().copied());
            ids.iter().map(|id| shortened_to(id, length)).collect::<Vec<_>>().join(" ")
        };
        let (one, other) = ("0193f5a1-2b3c-7abc-8def-000000000001", "0193f5a1-2b3c-7abd-8def-000000000001");
        assert_eq!(shown(&[one, one]), "0193f5a1-2b3c 0193f5a1-2b3c");
        assert_eq!(shown(&[one, other]), "0193f5a1-2b3c-7abc 0193f5a1-2b3c-7abd");
        assert_eq!(shown(&[one, "0193f5a1-2b3c-8abc-8def-000000000001", "7"]), "0193f5a1-2b3c-7 0193f5a1-2b3c-8 7");
        assert_eq!(
            shown(&[one, "0193f5a1-2b3c-7abc-8def-000000000002"]),
            "0193f5a1-2b3c-7abc-8def-000000000001 0193f5a1-2b3c-7abc-8def-000000000002"
        );
        assert_eq!(shown(&["1fa8c2d1-0000-4000-8000-000000000002", "a job"]), "1fa8c2d1-0000 a job");
    }

    #[test]
    fn what_is_copied_into_a_shell_is_one_word() {
        for (text, expected) in [
            ("0fa8-1", "0fa8-1"),
            ("err:1f09ab2", "err:1f09ab2"),
            ("", "''"),
            ("a; rm -rf $HOME", "'a; rm -rf $HOME'"),
            ("it's", "\"it's\""),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }

    #[test]
    fn one_is_not_many() {
        for (n, what, expected) in [
            (1, "entry", "1 entry"),
            (2, "entry", "2 entries"),
            (0, "day", "0 days"),
            (1, "user", "1 user"),
            (1_200, "user", "1,200 users"),
        ] {
            assert_eq!(counted(n, what), expected);
        }
    }

    #[test]
    fn a_span_is_told_in_at_most_two_units() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (1_939, "32 min"),
            (7_500, "2 h 5 min"),
            (273_600, "3 d 4 h"),
            (-30, "30 s"),
            (i64::MIN, "106,751,991,167,300 d"),
        ] {
            assert_eq!(span(seconds), expected);
        }
    }

    #[test]
    fn a_password_in_a_url_is_hidden_and_nothing_else_is() {
        for (from, to) in [
            ("no 'postgres://u:s3cr3t@h:1/x' here", "no 'postgres://u:***@h:1/x' here"),
            ("--url=postgres://u:a:b@c@h/x", "--url=postgres://u:***@h/x"),
            ("u:s3cr3t@h", "u:***@h"),
            ("//u:s3cr3t@[::1]/x?password=other&sslmode=x", "//u:***@[::1]/x?password=***&sslmode=x"),
            ("host=h password=s3cr3t", "host=h password=***"),
            ("redis+unix:///r.sock?user=u&pass=s3cr3t&db=1", "redis+unix:///r.sock?user=u&pass=***&db=1"),
        ] {
            assert_eq!(without_passwords(from), to);
        }
        for same in [
            "postgres://u@h:1/x: refused",
            "at 12:30 to ada@example.com",
            "a::jsonb@>b",
            "x[1:2] @@ y",
            "",
            "password=",
        ] {
            assert_eq!(without_passwords(same), same);
        }
    }

    #[test]
    fn what_drives_a_terminal_is_shown_not_sent() {
        assert_eq!(escape("a\x1b[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(escape("\u{202e}evil\u{9b}31m\n"), "\\u{202e}evil\\u{9b}31m\\n");
        assert_eq!(escape("\u{fffe}\u{ffff}"), "\\u{fffe}\\u{ffff}");
        assert_eq!(escape("ดวง 🌙 é"), "ดวง 🌙 é");
    }

    #[test]
    fn each_command_that_takes_a_pack_gets_its_flags() {
        for (text, expected) in [
            ("look: bursar wallet show a", "look: bursar --app ./p wallet show a"),
            ("bursar audit", "bursar --app ./p audit"),
            ("`bursar audit`, or bursar operations verify", "`bursar --app ./p audit`, or bursar operations verify"),
            ("bursar migrate up --app x", "bursar migrate up --app x"),
            ("bursar walletry; bursar keeps none", "bursar walletry; bursar keeps none"),
        ] {
            assert_eq!(with_flags(text, " --app ./p"), expected);
        }
        assert_eq!(with_flags("bursar audit", ""), "bursar audit");
        let of_history = with_flags("bursar audit history; bursar audit", " --env live --app p --trust-pack");
        assert_eq!(of_history, "bursar --env live audit history; bursar --env live --app p --trust-pack audit");
    }

    #[test]
    fn thousands_are_grouped_and_nothing_else_is_touched() {
        for (from, to) in
            [("0", "0"), ("999", "999"), ("1000", "1,000"), ("-1234567.50", "-1,234,567.50"), ("n/a", "n/a")]
        {
            assert_eq!(thousands(from), to);
        }
    }
}
