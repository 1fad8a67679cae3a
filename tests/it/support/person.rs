//! A person who speaks HTTP.

use super::{Service, http_client};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use steward::{
    auth::token,
    ids::{OrganisationId, SessionId, UserId},
    tx::{Actor, Role},
};
use uuid::Uuid;

/// Somebody with an account, or nobody.
#[derive(Clone)]
pub struct Person {
    base: String,
    token: Option<String>,
    /// Their account.
    pub id: Uuid,
    client: Client,
}

/// What the service said.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// JSON body; null where there is none.
    pub body: Value,
    /// The version, where there is one.
    pub etag: Option<String>,
    /// Seconds to wait, where it says so.
    pub retry_after: Option<String>,
}

impl Person {
    /// Somebody who has just logged in, without the wait for argon2: the token is made as log-in makes it.
    pub fn logged_in(service: &Service, id: Uuid, role: Role, organisation: Option<Uuid>) -> Self {
        let actor = Actor {
            id: UserId(id),
            role,
            organisation_id: organisation.map(OrganisationId),
            session_id: SessionId(Uuid::nil()),
        };
        let expires = service.state.clock.now() + chrono::Duration::days(3650);
        let token = token::issue(&service.state.config.keys, actor, expires).expect("a token");
        Self {
            base: service.base.clone(),
            token: Some(token),
            id,
            client: http_client(),
        }
    }

    /// Somebody without an account.
    pub fn stranger(service: &Service) -> Self {
        Self {
            base: service.base.clone(),
            token: None,
            id: Uuid::nil(),
            client: http_client(),
        }
    }

    /// The same person with this access token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same person at another process of the city.
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            ..self.clone()
        }
    }

    /// A request as it is, for what [`Person::send`] cannot say.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request with extra headers and reads the answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Reply {
        let mut request = self.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Reply::read(request.send().await.expect("the service answers")).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], None).await
    }

    /// `POST` with a fresh `Idempotency-Key`.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.post_with_key(path, Uuid::now_v7(), body).await
    }

    /// `POST` with this `Idempotency-Key`.
    pub async fn post_with_key(&self, path: &str, key: Uuid, body: Value) -> Reply {
        self.send(
            Method::POST,
            path,
            &[("idempotency-key", &key.to_string())],
            Some(&body),
        )
        .await
    }

    /// `PATCH` of the version that `etag` names.
    pub async fn patch(&self, path: &str, etag: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, &[("if-match", etag)], Some(&body))
            .await
    }
}

impl Reply {
    /// Reads an answer.
    pub async fn read(response: reqwest::Response) -> Self {
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .and_then(|v| v.to_str().ok())
                .map(str::to_owned)
        };
        let (status, etag, retry_after) = (response.status(), header("etag"), header("retry-after"));
        if header("content-type").as_deref() == Some("text/event-stream") {
            // It has no end; who wants what it says reads it piece by piece.
            return Self {
                status,
                body: Value::Null,
                etag,
                retry_after,
            };
        }
        let bytes = response.bytes().await.expect("the answer arrives whole");
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| match bytes.is_empty() {
            true => Value::Null,
            false => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        });
        Self {
            status,
            body,
            etag,
            retry_after,
        }
    }

    /// The body, if the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    /// The id of the thing in the body, if the status is this one.
    #[track_caller]
    pub fn expect_id(self, status: u16) -> Uuid {
        self.expect(status)["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("an id")
    }

    /// The refusal's code, if the status is this one.
    #[track_caller]
    pub fn refused(self, status: u16) -> String {
        self.expect(status)["code"].as_str().expect("a code").to_owned()
    }
}
