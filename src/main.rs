//! The commands of the service.

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use steward::{app, clock::Clock, config::Config, db, demo, http::server, jobs::Worker, state::AppState};

/// happy-aging steward: how a city looks after its elders at home.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve HTTP (and work, unless STEWARD_WORKER=off)
    Serve,
    /// Run the job worker alone
    Work,
    /// Apply the migrations that are missing
    Migrate,
    /// Make the demo city, unless there are users already, and print its log-ins
    Demo {
        /// The same seed gives the same city
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Write the report of a month as an Excel workbook
    Report {
        /// The month, 2024-01
        month: String,
        /// Prefix of the division's code; the whole city unless told
        #[arg(long)]
        division: Option<String>,
        /// Act as this officer, within the officer's area; unless told, the service itself writes the report
        #[arg(long = "as", value_name = "USERNAME")]
        officer: Option<String>,
        /// The file to write
        #[arg(long, value_name = "FILE.xlsx")]
        out: std::path::PathBuf,
    },
    /// Print the contract (OpenAPI, JSON)
    Openapi,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), String> {
    if matches!(command, Command::Openapi) {
        print!("{}", app::openapi_text());
        return Ok(());
    }
    let config = Config::read(|name| std::env::var(name).ok())?;
    logging();
    match command {
        Command::Openapi => Ok(()),
        Command::Migrate => {
            let applied = db::migrate(&config.database)?;
            println!("{} migrations applied", applied.len());
            Ok(())
        }
        Command::Demo { seed } => in_service(config, async |state| make_demo(&state, seed).await),
        Command::Report {
            month,
            division,
            officer,
            out,
        } => in_service(config, async |state| {
            steward::statistics::command::report(&state, &month, division, officer.as_deref(), &out).await
        }),
        Command::Serve => in_service(config, server::run),
        Command::Work => in_service(config, async |state| {
            let (stop, stopped) = tokio::sync::watch::channel(false);
            let worker = actix_web::rt::spawn(Worker::new(state, app::jobs()).run(stopped));
            tokio::signal::ctrl_c().await.map_err(|e| e.to_string())?;
            let _ = stop.send(true);
            worker.await.map_err(|e| e.to_string())
        }),
    }
}

/// Runs `work` on actix's runtime with the service's state.
fn in_service<F>(config: Config, work: F) -> Result<(), String>
where
    F: AsyncFnOnce(AppState) -> Result<(), String>,
{
    actix_web::rt::System::new().block_on(async {
        let state = AppState::start(config, Clock::system())
            .await
            .map_err(|e| format!("cannot start: {e}"))?;
        work(state).await
    })
}

async fn make_demo(state: &AppState, seed: u64) -> Result<(), String> {
    let password = std::env::var("STEWARD_DEMO_PASSWORD")
        .ok()
        .filter(|p| !p.is_empty());
    let password = password.unwrap_or_else(|| {
        state
            .clock
            .random::<12>()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    });
    let made = demo::make(state, password.clone().into(), seed)
        .await
        .map_err(|e| e.to_string())?;
    println!(
        "{}",
        if made {
            "The demo city has been made."
        } else {
            "There are users already; nothing was changed."
        }
    );
    for log_in in &demo::LOG_INS {
        println!("  {:<9} {:<12} {password}", log_in.role, log_in.username);
    }
    println!("  http://{}/api/docs/", state.config.http.listen);
    Ok(())
}

fn logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("STEWARD_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
