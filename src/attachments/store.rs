//! The object store: a folder, one file per content, named by its hash.
//!
//! A photo comes in as a file of its own, so that slow phones cost no memory; it is then cleaned, hashed, written out of sight,
//! brought to the disk and renamed into its place: what lies there is always whole.

use super::{
    clean::{Format, clean},
    model::ContentHash,
};
use crate::config::AttachmentConfig;
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};
use tokio::{io::AsyncWriteExt, sync::Semaphore};
use uuid::Uuid;

/// The longest side of an image, in pixels.
const LONGEST_SIDE: usize = 12_000;

/// Photos that are cleaned at once; each takes twice its size in memory meanwhile.
static CLEANING: Semaphore = Semaphore::const_new(4);

/// The store.
#[derive(Clone)]
pub struct Store {
    folder: PathBuf,
}

/// A photo on its way in; its file is gone when this is.
pub struct Incoming {
    file: tokio::fs::File,
    path: Scratch,
}

/// A file that does not outlive its owner, unless it was renamed away.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// What is known of a photo that was stored.
#[derive(Clone, Copy, Debug)]
pub struct Stored {
    /// Its key.
    pub sha256: ContentHash,
    /// What it is.
    pub format: Format,
    /// Bytes.
    pub size: usize,
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
}

/// Why nothing was stored.
#[derive(Debug)]
pub enum Refusal {
    /// The content is none that is stored; why, in a few words.
    Content(&'static str),
    /// The disk failed.
    Disk(io::Error),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl Store {
    /// The store that the settings name; its folder is made when the first photo comes.
    pub fn new(config: &AttachmentConfig) -> Self {
        Self {
            folder: config.folder.clone(),
        }
    }

    fn place(&self, hash: &ContentHash) -> PathBuf {
        let name = hash.to_string();
        self.folder.join(&name[..2]).join(&name[2..4]).join(name)
    }

    fn scratch(&self, id: Uuid, suffix: &str) -> Scratch {
        Scratch(self.folder.join("incoming").join(format!("{id}{suffix}")))
    }

    /// Opens a file for what comes in; `id` must be new.
    ///
    /// # Errors
    /// What the disk said.
    pub async fn incoming(&self, id: Uuid) -> io::Result<Incoming> {
        let path = self.scratch(id, "");
        tokio::fs::create_dir_all(self.folder.join("incoming")).await?;
        let file = tokio::fs::File::create_new(&path.0).await?;
        Ok(Incoming { file, path })
    }

    /// Checks what came in, cleans it and stores it, each content once.
    ///
    /// # Errors
    /// That it is no image, or what the disk said.
    pub async fn keep(&self, id: Uuid, incoming: Incoming) -> Result<Stored, Refusal> {
        let Incoming { mut file, path } = incoming;
        file.flush().await?;
        drop(file);
        let _turn = CLEANING.acquire().await.map_err(io::Error::other)?;
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.keep_file(id, &path))
            .await
            .map_err(io::Error::other)?
    }

    fn keep_file(&self, id: Uuid, incoming: &Scratch) -> Result<Stored, Refusal> {
        let bytes = fs::read(&incoming.0)?;
        let format = Format::of(&bytes).ok_or(Refusal::Content("JPEG, PNG or WebP is taken"))?;
        let bytes = clean(format, &bytes).ok_or(Refusal::Content("the image is broken or breaks off"))?;
        let size = imagesize::blob_size(&bytes).map_err(|_| Refusal::Content("the image has no size"))?;
        if !(1..=LONGEST_SIDE).contains(&size.width) || !(1..=LONGEST_SIDE).contains(&size.height) {
            return Err(Refusal::Content("a side has 1 to 12,000 pixels"));
        }
        let sha256 = ContentHash(Sha256::digest(&bytes).into());
        let place = self.place(&sha256);
        if !place.exists() {
            let parent = place.parent().unwrap_or(&self.folder);
            fs::create_dir_all(parent)?;
            let clean = self.scratch(id, ".clean");
            let mut file = fs::File::create_new(&clean.0)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&clean.0, &place)?;
            sync_folder(parent)?;
        }
        Ok(Stored {
            sha256,
            format,
            size: bytes.len(),
            width: size.width,
            height: size.height,
        })
    }

    /// Opens what lies under a hash.
    ///
    /// # Errors
    /// What the disk said.
    pub async fn open(&self, hash: &ContentHash) -> io::Result<tokio::fs::File> {
        tokio::fs::File::open(self.place(hash)).await
    }
}

impl Incoming {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// What the disk said.
    pub async fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.file.write_all(chunk).await
    }
}

/// A rename is on the disk when its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}
