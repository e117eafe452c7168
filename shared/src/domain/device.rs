//! Devices that a user has logged in with.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Timestamp;
use super::random_id::random_id;

random_id! {
    /// Names a browser.
    DeviceId
}

/// How many devices of a user are known. A new one replaces the one that was not used for the
/// longest time.
pub const MOST_DEVICES: usize = 10;

/// How long a device stays known after the last login with it.
pub const DEVICE_LIFETIME: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// A login is recorded only if the last recorded one is older than this.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The devices that a user has logged in with, and the last login with each.
///
/// They count only while the user's record has the same generation, so a new password forgets them
/// all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownDevices(BTreeMap<DeviceId, Timestamp>);

impl KnownDevices {
    /// Is this one of them?
    pub fn know(&self, device: &DeviceId, now: Timestamp) -> bool {
        let used_at = self.0.get(device);
        used_at.is_some_and(|used_at| is_alive(*used_at, now))
    }

    /// The devices after a login with `device`. `None` if nothing needs to be recorded.
    pub fn with(&self, device: &DeviceId, now: Timestamp) -> Option<Self> {
        let used_at = self.0.get(device);
        if used_at.is_some_and(|used_at| *used_at + DAY > now) {
            return None;
        }
        let mut known = self.clone();
        known.0.insert(device.clone(), now);
        known.0.retain(|_, used_at| is_alive(*used_at, now));
        while known.0.len() > MOST_DEVICES {
            let oldest = known.0.iter().min_by_key(|(_, used_at)| **used_at);
            let oldest = oldest.map(|(device, _)| device.clone());
            oldest.and_then(|oldest| known.0.remove(&oldest));
        }
        Some(known)
    }

    /// Each device with its last use.
    pub fn iter(&self) -> impl Iterator<Item = (&DeviceId, Timestamp)> {
        self.0.iter().map(|(device, used_at)| (device, *used_at))
    }
}

impl FromIterator<(DeviceId, Timestamp)> for KnownDevices {
    fn from_iter<I: IntoIterator<Item = (DeviceId, Timestamp)>>(devices: I) -> Self {
        Self(devices.into_iter().collect())
    }
}

fn is_alive(used_at: Timestamp, now: Timestamp) -> bool {
    used_at + DEVICE_LIFETIME > now
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u64) -> Timestamp {
        Timestamp::from_unix_seconds(number * DAY.as_secs())
    }

    #[test]
    fn a_device_is_known_for_ninety_days_after_its_last_login() {
        let device = DeviceId::new(1);
        let known = KnownDevices::default().with(&device, day(0)).unwrap();
        assert!(known.know(&device, day(89)));
        assert!(!known.know(&device, day(90)));
        let known = known.with(&device, day(89)).unwrap();
        assert!(known.know(&device, day(178)));
        assert_eq!(known.with(&device, day(89)), None, "once a day is enough");
        assert!(!known.know(&DeviceId::new(2), day(89)));
    }

    #[test]
    fn ten_devices_are_known_and_the_oldest_makes_room() {
        let mut known = KnownDevices::default();
        for number in 0..10 {
            known = known.with(&DeviceId::new(number), day(0)).unwrap();
        }
        known = known.with(&DeviceId::new(0), day(1)).unwrap();
        known = known.with(&DeviceId::new(10), day(2)).unwrap();
        assert_eq!(known.iter().count(), MOST_DEVICES);
        let knows = |number| known.know(&DeviceId::new(number), day(2));
        assert!(knows(0) && !knows(1) && knows(2) && knows(10));
    }
}
