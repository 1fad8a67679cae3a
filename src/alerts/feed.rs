//! The streams of this process: one connection listens for all of them, and one look at the database serves them all.

use super::{
    TOO_MANY_STREAMS,
    model::Alert,
    queries::{
        own::{self, Stand, Untold},
        place::{self, BATCH, Placed},
        raise::channel,
    },
};
use crate::{
    config::DatabaseConfig,
    db::{Conn, Pool},
    error::Problem,
    ids::{AlertId, UserId},
    state::AppState,
    tx::Actor,
};
use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use diesel_async::SimpleAsyncConnection;
use futures_util::{Stream, StreamExt, stream::unfold};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OnceCell, broadcast, watch},
    time::{Instant, sleep, sleep_until},
};

/// How many alerts a slow stream may fall behind before it is ended; its client comes again and goes on where it stood.
const BACKLOG: usize = 1_024;
/// How soon a client comes again.
const RETRY_MILLIS: u32 = 2_000;

/// What the streams of a process share. The listening connection is opened for the first of them.
pub struct Feed {
    state: AppState,
    tail: OnceCell<broadcast::Sender<Arc<Told>>>,
    open: Arc<Mutex<HashMap<UserId, usize>>>,
}

/// An alert on its way to the streams.
struct Told {
    position: i64,
    recipients: Vec<UserId>,
    frame: Bytes,
}

impl From<Placed> for Told {
    fn from(placed: Placed) -> Self {
        Self {
            position: placed.position,
            recipients: placed.recipients,
            frame: frame(&placed.alert),
        }
    }
}

/// An alert as a server-sent event.
fn frame(alert: &Alert) -> Bytes {
    // JSON has no line breaks outside its strings and escapes those within.
    let data = serde_json::to_string(alert).unwrap_or_default();
    Bytes::from(format!("id: {}\nevent: alert\ndata: {data}\n\n", alert.id))
}

/// A place among the streams of a process, given back when dropped.
struct Place {
    open: Arc<Mutex<HashMap<UserId, usize>>>,
    user: UserId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.user);
            }
        }
    }
}

impl Feed {
    /// Of a process; nothing is opened yet.
    pub fn new(state: AppState) -> Self {
        Self {
            state,
            tail: OnceCell::new(),
            open: Arc::default(),
        }
    }

    /// Opens a stream of an account's alerts, from after `last`, or from now on. It ends with the access token, at `ends`, when
    /// the process stops, and when it falls behind.
    ///
    /// # Errors
    /// 404 when `last` is no alert of theirs, 429 when the account has enough streams, 503 when the process has or the database is
    /// out of reach.
    pub async fn stream(
        &self,
        mut conn: Conn,
        actor: &Actor,
        ends: DateTime<Utc>,
        last: Option<AlertId>,
    ) -> Result<impl Stream<Item = Result<Bytes, actix_web::Error>> + use<>, Problem> {
        let seat = self.sit(actor.id)?;
        let tail = self
            .tail
            .get_or_try_init(|| listen(self.state.clone()))
            .await?
            .subscribe();
        // From here on nothing that is placed is missed: it is in the database by now, or comes along the tail.
        place::place(&mut conn, self.state.pool.lock_key(LOCK)).await?;
        let stand = own::stand(&mut conn, actor, last).await?;
        let missed = own::after(&mut conn, actor, stand.position).await?;
        drop(conn);
        let listener = Listener::new(&self.state, seat, tail, ends, stand, missed);
        Ok(unfold(listener, |mut listener| async {
            listener.next().await.map(|frame| (Ok(frame), listener))
        }))
    }

    /// Takes a place, if there is one.
    fn sit(&self, user: UserId) -> Result<Place, Problem> {
        let limits = &self.state.config.alerts;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.values().sum::<usize>() >= limits.streams {
            return Err(Problem::unavailable("this process has no stream left"));
        }
        let count = open.entry(user).or_default();
        if *count >= limits.streams_per_account {
            return Err(TOO_MANY_STREAMS.problem());
        }
        *count += 1;
        Ok(Place {
            open: Arc::clone(&self.open),
            user,
        })
    }
}

/// Name of the lock under which alerts are placed.
const LOCK: &str = "alerts";

/// One open stream.
struct Listener {
    seat: Place,
    tail: broadcast::Receiver<Arc<Told>>,
    /// What was missed, to be told first.
    missed: VecDeque<Bytes>,
    /// There was more than one look takes: the client comes again for the rest.
    more: bool,
    told: i64,
    state: AppState,
    stopping: watch::Receiver<bool>,
    ends: DateTime<Utc>,
    /// When the token ends, by the machine's clock.
    end: Instant,
    next_beat: Instant,
}

impl Listener {
    fn new(
        state: &AppState,
        seat: Place,
        tail: broadcast::Receiver<Arc<Told>>,
        ends: DateTime<Utc>,
        stand: Stand,
        untold: Vec<Untold>,
    ) -> Self {
        // An event without data is not dispatched, but its id is kept: whoever is cut off before the first alert goes on from here.
        let greeting = Bytes::from(format!("retry: {RETRY_MILLIS}\nid: {}\n\n", stand.id));
        let left = (ends - state.clock.now()).to_std().unwrap_or_default();
        Self {
            more: untold.len() as i64 == BATCH,
            told: untold.last().map_or(stand.position, |u| u.position),
            missed: std::iter::once(greeting)
                .chain(untold.iter().map(|u| frame(&u.alert)))
                .collect(),
            seat,
            tail,
            stopping: state.stopping.subscribe(),
            ends,
            end: Instant::now() + left,
            next_beat: Instant::now() + state.config.alerts.heartbeat,
            state: state.clone(),
        }
    }

    /// What is sent next; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let over = self.state.clock.now() >= self.ends || Instant::now() >= self.end;
            if over || *self.stopping.borrow() {
                return None;
            }
            if let Some(frame) = self.missed.pop_front() {
                return Some(frame);
            }
            if self.more {
                return None;
            }
            tokio::select! {
                _ = self.stopping.changed() => {}
                () = sleep_until(self.end.min(self.next_beat)) => {
                    if self.next_beat <= Instant::now() {
                        self.next_beat = Instant::now() + self.state.config.alerts.heartbeat;
                        self.missed.push_back(Bytes::from_static(b":\n\n"));
                    }
                }
                told = self.tail.recv() => match told {
                    Ok(told) if told.position > self.told && told.recipients.contains(&self.seat.user) => {
                        self.told = told.position;
                        self.missed.push_back(told.frame.clone());
                    }
                    Ok(_) => {}
                    // Too far behind, or nobody listens any more.
                    Err(_) => return None,
                },
            }
        }
    }
}

/// Opens the one listening connection of this process, and begins to pass on what is placed after now.
async fn listen(state: AppState) -> Result<broadcast::Sender<Arc<Told>>, Problem> {
    // A connection to itself: streams wait for it, and requests must not be able to keep it from working.
    let own = Pool::connect(&DatabaseConfig {
        pool_size: 1,
        ..state.config.database.clone()
    })
    .await?;
    let mut conn = wakened(&own).await?;
    let told = place::last(&mut conn).await?;
    let tail = broadcast::Sender::new(BACKLOG);
    tokio::spawn(pass_on(state, own, conn, told, tail.clone()));
    Ok(tail)
}

/// A connection that is woken when an alert is raised.
async fn wakened(own: &Pool) -> Result<Conn, Problem> {
    let mut conn = own.get().await?;
    // LISTEN takes no expression.
    conn.batch_execute(concat!(
        "DO $$ BEGIN EXECUTE format('LISTEN %I', ",
        channel!(),
        "); END $$"
    ))
    .await?;
    Ok(conn)
}

/// Until the process stops: places what was raised and passes it on, when woken and from time to time.
async fn pass_on(state: AppState, own: Pool, conn: Conn, mut told: i64, tail: broadcast::Sender<Arc<Told>>) {
    let mut stopping = state.stopping.subscribe();
    let mut conn = Some(conn);
    while !*stopping.borrow() {
        if let Err(problem) = look(&mut conn, &own, &mut told, &tail).await {
            tracing::warn!(%problem, "alerts cannot be looked for");
            conn = None;
        }
        let poll = state.config.alerts.poll;
        tokio::select! {
            _ = stopping.changed() => {}
            () = woken(conn.as_mut(), poll) => {}
        }
    }
}

/// Places and passes on what is there, on a new connection where the old one was lost.
async fn look(
    conn: &mut Option<Conn>,
    own: &Pool,
    told: &mut i64,
    tail: &broadcast::Sender<Arc<Told>>,
) -> Result<(), Problem> {
    let conn = match conn {
        Some(conn) => conn,
        None => conn.insert(wakened(own).await?),
    };
    place::place(conn, own.lock_key(LOCK)).await?;
    loop {
        let placed = place::after(conn, *told).await?;
        let full = placed.len() as i64 == BATCH;
        for placed in placed {
            *told = placed.position;
            // Nobody may be listening just now.
            let _ = tail.send(Arc::new(placed.into()));
        }
        if !full {
            return Ok(());
        }
    }
}

/// Waits for a notification, at most `poll`.
async fn woken(conn: Option<&mut Conn>, poll: Duration) {
    let Some(conn) = conn else {
        return sleep(poll).await;
    };
    let mut notifications = std::pin::pin!(conn.notifications_stream());
    // A lost connection ends the stream at once: the next look would find no peace otherwise.
    if let Ok(None | Some(Err(_))) = tokio::time::timeout(poll, notifications.next()).await {
        sleep(poll).await;
    }
}
