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
    ("#role", "role"),
    ("#moderates", "moderates"),
    ("#disabled", "disabled"),
    ("#generation", "generation"),
];

/// The people who may log in, on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoDbUsers {
    client: Client,
    table: String,
}

impl DynamoDbUsers {
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
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
        let account = |item: &Item| {
            let user = user(item)?;
            Ok(Account {
                devices: devices(item, user.generation),
                user,
                password_hash: read(item, "passwordHash", |text| {
                    Some(PasswordHash::from_phc(text.to_owned()))
                })?,
            })
        };
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
        let user = &account.user;
        let mut request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item(USERS.partition_key, string(user.name.as_str()))
            .item("role", string(user.role.as_str()))
            .item("passwordHash", string(account.password_hash.as_phc()))
            .item("disabled", AttributeValue::Bool(user.disabled))
            .item("generation", string(user.generation.to_string()))
            .item("createdAt", time(now))
            .item("changedAt", time(now))
            .condition_expression("attribute_not_exists(#user)")
            .expression_attribute_names("#user", USERS.partition_key);
        if !user.moderates.is_empty() {
            request = request.item("moderates", set(&user.moderates));
        }
        Ok(conditional(request.send().await)?.is_some())
    }

    async fn change(
        &self,
        name: &UserName,
        change: &UserChange,
        generation: Option<Generation>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (attribute, value) = match change {
            UserChange::Password(hash) => ("passwordHash", string(hash.as_phc())),
            UserChange::Role(role) => ("role", string(role.as_str())),
            UserChange::Disabled(disabled) => ("disabled", AttributeValue::Bool(*disabled)),
            UserChange::Moderates(call) | UserChange::NoLongerModerates(call) => {
                ("moderates", set([call]))
            }
        };
        let (mut set, action) = match change {
            UserChange::Moderates(_) => (String::new(), " ADD #attribute :value"),
            UserChange::NoLongerModerates(_) => (String::new(), " DELETE #attribute :value"),
            UserChange::Password(_) | UserChange::Role(_) | UserChange::Disabled(_) => {
                (", #attribute = :value".to_owned(), "")
            }
        };
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
            set.push_str(", generation = :generation");
            request =
                request.expression_attribute_values(":generation", string(generation.to_string()));
        }
        let request = request.update_expression(format!("SET changedAt = :now{set}{action}"));
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
    let of = item.get("devicesGeneration");
    if of != Some(&string(generation.to_string())) {
        return KnownDevices::default();
    }
    let devices = item.get("devices").and_then(|value| value.as_m().ok());
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
    let disabled = item.get("disabled").and_then(|value| value.as_bool().ok());
    Ok(User {
        name: read(item, "user", |text| UserName::parse(text).ok())?,
        role: read(item, "role", |text| Role::parse(text).ok())?,
        moderates: moderates(item)?,
        disabled: *disabled.ok_or(StoreError::Unreadable("disabled"))?,
        generation: read(item, "generation", Generation::parse)?,
    })
}

/// The calls whose names can be read. An empty set is not stored.
///
/// An unreadable name of another version must not lock the user out.
fn moderates(item: &Item) -> Result<BTreeSet<SessionName>, StoreError> {
    let Some(value) = item.get("moderates") else {
        return Ok(BTreeSet::new());
    };
    let names = value.as_ss();
    let names = names.map_err(|_| StoreError::Unreadable("moderates"))?;
    Ok(names
        .iter()
        .filter_map(|name| SessionName::parse(name).ok())
        .collect())
}
