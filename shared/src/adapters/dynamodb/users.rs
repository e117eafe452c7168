//! Users on DynamoDB: one item each in the table `users`.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use super::items::{Item, conditional, read, string, time, unavailable};
use super::tables::USERS;
use crate::domain::{
    Account, DeviceId, Generation, KnownDevices, PasswordHash, Role, SessionName, Timestamp, User,
    UserChange, UserName,
};
use crate::ports::{StoreError, UserAdministration, UserDirectory};

/// The attributes of a [`User`], as a projection that leaves out the hash.
pub(super) const USER_ATTRIBUTES: &str = "#user, #role, #moderates, #disabled, #generation";
/// The names in [`USER_ATTRIBUTES`].
pub(super) const USER_ATTRIBUTE_NAMES: [(&str, &str); 5] = [
    ("#user", USERS.partition_key),
    ("#role", ROLE),
    ("#moderates", MODERATES),
    ("#disabled", DISABLED),
    ("#generation", GENERATION),
];

const ROLE: &str = "role";
const MODERATES: &str = "moderates";
const DISABLED: &str = "disabled";
const GENERATION: &str = "generation";
const PASSWORD_HASH: &str = "passwordHash";
const DEVICES: &str = "devices";
const DEVICES_GENERATION: &str = "devicesGeneration";

/// Users a page: well under DynamoDB's megabyte.
const PAGE: i32 = 1000;

/// The people who may log in, on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoDbUsers {
    client: Client,
    table: String,
    page_size: i32,
}

impl DynamoDbUsers {
    pub const fn new(client: Client, table: String) -> Self {
        Self::with_pages_of(PAGE, client, table)
    }

    /// The same, reading the list of users in pages of this size.
    pub const fn with_pages_of(page_size: i32, client: Client, table: String) -> Self {
        Self {
            client,
            table,
            page_size,
        }
    }
}

impl UserDirectory for DynamoDbUsers {
    async fn find(&self, name: &UserName) -> Result<Option<Account>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(USERS.partition_key, string(name.as_str()))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        answer.item.as_ref().map(account).transpose()
    }

    async fn rehash(
        &self,
        name: &UserName,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(USERS.partition_key, string(name.as_str()))
            .update_expression("SET passwordHash = :new")
            .condition_expression("passwordHash = :old")
            .expression_attribute_values(":new", string(new.as_phc()))
            .expression_attribute_values(":old", string(old.as_phc()));
        Ok(conditional(request.send().await)?.is_some())
    }

    async fn remember(&self, account: &Account, new: &KnownDevices) -> Result<bool, StoreError> {
        let generation = account.user.generation.to_string();
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(USERS.partition_key, string(account.user.name.as_str()))
            .update_expression("SET devices = :new, devicesGeneration = :generation")
            .expression_attribute_values(":new", device_map(new))
            .expression_attribute_values(":generation", string(generation));
        // Devices of another generation do not count, whatever they are.
        let request = if account.devices == KnownDevices::default() {
            request.condition_expression(
                "generation = :generation AND \
                 (attribute_not_exists(devices) OR devicesGeneration <> :generation)",
            )
        } else {
            request
                .condition_expression(
                    "generation = :generation AND devicesGeneration = :generation AND devices = :old",
                )
                .expression_attribute_values(":old", device_map(&account.devices))
        };
        Ok(conditional(request.send().await)?.is_some())
    }
}

impl UserAdministration for DynamoDbUsers {
    async fn add(&self, account: &Account, now: Timestamp) -> Result<bool, StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(account_item(account, now)))
            .condition_expression("attribute_not_exists(#user)")
            .expression_attribute_names("#user", USERS.partition_key);
        Ok(conditional(request.send().await)?.is_some())
    }

    async fn change(
        &self,
        name: &UserName,
        change: &UserChange,
        generation: Option<Generation>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const SET: &str = ", #attribute = :value";
        const ADD: &str = " ADD #attribute :value";
        const DELETE: &str = " DELETE #attribute :value";
        let (attribute, action, value) = match change {
            UserChange::Password(hash) => (PASSWORD_HASH, SET, string(hash.as_phc())),
            UserChange::Role(role) => (ROLE, SET, string(role.as_str())),
            UserChange::Disabled(disabled) => (DISABLED, SET, AttributeValue::Bool(*disabled)),
            UserChange::Moderates(call) => (MODERATES, ADD, set([call])),
            UserChange::NoLongerModerates(call) => (MODERATES, DELETE, set([call])),
        };
        let mut ends_logins = "";
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(USERS.partition_key, string(name.as_str()))
            .condition_expression("attribute_exists(#user)")
            .expression_attribute_names("#user", USERS.partition_key)
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_values(":value", value)
            .expression_attribute_values(":now", time(now));
        if let Some(generation) = generation {
            ends_logins = ", generation = :generation";
            request =
                request.expression_attribute_values(":generation", string(generation.to_string()));
        }
        let request =
            request.update_expression(format!("SET changedAt = :now{ends_logins}{action}"));
        Ok(conditional(request.send().await)?.is_some())
    }

    async fn remove(&self, name: &UserName) -> Result<bool, StoreError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key(USERS.partition_key, string(name.as_str()))
            .condition_expression("attribute_exists(#user)")
            .expression_attribute_names("#user", USERS.partition_key);
        Ok(conditional(request.send().await)?.is_some())
    }

    async fn all(&self) -> Result<Vec<User>, StoreError> {
        let mut request = self
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .limit(self.page_size)
            .projection_expression(USER_ATTRIBUTES);
        for (alias, attribute) in USER_ATTRIBUTE_NAMES {
            request = request.expression_attribute_names(alias, attribute);
        }
        let mut items = request.into_paginator().items().send();
        let mut users = Vec::new();
        while let Some(item) = items.next().await {
            users.push(user(&item.map_err(unavailable)?)?);
        }
        users.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(users)
    }
}

/// The item of a user who is new at `now`. The devices are added by logins.
fn account_item(account: &Account, now: Timestamp) -> Item {
    let user = &account.user;
    let attributes = [
        (USERS.partition_key, string(user.name.as_str())),
        (ROLE, string(user.role.as_str())),
        (PASSWORD_HASH, string(account.password_hash.as_phc())),
        (DISABLED, AttributeValue::Bool(user.disabled)),
        (GENERATION, string(user.generation.to_string())),
        ("createdAt", time(now)),
        ("changedAt", time(now)),
    ];
    let mut item = Item::from(attributes.map(|(name, value)| (name.to_owned(), value)));
    if !user.moderates.is_empty() {
        item.insert(MODERATES.to_owned(), set(&user.moderates));
    }
    item
}

fn account(item: &Item) -> Result<Account, StoreError> {
    let user = user(item)?;
    let hash = |text: &str| Some(PasswordHash::from_phc(text.to_owned()));
    Ok(Account {
        devices: devices(item, user.generation),
        user,
        password_hash: read(item, PASSWORD_HASH, hash)?,
    })
}

fn set<'a>(calls: impl IntoIterator<Item = &'a SessionName>) -> AttributeValue {
    let names = calls.into_iter().map(|call| call.as_str().to_owned());
    AttributeValue::Ss(names.collect())
}

fn device_map(devices: &KnownDevices) -> AttributeValue {
    let devices = devices.iter();
    let attributes = devices.map(|(device, used_at)| (device.as_str().to_owned(), time(used_at)));
    AttributeValue::M(attributes.collect())
}

/// The devices of this generation that can be read. A missing one must not lock anybody out.
fn devices(item: &Item, generation: Generation) -> KnownDevices {
    let of = item.get(DEVICES_GENERATION);
    if of != Some(&string(generation.to_string())) {
        return KnownDevices::default();
    }
    let devices = item.get(DEVICES).and_then(|value| value.as_m().ok());
    devices
        .into_iter()
        .flatten()
        .filter_map(|(device, used_at)| {
            let used_at = used_at.as_n().ok()?.parse().ok()?;
            Some((
                DeviceId::parse(device)?,
                Timestamp::from_unix_seconds(used_at),
            ))
        })
        .collect()
}

/// Reads a user without the hash and the devices.
pub(super) fn user(item: &Item) -> Result<User, StoreError> {
    let disabled = item.get(DISABLED).and_then(|value| value.as_bool().ok());
    Ok(User {
        name: read(item, USERS.partition_key, |text| UserName::parse(text).ok())?,
        role: read(item, ROLE, |text| Role::parse(text).ok())?,
        moderates: moderates(item)?,
        disabled: *disabled.ok_or(StoreError::Unreadable(DISABLED))?,
        generation: read(item, GENERATION, Generation::parse)?,
    })
}

/// The calls whose names can be read. An empty set is not stored.
///
/// An unreadable name of another version must not lock the user out.
fn moderates(item: &Item) -> Result<BTreeSet<SessionName>, StoreError> {
    let Some(value) = item.get(MODERATES) else {
        return Ok(BTreeSet::new());
    };
    let names = value.as_ss();
    let names = names.map_err(|_| StoreError::Unreadable(MODERATES))?;
    Ok(names
        .iter()
        .filter_map(|name| SessionName::parse(name).ok())
        .collect())
}
