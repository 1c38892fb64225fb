//! An address as the variables of libpq, for a program of PostgreSQL that connects by itself.

use sqlx::ConnectOptions as _;
use url::form_urlencoded;

use super::target::Target;

impl Target {
    /// The variables that connect libpq as bursar connects. The password is one of them, because everybody on the machine
    /// may read the arguments of a program.
    pub fn libpq(&self) -> Vec<(&'static str, String)> {
        let host = &self.tried()[0];
        let options = &host.options;
        let name = match host.socket() {
            Some(path) => path.display().to_string(),
            None => options.get_host().to_owned(),
        };
        let mut all = vec![
            ("PGHOST", name),
            ("PGPORT", options.get_port().to_string()),
            ("PGUSER", options.get_username().to_owned()),
            ("PGDATABASE", self.database().to_owned()),
        ];
        all.extend(host.address.map(|address| ("PGHOSTADDR", address.to_string())));
        all.extend(options.get_options().map(|options| ("PGOPTIONS", options.to_owned())));
        all.extend(self.allowed.as_ref().map(|(ways, _)| ("PGREQUIREAUTH", ways.listed())));
        // The password has no getter. A name or a host that would not stand in a URL is not in this one.
        let url = options.clone().host("localhost").username("user").database("database").to_url_lossy();
        let password = url.password().map(|password| format!("password={password}")).unwrap_or_default();
        all.extend(
            form_urlencoded::parse(password.as_bytes()).map(|(_, password)| ("PGPASSWORD", password.into_owned())),
        );
        all.extend(host.tls.libpq());
        all
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::db::{Request, resolve};

    #[test]
    fn every_part_of_an_address_is_a_variable() {
        let config = Config::default();
        let of = |url: &str| {
            let request = Request { flag: Some(url), env_name: None, config: &config, var: &|_| None };
            let all = resolve(&request).unwrap().libpq();
            all.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            of(
                "postgres://a%2Fb:p%40%25+%C3%A9@[::1]:6543/shop?sslmode=verify-full&options=-csearch_path%3Dapp&require_auth=none"
            ),
            "PGHOST=::1 PGPORT=6543 PGUSER=a/b PGDATABASE=shop PGOPTIONS=-csearch_path=app PGREQUIREAUTH=none \
             PGPASSWORD=p@%+é PGSSLMODE=verify-full PGSSLROOTCERT=system"
        );
        assert_eq!(
            of("postgres://me@%2Ftmp%2Fa%20b:5433/d"),
            "PGHOST=/tmp/a b PGPORT=5433 PGUSER=me PGDATABASE=d PGSSLMODE=disable"
        );
    }
}
