//! The fake gateway's side of HTTP/1.1, byte by byte, so that it can also be wrong.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Result, Write as _};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::{lock, until};
use super::{Answer, Inner, Trouble};

/// A request, as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// Such as `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The query's parameters.
    pub query: HashMap<String, String>,
    /// By their names in small letters.
    pub headers: HashMap<String, String>,
    /// As it came.
    pub body: String,
}

impl Request {
    /// Method and path.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The idempotency key, of either gateway.
    pub fn key(&self) -> Option<String> {
        ["idempotency-key", "paypal-request-id"].iter().find_map(|name| self.headers.get(*name).cloned())
    }

    /// The body's parameters, where it is a form.
    pub fn form(&self) -> HashMap<String, String> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    /// The body, where it is JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    fn read(stream: &TcpStream) -> Result<Option<Self>> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? <= 2 {
                break;
            }
            if let Some((name, value)) = line.split_once(':') {
                headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
        }
        let length = headers.get("content-length").map_or(0, |l| l.parse().expect("a length"));
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        Ok(Some(Request {
            method,
            path: path.to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers,
            body: String::from_utf8(body).expect("UTF-8"),
        }))
    }
}

impl Inner {
    /// One request of one connection.
    pub(super) fn serve(&self, stream: TcpStream) -> Result<()> {
        let Some(request) = Request::read(&stream)? else { return Ok(()) };
        let trouble = {
            let mut state = lock(&self.state);
            state.requests.push(request.clone());
            state.trouble(&request)
        };
        let hook = |which: usize| {
            let hook = lock(&self.hooks)[which].clone();
            hook.into_iter().for_each(|hook| hook(&request));
        };
        hook(0);
        let answer = self.act(&request, &trouble);
        hook(1);
        match answer {
            Some(answer) => send(stream, answer, &trouble),
            None => Ok(()),
        }
    }

    /// Does it, unless the trouble comes before; `None` where the connection is to be dropped.
    fn act(&self, request: &Request, trouble: &Trouble) -> Option<Answer> {
        let failed = (500, json!({ "error": { "type": "api_error", "message": "Something went wrong." } }));
        Some(match trouble {
            Trouble::DropBefore => return None,
            Trouble::FailBefore => failed,
            Trouble::TooMany(_) => (429, json!({ "error": { "type": "rate_limit_error", "message": "Too many." } })),
            Trouble::Conflict => conflict(request),
            Trouble::Redirect(_) => (307, json!({})),
            Trouble::Answer(status, body) => (*status, body.clone()),
            trouble => {
                let answer = lock(&self.state).answer(request, matches!(trouble, Trouble::IgnoreKey));
                match trouble {
                    Trouble::DropAfter => return None,
                    Trouble::FailAfter => failed,
                    _ => answer,
                }
            }
        })
    }
}

fn conflict(request: &Request) -> Answer {
    if request.path.starts_with("/v2") {
        let issue = json!({ "issue": "PREVIOUS_REQUEST_IN_PROGRESS", "description": "It is in progress." });
        return (409, json!({ "name": "RESOURCE_CONFLICT", "message": "A conflict.", "details": [issue] }));
    }
    let error = json!({ "type": "idempotency_error", "code": "idempotency_key_in_use", "message": "It is in use." });
    (409, json!({ "error": error }))
}

fn send(mut stream: TcpStream, (status, body): Answer, trouble: &Trouble) -> Result<()> {
    let mut body = body.to_string();
    let mut headers = String::new();
    match trouble {
        Trouble::Malformed => body.truncate(body.len() - 1),
        Trouble::Huge => body.insert_str(1, &format!("\"padding\":\"{}\",", "x".repeat(1024 * 1024))),
        Trouble::TooMany(Some(seconds)) => headers = format!("Retry-After: {seconds}\r\n"),
        Trouble::Redirect(to) => headers = format!("Location: {to}\r\n"),
        Trouble::Slow(pause) => std::thread::sleep(*pause),
        Trouble::Held(released) => until("the release of an answer", || released.load(Ordering::SeqCst)),
        _ => {}
    }
    let twice = matches!(trouble, Trouble::Twice);
    let connection = if twice { "keep-alive" } else { "close" };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: {connection}\r\n{headers}\r\n",
        body.len()
    );
    if matches!(trouble, Trouble::BreakOff) {
        body.truncate(body.len() / 2);
    }
    let answer = head + &body;
    stream.write_all(answer.as_bytes())?;
    if twice {
        stream.write_all(answer.as_bytes())?;
        // The connection stays open, for a client that would use it again.
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        let _ = stream.read(&mut [0]);
    }
    Ok(())
}
