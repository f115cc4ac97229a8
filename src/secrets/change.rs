//! The calls that write.

use super::{Plaintext, Secret, UniverseSecrets, rules};
use crate::Error;
use crate::call::{CallFuture, helper_methods};
use crate::client::Options;
use crate::ids::Id;
use http::StatusCode;

impl UniverseSecrets {
    /// Creates a secret. Its id has 1 to 64 letters, digits and underscores, and does not begin with a
    /// digit; its content has 1 to 1,024 characters.
    ///
    /// Calls `secrets.get_public_key` and `secrets.create`; scopes `universe.secret:read`, `universe.secret:write`.
    ///
    /// # Errors
    ///
    /// Of kind [`Conflict`](crate::ErrorKind::Conflict) if there is a secret with this id, of kind
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if id, content or domain are not as they must
    /// be, and as of every call.
    pub fn create(&self, id: impl Into<Id>, content: impl Into<Plaintext>) -> CreateSecret {
        let (of, options) = (self.clone(), Options::default());
        CreateSecret { of, id: id.into(), content: content.into(), domain: None, options }
    }

    /// Changes the content or the domain of a secret, or both. What is not set stays.
    ///
    /// Calls `secrets.get_public_key` and `secrets.update`; scopes `universe.secret:read`, `universe.secret:write`.
    ///
    /// # Errors
    ///
    /// Of kind [`NotFound`](crate::ErrorKind::NotFound) if there is no secret with this id, of kind
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if nothing is to be changed or an input is
    /// not as it must be, and as of every call.
    pub fn update(&self, id: impl Into<Id>) -> UpdateSecret {
        UpdateSecret {
            of: self.clone(),
            id: id.into(),
            content: None,
            domain: None,
            options: Options::default(),
        }
    }
}

/// The call of [`UniverseSecrets::create`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct CreateSecret {
    of: UniverseSecrets,
    id: Id,
    content: Plaintext,
    domain: Option<String>,
    options: Options,
}

helper_methods!(CreateSecret => Secret);

impl CreateSecret {
    /// The host that the secret may be sent to: `api.example.com`, `*.example.com`, or `*` for any.
    /// Without it the secret is a private key, which cannot be put into URLs and headers.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    async fn run(self) -> Result<Secret, Error> {
        rules::check_id(&self.id)?;
        rules::check_content(&self.content)?;
        self.domain.as_deref().map_or(Ok(()), rules::check_domain)?;
        let Self { of, id, content, domain, options } = self;
        let mut secret = Secret::new().id(id.as_str());
        secret.domain = domain;
        let send = |secret| -> CallFuture<Secret> {
            of.secrets.create(&of.universe, secret).with_options(options.clone()).into_future()
        };
        of.send_sealed(&content, secret, &options, send).await
    }
}

/// The call of [`UniverseSecrets::update`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct UpdateSecret {
    of: UniverseSecrets,
    id: Id,
    content: Option<Plaintext>,
    domain: Option<Domain>,
    options: Options,
}

#[derive(Clone, Debug)]
enum Domain {
    None,
    Is(String),
}

helper_methods!(UpdateSecret => Secret);

impl UpdateSecret {
    /// The new content, of 1 to 1,024 characters.
    pub fn content(mut self, content: impl Into<Plaintext>) -> Self {
        self.content = Some(content.into());
        self
    }

    /// The host that the secret may be sent to: `api.example.com`, `*.example.com`, or `*` for any.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(Domain::Is(domain.into()));
        self
    }

    /// Makes the secret a private key, which cannot be put into URLs and headers.
    pub fn without_domain(mut self) -> Self {
        self.domain = Some(Domain::None);
        self
    }

    async fn run(self) -> Result<Secret, Error> {
        rules::check_id(&self.id)?;
        self.content.as_ref().map_or(Ok(()), rules::check_content)?;
        let Self { of, id, content, domain, options } = self;
        let mut secret = Secret::new();
        match domain {
            None if content.is_none() => {
                return Err(Error::invalid_request("nothing of the secret is to be changed"));
            }
            None => {}
            // The service takes an empty domain for none.
            Some(Domain::None) => secret.domain = Some(String::new()),
            Some(Domain::Is(domain)) => {
                rules::check_domain(&domain)?;
                secret.domain = Some(domain);
            }
        }
        let send = |secret| -> CallFuture<Secret> {
            of.secrets.update(&of.universe, &id, secret).with_options(options.clone()).into_future()
        };
        match content {
            Some(content) => of.send_sealed(&content, secret, &options, send).await,
            None => send(secret).await,
        }
    }
}

impl UniverseSecrets {
    /// Seals the content, and sends the secret with it; once more if the key has changed.
    async fn send_sealed(
        &self,
        content: &Plaintext,
        secret: Secret,
        options: &Options,
        send: impl Fn(Secret) -> CallFuture<Secret>,
    ) -> Result<Secret, Error> {
        let of = (&self.secrets, &self.universe);
        let sealed = self.key.seal(content, of, options).await?;
        let with = |content: &str, key_id: &Option<String>| {
            let mut secret = secret.clone().secret(content);
            secret.key_id.clone_from(key_id);
            secret
        };
        let refused = match send(with(&sealed.content, &sealed.key_id)).await {
            Err(error) if error.status_of_service() == Some(StatusCode::BAD_REQUEST) => error,
            outcome => return outcome,
        };
        // The refusal is what the caller must see, if the key is not its cause or cannot be had.
        match self.key.seal_again(content, &sealed, of, options).await {
            Ok(Some(again)) => send(with(&again.content, &again.key_id)).await,
            Ok(None) | Err(_) => Err(refused),
        }
    }
}
