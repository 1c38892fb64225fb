//! The page that goes from three databases to a first audit, run as it is written.

use std::path::Path;
use std::time::Instant;

use crate::packs::{blocks, follow};
use crate::support::{Db, Template, env, file, hermetic, run};

/// The server of a URL, as the page expects it: in the variables that psql reads.
fn server(url: &str) -> Vec<(&'static str, String)> {
    let url = url::Url::parse(url).unwrap();
    let named = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let host = url.host_str().filter(|h| !h.is_empty()).map(str::to_owned).or_else(|| named("host"));
    let port = url.port().map(|p| p.to_string()).or_else(|| named("port"));
    let user = Some(url.username().to_owned()).filter(|u| !u.is_empty()).or_else(|| named("user"));
    let password = url.password().map(str::to_owned).or_else(|| named("password"));
    let all = [("PGHOST", host), ("PGPORT", port), ("PGUSER", user), ("PGPASSWORD", password)];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Each shape begins at `createdb`. An audit is clean where the rows are sound, and names the fault that the page makes.
#[test]
#[expect(clippy::disallowed_macros, reason = "the figures are what it is run for")]
fn each_database_of_the_tutorial_gets_an_audit_that_is_right() {
    let db = Db::new(Template::Empty);
    for name in ["coins", "books", "shop"] {
        db.sql(&format!("DROP DATABASE IF EXISTS {name}_tutorial"));
        db.sql(&format!("DROP ROLE IF EXISTS {name}_reader"));
    }
    let server = server(&db.url());
    let folder = tempfile::tempdir().unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_bursar")).parent().unwrap().display().to_string();
    let path = format!("{programs}:{}:{}", std::env::var("PATH").unwrap(), env("BURSAR_PG_BIN").unwrap_or_default());
    let page = std::fs::read_to_string(file("docs/tutorial.md")).unwrap();
    let (mut exported, mut commands) = (String::new(), 0);
    for section in page.split("\n## ").skip(1) {
        let began = Instant::now();
        for (language, text) in blocks(section) {
            let shell = |command: &str| {
                let mut sh = std::process::Command::new("sh");
                hermetic(&mut sh);
                sh.args(["-ec", &format!("{exported}{command}")]).env("PATH", &path).envs(server.iter().cloned());
                run(sh.current_dir(folder.path()))
            };
            match language.as_str() {
                "sh" => {
                    shell(&text).ok();
                    exported.extend(text.lines().filter(|l| l.starts_with("export ")).map(|l| format!("{l}\n")));
                }
                "console" => commands += follow(&text, &shell),
                other => panic!("a block of {other}"),
            }
        }
        let title = section.lines().next().unwrap_or_default();
        eprintln!("{title}: {:.1} s", began.elapsed().as_secs_f64());
    }
    assert_eq!(commands, 12);
}
