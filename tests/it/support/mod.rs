//! What every test stands on: a database of its own from a template made once, the service in-process on a real port with a
//! clock that stands still, and people who speak HTTP.

mod city;
mod person;

pub use city::TestCity;
pub use person::{Person, Reply};

use std::{
    net::TcpListener,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use steward::{
    clock::Clock,
    config::{
        AlertConfig, AttachmentConfig, Config, DatabaseConfig, HttpConfig, LoginConfig, ServiceConfig,
        SheetConfig, WorkerConfig,
    },
    crypto::KeyRing,
    db,
    http::server,
    jobs::Worker,
    state::AppState,
};

/// Keys that protect nothing but tests.
pub const TEST_KEYS: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The service, running.
pub struct Service {
    /// Its state; tests use the pool for looking at what cannot be seen from outside, and the clock.
    pub state: AppState,
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    handle: actix_web::dev::ServerHandle,
    database: String,
}

/// A client that speaks plain HTTP: it loads no certificates.
pub fn http_client() -> reqwest::Client {
    // Somebody else may have named it before, in this process or in the service.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .tls_certs_only([])
        .build()
        .expect("a client")
}

/// The address of the throwaway cluster's admin database.
fn admin_url() -> String {
    std::env::var("DATABASE_URL").expect("DATABASE_URL names the throwaway cluster: run `make test`")
}

fn with_database(name: &str) -> String {
    let admin = admin_url();
    let (server, _) = admin.rsplit_once('/').expect("DATABASE_URL ends in a database");
    format!("{server}/{name}")
}

/// Runs `sql` on the admin database.
pub async fn admin(sql: &str) {
    let (client, connection) = tokio_postgres::connect(&admin_url(), tokio_postgres::NoTls)
        .await
        .expect("the test cluster answers");
    let driver = tokio::spawn(connection);
    client.batch_execute(sql).await.expect("the admin statement runs");
    drop(client);
    driver
        .await
        .expect("the connection's task ends")
        .expect("the connection ends well");
}

/// The migrated template, made once in this process.
fn template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = format!("template_{}", std::process::id());
        let made = name.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(admin(&format!("CREATE DATABASE {made}")));
            db::migrate(&database(&made)).expect("the migrations apply");
        })
        .join()
        .expect("the template is made");
        name
    })
}

/// Settings for a database by name.
pub fn database(name: &str) -> DatabaseConfig {
    DatabaseConfig {
        url: with_database(name),
        schema: None,
        pool_size: 4,
        acquire_timeout: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(10),
    }
}

/// A name that no other test uses.
pub fn fresh_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!(
        "test_{}_{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// Literal settings on a database of its own.
pub fn config(database_name: &str) -> Config {
    Config {
        database: database(database_name),
        http: HttpConfig {
            listen: ([127, 0, 0, 1], 0).into(),
            workers: Some(1),
            shutdown: Duration::from_secs(1),
        },
        login: LoginConfig::default(),
        keys: Arc::new(KeyRing::parse(TEST_KEYS).expect("the test keys are well formed")),
        attachments: AttachmentConfig {
            folder: std::env::temp_dir().join("steward-tests").join(database_name),
            max_bytes: 1024 * 1024,
        },
        sheets: SheetConfig {
            program: env!("CARGO_BIN_EXE_steward").into(),
            patience: Duration::from_secs(30),
        },
        alerts: AlertConfig {
            streams: 100,
            streams_per_account: 100,
            heartbeat: Duration::from_millis(100),
            poll: Duration::from_millis(100),
            webhook_timeout: Duration::from_secs(5),
            webhooks_plain: true,
            webhook_rotation_hours: 24,
        },
        worker: WorkerConfig {
            enabled: false,
            poll: Duration::from_secs(60),
        },
        service: ServiceConfig {
            city: "6301".to_owned(),
            grace_hours: 48,
            no_answer_minutes: 120,
            general_hazard_days: 30,
            major_hazard_days: 7,
            acknowledge_seconds: 60,
            under_way_minutes: 5,
            at_the_door_minutes: 15,
            at_the_door_outside_minutes: 30,
            second_ask_percent: 0,
            dispute_days: 7,
            calls_before_visit: 3,
            small_number: 5,
        },
    }
}

impl Service {
    /// Starts the service at `now` on a fresh database.
    pub async fn start(now: &str) -> Self {
        Self::start_with(now, |_| {}).await
    }

    /// The same with settings of its own.
    pub async fn start_with(now: &str, change: impl FnOnce(&mut Config)) -> Self {
        static SEED: AtomicU64 = AtomicU64::new(1);
        let template = template();
        let database = fresh_name();
        admin(&format!(
            "CREATE DATABASE {database} TEMPLATE {template} STRATEGY file_copy"
        ))
        .await;
        let mut config = config(&database);
        change(&mut config);
        let clock = Clock::manual(
            now.parse().expect("an RFC 3339 instant"),
            SEED.fetch_add(1, Ordering::Relaxed),
        );
        let state = AppState::start(config, clock).await.expect("the service starts");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("a bound socket"));
        let server = server::serve(state.clone(), listener).expect("the server starts");
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self {
            state,
            base,
            handle,
            database,
        }
    }

    /// Runs every job that is due.
    pub async fn run_jobs(&self) -> usize {
        Worker::new(self.state.clone(), steward::app::jobs())
            .run_due()
            .await
            .expect("the queue answers")
    }

    /// Stops the server and drops the database.
    pub async fn stop(self) {
        self.state.stopping.send_replace(true);
        self.handle.stop(true).await;
        let _ = std::fs::remove_dir_all(&self.state.config.attachments.folder);
        admin(&format!("DROP DATABASE {} WITH (FORCE)", self.database)).await;
    }
}
