//! Reading a list in a process of its own.
//!
//! The parser believes the counts that a file declares, so that a forged one makes it ask for terabytes and the process is
//! ended by its own allocator. The service therefore starts itself once more as `steward read-sheet FORM`: the bytes go in, rows
//! or a refusal come out. That process knows no keys and no database, bounds its own memory and processor time before it looks
//! at the first byte, and is killed when it takes too long or when the request that asked for it goes away.

use super::{
    Form, MAX_BYTES, Row, SHEET_DAMAGED, SHEET_ENCRYPTED, SHEET_HEADINGS, SHEET_NOT_EXCEL, SHEET_TOO_LARGE,
    SHEET_TOO_MANY_ROWS, SHEET_UNREADABLE, SheetError,
};
use crate::{
    config::SheetConfig,
    error::{Problem, UNAVAILABLE},
};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};
use std::{
    io::{Read, Write},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
    sync::Semaphore,
};

/// Memory that the reading process may map: 1 GiB.
const MEMORY: u64 = 1 << 30;
/// Largest answer of the reading process.
const MAX_ANSWER: u64 = 64 << 20;
/// Lists that are read at once in this process; each may take [`MEMORY`].
static READERS: Semaphore = Semaphore::const_new(2);
/// How long a list waits for its turn.
const TURN: Duration = Duration::from_secs(30);

/// What the reading process says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Rows(Vec<Row>),
    Refused { code: String, message: String },
}

/// Reads a list, `.xlsx` or `.xls`, in a process of its own.
///
/// # Errors
/// 422 for a file that is no readable list, 413 for one that holds too much, 503 when too many are being read.
pub async fn read(config: &SheetConfig, form: &Form, bytes: &[u8]) -> Result<Vec<Row>, Problem> {
    let _turn = tokio::time::timeout(TURN, READERS.acquire())
        .await
        .map_err(|_| UNAVAILABLE.with("too many lists are being read at once"))?
        .map_err(Problem::internal)?;
    let mut child = Command::new(&config.program)
        .args(["read-sheet", form.key])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(Problem::internal)?;
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Problem::internal("the reading process has no pipes"));
    };
    let feed = async move {
        // A process that refuses early closes its ear; what it says counts.
        let _ = stdin.write_all(bytes).await;
        drop(stdin);
    };
    let listen = async move {
        let mut answer = Vec::new();
        stdout
            .take(MAX_ANSWER + 1)
            .read_to_end(&mut answer)
            .await
            .map(|_| answer)
    };
    let work = async {
        let ((), answer) = tokio::join!(feed, listen);
        let answer = answer.map_err(Problem::internal)?;
        if answer.len() as u64 > MAX_ANSWER {
            return Err(SHEET_TOO_LARGE.with(SheetError::TooLarge.to_string()));
        }
        let status = child.wait().await.map_err(Problem::internal)?;
        if !status.success() {
            tracing::warn!(%status, "the process that read a list died");
            return Err(SHEET_UNREADABLE.problem());
        }
        Ok(answer)
    };
    let answer = tokio::time::timeout(config.patience, work).await.map_err(|_| {
        tracing::warn!("the process that read a list took too long");
        SHEET_UNREADABLE.problem()
    })??;
    let outcome = actix_web::web::block(move || serde_json::from_slice(&answer))
        .await
        .map_err(Problem::internal)?
        .map_err(Problem::internal)?;
    match outcome {
        Outcome::Rows(rows) => Ok(rows),
        Outcome::Refused { code, message } => Err(refusal(&code, &message)),
    }
}

fn refusal(code: &str, message: &str) -> Problem {
    let known = [
        SHEET_TOO_LARGE,
        SHEET_TOO_MANY_ROWS,
        SHEET_NOT_EXCEL,
        SHEET_ENCRYPTED,
        SHEET_DAMAGED,
        SHEET_HEADINGS,
    ];
    known
        .into_iter()
        .find(|known| known.name == code)
        .unwrap_or(SHEET_UNREADABLE)
        .with(without_numbers(message))
}

/// The message with every longer number cut out: a list without headings has a person where a heading should be.
fn without_numbers(message: &str) -> String {
    let mut kept = String::new();
    let mut digits = String::new();
    for c in message.chars().chain(['\0']) {
        if c.is_numeric() {
            digits.push(c);
            continue;
        }
        if digits.chars().count() < 6 {
            kept.push_str(&digits);
        } else {
            kept.push('…');
        }
        digits.clear();
        if c != '\0' {
            kept.push(c);
        }
    }
    kept
}

/// The other side, `steward read-sheet FORM`: a list comes in, what [`read`] expects goes out.
///
/// # Errors
/// A sentence when the limits cannot be set or a pipe breaks.
pub fn read_here(form: &'static Form, patience: Duration) -> Result<(), String> {
    let bound = |resource, most| {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit).map_err(|e| format!("the limits cannot be set: {e}"))
    };
    bound(Resource::As, MEMORY)?;
    bound(Resource::Cpu, patience.as_secs().max(1))?;
    // A dump of this process would be a copy of the list.
    bound(Resource::Core, 0)?;
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| e.to_string())?;
    let outcome = match super::read(form, &bytes) {
        Ok(rows) => Outcome::Rows(rows),
        Err(error) => Outcome::Refused {
            code: error.code().to_owned(),
            message: error.to_string(),
        },
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    serde_json::to_writer(&mut out, &outcome).map_err(|e| e.to_string())?;
    out.flush().map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_words_and_loses_its_numbers() {
        assert_eq!(
            without_numbers("不认识的列“630106193602290012”“2024年”"),
            "不认识的列“…”“2024年”"
        );
        assert_eq!(without_numbers("１９９００００１２３４"), "…");
        assert_eq!(without_numbers("12345"), "12345");
    }

    #[test]
    fn a_row_crosses_between_the_processes_whole() {
        let row = Row {
            row: 7,
            problems: vec!["缺少姓名".to_owned()],
            cells: vec!["502".to_owned(), "二\n三".to_owned()],
        };
        let text = serde_json::to_string(&Outcome::Rows(vec![row.clone()])).unwrap();
        let Outcome::Rows(back) = serde_json::from_str(&text).unwrap() else {
            panic!("rows became a refusal");
        };
        assert!(back == [row]);
    }
}
