//! The commands of the service.

use clap::{Args, Parser, Subcommand};
use secrecy::ExposeSecret;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};
use steward::{
    app,
    areas::{self, model::EditionImport},
    clock::Clock,
    config::Config,
    db, demo, elders,
    http::server,
    ids::OrganisationId,
    jobs::{Worker, in_transaction},
    resources,
    sheet::{self, Form, RowRejection},
    staff::{commands as accounts, model::NewUser},
    state::AppState,
    tx::{Role, Stamp},
};

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
        /// The same seed at the same instant gives the same city
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many times 21 communities and 3,000 elders
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1_000))]
        scale: u16,
        /// Weeks of history, the present one among them
        #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=520))]
        weeks: u16,
    },
    /// Accounts: the first administrator of a fresh city, and who is locked out
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Import a yearly list of divisions (code,name,level,kind)
    Divisions {
        /// The list, UTF-8
        file: PathBuf,
        /// Its year
        #[arg(long, value_parser = clap::value_parser!(i16).range(2000..=2100))]
        edition: i16,
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
        out: PathBuf,
    },
    /// Print the contract (OpenAPI, JSON)
    Openapi,
    /// Take a list in
    Import {
        #[command(subcommand)]
        list: List,
    },
    /// Read a list from the standard input for the service that started this process
    #[command(hide = true)]
    ReadSheet {
        /// Which list
        #[arg(value_parser = form)]
        form: &'static Form,
    },
}

#[derive(Subcommand)]
enum UserCommand {
    /// Make an account and print its one-time password
    Add {
        /// User name: a-z, 0-9, and . _ - after the first
        name: String,
        /// steward, provider, officer, duty, auditor or admin
        #[arg(long, value_parser = role)]
        role: Role,
        /// Division prefix of an officer, duty desk or auditor, such as 6301
        #[arg(long)]
        scope: Option<String>,
        /// Organisation of a provider's account
        #[arg(long)]
        organisation: Option<uuid::Uuid>,
        /// How the person is called; the user name unless told
        #[arg(long)]
        display_name: Option<String>,
    },
    /// Print a new one-time password; the account's sessions end
    ResetPassword {
        /// User name
        name: String,
    },
    /// Disable an account
    Disable {
        /// User name
        name: String,
    },
    /// Print the accounts
    List,
}

fn role(text: &str) -> Result<Role, String> {
    Role::ALL
        .into_iter()
        .find(|role| role.as_str() == text)
        .ok_or_else(|| format!("one of {}", Role::ALL.map(Role::as_str).join(", ")))
}

#[derive(Subcommand)]
enum List {
    /// An enrolment list, .xlsx or .xls; its bad rows come back beside it as FILE.errors.xlsx
    Elders(ListFile),
    /// Organisations of the library, .xlsx or .xls; its bad rows come back beside it as FILE.errors.xlsx
    Resources(ListFile),
}

#[derive(Args)]
struct ListFile {
    /// The list
    file: PathBuf,
    /// Only say what would become of it
    #[arg(long)]
    dry_run: bool,
    /// The officer for whom it is done: user name
    #[arg(long = "as", value_name = "USERNAME")]
    officer: String,
}

/// The lists that can be read.
static FORMS: [&Form; 2] = [&elders::sheet::FORM, &resources::sheet::FORM];

fn form(key: &str) -> Result<&'static Form, String> {
    let found = FORMS.iter().find(|form| form.key == key).copied();
    found.ok_or_else(|| format!("there is no list {key}"))
}

/// Processor time for reading one list.
const READING: Duration = Duration::from_secs(30);

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
    if let Command::ReadSheet { form } = command {
        // Knows no settings: whoever sent the file may have made it to take this process over.
        return sheet::reader::read_here(form, READING);
    }
    let config = Config::read(|name| std::env::var(name).ok())?;
    logging();
    match command {
        Command::Openapi | Command::ReadSheet { .. } => Ok(()),
        Command::Import { list } => in_service(config, async |state| import(&state, &list).await),
        Command::Migrate => {
            let applied = db::migrate(&config.database)?;
            println!("{} migrations applied", applied.len());
            Ok(())
        }
        Command::Demo { seed, scale, weeks } => {
            let plan = demo::Plan {
                seed,
                scale: scale.into(),
                weeks: weeks.into(),
            };
            in_service(config, async |state| make_demo(&state, plan).await)
        }
        Command::User { command } => in_service(config, async |state| user(&state, command).await),
        Command::Divisions { file, edition } => {
            let csv = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            in_service(config, async |state| divisions(&state, edition, &csv).await)
        }
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
            let told_to_stop = server::told_to_stop()?;
            let (stop, stopped) = tokio::sync::watch::channel(false);
            let worker = actix_web::rt::spawn(Worker::new(state, app::jobs()).run(stopped));
            tracing::info!("working");
            told_to_stop.await;
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

async fn user(state: &AppState, command: UserCommand) -> Result<(), String> {
    let said = |problem: steward::error::Problem| problem.to_string();
    match command {
        UserCommand::Add {
            name,
            role,
            scope,
            organisation,
            display_name,
        } => {
            let new = NewUser {
                display_name: display_name.unwrap_or_else(|| name.clone()),
                username: name,
                role,
                scope,
                organisation_id: organisation.map(OrganisationId),
            };
            let (user, password) = accounts::add(state, new).await.map_err(said)?;
            println!(
                "{} {} {}",
                user.role.as_str(),
                user.username,
                password.expose_secret()
            );
        }
        UserCommand::ResetPassword { name } => {
            let password = accounts::reset_password(state, &name).await.map_err(said)?;
            println!("{name} {}", password.expose_secret());
        }
        UserCommand::Disable { name } => {
            accounts::disable(state, &name).await.map_err(said)?;
            println!("{name} is disabled");
        }
        UserCommand::List => accounts::list(state, |line| println!("{line}"))
            .await
            .map_err(said)?,
    }
    Ok(())
}

async fn divisions(state: &AppState, edition: i16, csv: &str) -> Result<(), String> {
    let EditionImport {
        rows,
        added,
        renamed,
        revoked,
        communities_in_revoked,
        ..
    } = in_transaction(state, Stamp::system(state), async |tx| {
        areas::queries::import_edition(tx, edition, csv).await
    })
    .await
    .map_err(|e| e.to_string())?;
    println!("{edition}: {rows} divisions, {added} added, {renamed} renamed, {revoked} revoked");
    for community in communities_in_revoked {
        println!(
            "  in revoked {}: {} {}",
            community.division_code, community.code, community.name
        );
    }
    Ok(())
}

async fn make_demo(state: &AppState, plan: demo::Plan) -> Result<(), String> {
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
    let made = demo::make(state, password.clone().into(), plan)
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

async fn import(state: &AppState, list: &List) -> Result<(), String> {
    let (List::Elders(ListFile {
        file,
        dry_run,
        officer,
    })
    | List::Resources(ListFile {
        file,
        dry_run,
        officer,
    })) = list;
    let bytes = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let nothing = if *dry_run {
        " (dry run: nothing was changed)"
    } else {
        ""
    };
    let (rejections, errors) = match list {
        List::Elders(_) => {
            let (report, errors) = elders::import::command::run(state, officer, bytes, *dry_run)
                .await
                .map_err(|e| e.to_string())?;
            println!(
                "{} rows: {} created, {} updated, {} unchanged, {} rejected{nothing}",
                report.rows, report.created, report.updated, report.unchanged, report.rejected
            );
            (report.rejections, errors)
        }
        List::Resources(_) => {
            let (report, errors) = resources::import::command::run(state, officer, bytes, *dry_run)
                .await
                .map_err(|e| e.to_string())?;
            println!(
                "{} rows: {} organisations created, {} updated, {} unchanged; {} rows rejected{nothing}",
                report.rows, report.created, report.updated, report.unchanged, report.rejected
            );
            (report.rejections, errors)
        }
    };
    rejected(file, &rejections, errors)
}

/// Names the rejected rows, and puts the sheet of what has to be corrected beside the list.
fn rejected(file: &Path, rejections: &[RowRejection], errors: Option<Vec<u8>>) -> Result<(), String> {
    for RowRejection { row, reasons } in rejections {
        println!("  row {row}: {}", reasons.join("；"));
    }
    if let Some(errors) = errors {
        let beside = file.with_extension("errors.xlsx");
        std::fs::write(&beside, errors).map_err(|e| format!("{}: {e}", beside.display()))?;
        println!("The rejected rows are in {}", beside.display());
    }
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
