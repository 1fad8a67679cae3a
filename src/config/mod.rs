//! Settings, one small struct per concern, read once from the environment; all that is wrong is said in one message.

use crate::crypto::KeyRing;
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

/// Every setting of the service.
#[derive(Clone)]
pub struct Config {
    /// The database.
    pub database: DatabaseConfig,
    /// The listener.
    pub http: HttpConfig,
    /// Log-in rules.
    pub login: LoginConfig,
    /// Keys for sealed fields, look-up hashes, tokens and signatures.
    pub keys: Arc<KeyRing>,
    /// Where photos lie.
    pub attachments: AttachmentConfig,
    /// How enrolment lists are read.
    pub sheets: SheetConfig,
    /// How alerts leave.
    pub alerts: AlertConfig,
    /// The background worker.
    pub worker: WorkerConfig,
    /// Rules of the service itself that a city may set.
    pub service: ServiceConfig,
}

/// How to reach PostgreSQL.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// `DATABASE_URL`.
    pub url: String,
    /// `STEWARD_SCHEMA`: the city's schema; none leaves the connection's own `search_path`.
    pub schema: Option<String>,
    /// `STEWARD_POOL_SIZE`: connections of this process, 1 to 200.
    pub pool_size: usize,
    /// `STEWARD_ACQUIRE_TIMEOUT_MS`: how long a request waits for a connection before 503.
    pub acquire_timeout: Duration,
    /// `STEWARD_STATEMENT_TIMEOUT_MS`: how long a statement may run before 503.
    pub statement_timeout: Duration,
}

/// Where the service listens.
#[derive(Clone)]
pub struct HttpConfig {
    /// `STEWARD_LISTEN`.
    pub listen: SocketAddr,
    /// `STEWARD_HTTP_WORKERS`: threads that serve requests; none takes one per core.
    pub workers: Option<usize>,
    /// How long requests in flight are given at a stop.
    pub shutdown: Duration,
}

/// Log-in rules; the defaults are customary values for GB/T 22239 level 3.
#[derive(Clone)]
pub struct LoginConfig {
    /// Life of an access token.
    pub access_minutes: i64,
    /// Life of a session without use.
    pub refresh_days: i64,
    /// Failures until the account is locked.
    pub max_failures: i16,
    /// How long it stays locked.
    pub lock_minutes: i64,
    /// Argon2 runs at once; each takes 19 MiB and a core for 25 ms.
    pub hash_permits: usize,
    /// `STEWARD_REQUIRE_TOTP`: officers, duty desk, auditors and administrators must have a second factor.
    pub require_totp: bool,
}

/// Where photos and signatures lie.
#[derive(Clone)]
pub struct AttachmentConfig {
    /// `STEWARD_ATTACHMENTS`: a local folder.
    pub folder: PathBuf,
    /// Largest upload in bytes.
    pub max_bytes: usize,
}

/// How enrolment lists are read: in a process of their own, because a forged file can end the process that reads it.
#[derive(Clone)]
pub struct SheetConfig {
    /// The program that is started with `read-sheet`: this one.
    pub program: PathBuf,
    /// How long it may take before it is stopped.
    pub patience: Duration,
}

/// How alerts leave: streams and webhooks.
#[derive(Clone)]
pub struct AlertConfig {
    /// `STEWARD_STREAMS`: open streams of this process.
    pub streams: usize,
    /// `STEWARD_STREAMS_PER_ACCOUNT`: open streams of one account in this process.
    pub streams_per_account: usize,
    /// A silent stream says this often that it is alive.
    pub heartbeat: Duration,
    /// How often streams look for alerts when nobody wakes them.
    pub poll: Duration,
    /// `STEWARD_WEBHOOK_TIMEOUT_SECONDS`: how long a gateway may take to answer.
    pub webhook_timeout: Duration,
    /// `STEWARD_WEBHOOKS_PLAIN`: gateways may be addressed by http, where the city's own network protects the way.
    pub webhooks_plain: bool,
    /// `STEWARD_WEBHOOK_ROTATION_HOURS`: how long the former secret signs beside a new one.
    pub webhook_rotation_hours: i64,
}

/// The background worker inside this process.
#[derive(Clone)]
pub struct WorkerConfig {
    /// `STEWARD_WORKER`: off where a `steward work` process does it.
    pub enabled: bool,
    /// How often it looks for due jobs when nobody wakes it.
    pub poll: Duration,
}

/// Rules that a city may set.
#[derive(Clone)]
pub struct ServiceConfig {
    /// `STEWARD_CITY`: the city's division prefix.
    pub city: String,
    /// `STEWARD_GRACE_HOURS`: how long after a period a visit may still come in from a phone before it counts as missed.
    pub grace_hours: i64,
    /// `STEWARD_NO_ANSWER_MINUTES`: how long a shut door may stay unresolved before it is an emergency.
    pub no_answer_minutes: i64,
    /// `STEWARD_GENERAL_HAZARD_DAYS`: deadline of a general hazard.
    pub general_hazard_days: i64,
    /// `STEWARD_MAJOR_HAZARD_DAYS`: deadline of a major one.
    pub major_hazard_days: i64,
    /// `STEWARD_ACKNOWLEDGE_SECONDS`: an emergency acknowledged within them was answered in time.
    pub acknowledge_seconds: i64,
    /// `STEWARD_UNDER_WAY_MINUTES`: somebody is to be under way to an emergency within them.
    pub under_way_minutes: i64,
    /// `STEWARD_AT_THE_DOOR_MINUTES`: and at the door, who is in the compound.
    pub at_the_door_minutes: i64,
    /// `STEWARD_AT_THE_DOOR_OUTSIDE_MINUTES`: and at the door, who comes from outside it.
    pub at_the_door_outside_minutes: i64,
    /// `STEWARD_SECOND_ASK_PERCENT`: of so many surveys in a hundred somebody else asks again.
    pub second_ask_percent: u8,
    /// `STEWARD_DISPUTE_DAYS`: how long after a survey came in a provider may dispute it.
    pub dispute_days: i64,
    /// `STEWARD_CALLS_BEFORE_VISIT`: after so many calls in vain an elder is to be asked at home.
    pub calls_before_visit: u32,
    /// `STEWARD_SMALL_NUMBER`: a figure about how elders answered is not shown of fewer.
    pub small_number: i64,
}

impl Config {
    /// Reads the settings through `get`, usually `std::env::var(..).ok()`.
    ///
    /// # Errors
    /// One message that names everything that is wrong.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let mut reader = Reader {
            get: &get,
            wrong: Vec::new(),
        };
        let url = reader.required("DATABASE_URL", |v| {
            v.parse::<tokio_postgres::Config>()
                .map(|_| v.to_owned())
                .map_err(|_| "not a PostgreSQL address".to_owned())
        });
        let keys = reader.required("STEWARD_KEYS", |v| {
            KeyRing::parse(v).map(Arc::new).map_err(|e| e.to_string())
        });
        let schema = reader.optional("STEWARD_SCHEMA", |v| {
            let plain = !v.is_empty()
                && v.len() <= 63
                && v.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if plain {
                Ok(v.to_owned())
            } else {
                Err("only a-z, 0-9 and _, at most 63".to_owned())
            }
        });
        let pool_size = reader.number("STEWARD_POOL_SIZE", 16, 1, 200);
        let acquire_timeout = reader.number("STEWARD_ACQUIRE_TIMEOUT_MS", 2_000, 1, 60_000);
        let statement_timeout = reader.number("STEWARD_STATEMENT_TIMEOUT_MS", 10_000, 1, 600_000);
        let http = HttpConfig {
            listen: reader.or("STEWARD_LISTEN", SocketAddr::from(([127, 0, 0, 1], 8080)), |v| {
                v.parse()
                    .map_err(|_| "not an address and port such as 127.0.0.1:8080".to_owned())
            }),
            workers: reader.optional("STEWARD_HTTP_WORKERS", |v| match v.parse() {
                Ok(n @ 1..=256) => Ok(n),
                _ => Err("not a number from 1 to 256".to_owned()),
            }),
            shutdown: Duration::from_secs(reader.number("STEWARD_SHUTDOWN_SECONDS", 20, 0, 600)),
        };
        let login = LoginConfig {
            require_totp: reader.or("STEWARD_REQUIRE_TOTP", false, on_off),
            ..LoginConfig::default()
        };
        let attachments = AttachmentConfig {
            folder: reader.or("STEWARD_ATTACHMENTS", PathBuf::from(".local/attachments"), |v| {
                Ok(PathBuf::from(v))
            }),
            max_bytes: 10 * 1024 * 1024,
        };
        let sheets = SheetConfig {
            // Asked for at start: once the file has been replaced by a newer one, its name would no longer be found.
            program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("steward")),
            patience: Duration::from_secs(30),
        };
        let alerts = AlertConfig {
            streams: reader.number("STEWARD_STREAMS", 2_000, 1, 100_000),
            streams_per_account: reader.number("STEWARD_STREAMS_PER_ACCOUNT", 6, 1, 100),
            heartbeat: Duration::from_secs(15),
            poll: Duration::from_secs(2),
            webhook_timeout: Duration::from_secs(reader.number("STEWARD_WEBHOOK_TIMEOUT_SECONDS", 10, 1, 60)),
            webhooks_plain: reader.or("STEWARD_WEBHOOKS_PLAIN", false, on_off),
            webhook_rotation_hours: reader.number("STEWARD_WEBHOOK_ROTATION_HOURS", 24, 1, 720),
        };
        let worker = WorkerConfig {
            enabled: reader.or("STEWARD_WORKER", true, on_off),
            poll: Duration::from_secs(1),
        };
        let service = ServiceConfig {
            city: reader.or("STEWARD_CITY", "6301".to_owned(), |v| {
                let digits = matches!(v.len(), 2 | 4 | 6)
                    && v.bytes().all(|b| b.is_ascii_digit())
                    && !v.starts_with('0');
                if digits {
                    Ok(v.to_owned())
                } else {
                    Err("not a division prefix of 2, 4 or 6 digits".to_owned())
                }
            }),
            grace_hours: reader.number("STEWARD_GRACE_HOURS", 48, 0, 336),
            no_answer_minutes: reader.number("STEWARD_NO_ANSWER_MINUTES", 120, 1, 2_880),
            general_hazard_days: reader.number("STEWARD_GENERAL_HAZARD_DAYS", 30, 1, 365),
            major_hazard_days: reader.number("STEWARD_MAJOR_HAZARD_DAYS", 7, 1, 365),
            acknowledge_seconds: reader.number("STEWARD_ACKNOWLEDGE_SECONDS", 60, 1, 3_600),
            under_way_minutes: reader.number("STEWARD_UNDER_WAY_MINUTES", 5, 1, 240),
            at_the_door_minutes: reader.number("STEWARD_AT_THE_DOOR_MINUTES", 15, 1, 480),
            at_the_door_outside_minutes: reader.number("STEWARD_AT_THE_DOOR_OUTSIDE_MINUTES", 30, 1, 480),
            second_ask_percent: reader.number("STEWARD_SECOND_ASK_PERCENT", 5, 0, 100),
            dispute_days: reader.number("STEWARD_DISPUTE_DAYS", 7, 1, 90),
            calls_before_visit: reader.number("STEWARD_CALLS_BEFORE_VISIT", 3, 1, 20),
            small_number: reader.number("STEWARD_SMALL_NUMBER", 5, 1, 100),
        };
        match (url, keys) {
            (Some(url), Some(keys)) if reader.wrong.is_empty() => Ok(Self {
                database: DatabaseConfig {
                    url,
                    schema,
                    pool_size,
                    acquire_timeout: Duration::from_millis(acquire_timeout),
                    statement_timeout: Duration::from_millis(statement_timeout),
                },
                http,
                login,
                keys,
                attachments,
                sheets,
                alerts,
                worker,
                service,
            }),
            _ => Err(format!(
                "The settings are not right:\n  {}",
                reader.wrong.join("\n  ")
            )),
        }
    }
}

impl DatabaseConfig {
    /// The address with the city's schema in front of `public`, where extensions live.
    pub fn url_with_search_path(&self) -> String {
        match &self.schema {
            None => self.url.clone(),
            Some(schema) => {
                let join = if self.url.contains('?') { '&' } else { '?' };
                format!("{}{join}options=-csearch_path%3D{schema}%2Cpublic", self.url)
            }
        }
    }
}

impl Default for LoginConfig {
    fn default() -> Self {
        Self {
            access_minutes: 15,
            refresh_days: 14,
            max_failures: 5,
            lock_minutes: 30,
            hash_permits: 2,
            require_totp: false,
        }
    }
}

fn on_off(value: &str) -> Result<bool, String> {
    match value {
        "on" | "true" | "1" => Ok(true),
        "off" | "false" | "0" => Ok(false),
        _ => Err("neither on nor off".to_owned()),
    }
}

struct Reader<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
    wrong: Vec<String>,
}

impl Reader<'_> {
    fn optional<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let value = (self.get)(name)?;
        match parse(value.trim()) {
            Ok(parsed) => Some(parsed),
            // The value itself is not repeated: it may be a secret.
            Err(why) => {
                self.wrong.push(format!("{name}: {why}"));
                None
            }
        }
    }

    fn or<T>(&mut self, name: &str, default: T, parse: impl FnOnce(&str) -> Result<T, String>) -> T {
        self.optional(name, parse).unwrap_or(default)
    }

    fn number<T: std::str::FromStr + PartialOrd + Copy + std::fmt::Display>(
        &mut self,
        name: &str,
        default: T,
        least: T,
        most: T,
    ) -> T {
        self.or(name, default, |v| match v.parse() {
            Ok(n) if n >= least && n <= most => Ok(n),
            _ => Err(format!("not a number from {least} to {most}")),
        })
    }

    fn required<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        if (self.get)(name).is_none() {
            self.wrong.push(format!("{name}: not set"));
        }
        self.optional(name, parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_said_at_once_and_no_value_is_repeated() {
        let message = Config::read(|name| match name {
            "STEWARD_LISTEN" => Some("nowhere".to_owned()),
            "STEWARD_POOL_SIZE" => Some("0".to_owned()),
            "STEWARD_KEYS" => Some("k1:c2VjcmV0".to_owned()),
            _ => None,
        })
        .err()
        .unwrap();
        for name in [
            "DATABASE_URL: not set",
            "STEWARD_LISTEN:",
            "STEWARD_POOL_SIZE: not a number from 1 to 200",
            "STEWARD_KEYS:",
        ] {
            assert!(message.contains(name), "{message}");
        }
        assert!(!message.contains("nowhere") && !message.contains("c2VjcmV0"));
    }
}
