//! A password file that the URL names. The usual one is sqlx's to read.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The password for a host, port, database and user; none where the file has none, or others may read it, as in libpq.
pub(super) fn password(file: &Path, wanted: [&str; 4]) -> Option<String> {
    let private = std::fs::metadata(file).ok()?.permissions().mode() & 0o77 == 0;
    let text = crate::files::read_text(file).ok().filter(|_| private)?;
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| in_line(line, wanted))
}

fn in_line(line: &str, wanted: [&str; 4]) -> Option<String> {
    let (mut fields, mut escaped) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '\\' if !escaped => escaped = true,
            ':' if !escaped => fields.push(String::new()),
            c => {
                escaped = false;
                fields.last_mut()?.push(c);
            }
        }
    }
    let fits = wanted.iter().enumerate().all(|(i, wanted)| fields.get(i).is_some_and(|f| f == "*" || f == wanted));
    fits.then(|| fields.get(4).cloned()).flatten()
}

#[cfg(test)]
mod tests {
    use super::in_line;

    #[test]
    fn a_line_is_read_with_its_escapes() {
        let wanted = ["::1", "5432", "shop", "me"];
        assert_eq!(in_line(r"\:\:1:*:shop:me:a\:b\\c", wanted).as_deref(), Some(r"a:b\c"));
        assert_eq!(in_line("::1:*:shop:me:x", wanted), None);
        assert_eq!(in_line("*:5433:*:*:x", wanted), None);
    }
}
