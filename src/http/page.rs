//! Lists: bounded, by cursor.

use crate::error::{MALFORMED, Problem};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use garde::Validate;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};

/// `?limit=&cursor=`.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many items at most, 1 to 200; 50 unless told.
    #[garde(range(min = 1, max = 200))]
    pub limit: Option<i64>,
    /// `next_cursor` of the page before.
    #[garde(length(max = 500))]
    pub cursor: Option<String>,
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl PageQuery {
    /// How many items the page holds at most.
    pub fn limit(&self) -> i64 {
        self.limit.unwrap_or(50)
    }

    /// How many rows to ask the database for: one more than the page holds tells whether there is a next page.
    pub fn fetch(&self) -> i64 {
        self.limit() + 1
    }

    /// The key after which the page begins.
    ///
    /// # Errors
    /// 400 when the cursor is not one of ours.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, Problem> {
        let Some(text) = &self.cursor else { return Ok(None) };
        BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .map(Some)
            .ok_or_else(|| MALFORMED.with("the cursor is not one that this list gave"))
    }
}

impl<T> Page<T> {
    /// Cuts what the database gave for [`PageQuery::fetch`] into a page; `key` is what the list is sorted by.
    pub fn cut<K: Serialize>(mut items: Vec<T>, query: &PageQuery, key: impl FnOnce(&T) -> K) -> Self {
        let limit = usize::try_from(query.limit()).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more {
            items.last().map(|last| cursor(&key(last)))
        } else {
            None
        };
        Self { items, next_cursor }
    }

    /// The same page with its items turned into something else.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(turn).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

/// A sort key as an opaque cursor.
pub fn cursor<K: Serialize>(key: &K) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_whether_there_is_another_and_its_cursor_comes_back() {
        let query = PageQuery {
            limit: Some(2),
            cursor: None,
        };
        let page = Page::cut(vec![1, 2, 3], &query, |n| *n);
        assert_eq!(page.items, [1, 2]);
        let next = PageQuery {
            limit: Some(2),
            cursor: page.next_cursor,
        };
        assert_eq!(next.after::<i32>().unwrap(), Some(2));
        assert!(Page::cut(vec![3], &next, |n| *n).next_cursor.is_none());
        let forged = PageQuery {
            limit: None,
            cursor: Some("%%%".into()),
        };
        assert_eq!(forged.after::<i32>().unwrap_err().code, MALFORMED);
    }
}
