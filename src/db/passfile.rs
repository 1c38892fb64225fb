//! The password file, as libpq reads it. sqlx would give the password of `localhost` to whoever listens in any folder.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::text::{quoted_path, without_password};

/// The password for a host, port, database and user, or what to do about there being none.
///
/// # Errors
/// The file has none for them, or others may read it, so that it does not count.
pub(super) fn password(file: &Path, wanted: [&str; 4]) -> Result<String, String> {
    let shown = file.display().to_string();
    let mode = std::fs::metadata(file).map_or(0, |seen| seen.permissions().mode());
    if mode & 0o77 != 0 && file != Path::new("/dev/null") {
        return Err(format!(
            "the password file may be used by others, so it does not count: chmod 600 {}",
            quoted_path(file)
        ));
    }
    let text = crate::files::read_text(file).unwrap_or_default();
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.find_map(|line| in_line(line, wanted)).filter(|password| !password.is_empty()).ok_or_else(|| {
        // It may be the password.
        if without_password(wanted[3]) != wanted[3] {
            return "set PGPASSWORD, and name the user without it".to_owned();
        }
        let line = wanted.map(|field| field.replace('\\', r"\\").replace(':', r"\:")).join(":");
        format!("set PGPASSWORD, or add the line {line}:PASSWORD to {shown}")
    })
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
