//! Kiosks of tests: enrolled, with a key of their own.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use vivat::domain::clock::Clock;
use vivat::domain::id::DeviceId;
use vivat::kiosk::client::Kiosk;
use vivat::service::append_log::Who;
use vivat::service::enrol_device::{NewDevice, enrol};
use vivat::signing::ed25519::SigningKey;
use zeroize::Zeroizing;

use super::server::{TestClock, TestServer};
use super::vault::vault;

/// The key that a number stands for.
pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&Zeroizing::new([number; 32]))
}

/// A device with the key of this number, as two people describe it.
pub(crate) fn new_device(number: u8) -> NewDevice {
    NewDevice {
        name: format!("政务大厅 {number} 号机"),
        agency: "110101".to_owned(),
        public_key: BASE64_URL_SAFE_NO_PAD.encode(key(number).public().to_bytes()),
    }
}

impl TestServer {
    /// Enrols a device, without the two people.
    pub(crate) async fn enrol_device(&self, number: u8) -> DeviceId {
        let mut tx = self.store.write().await.unwrap();
        let vault = vault(&self.store).await;
        let id = enrol(&mut tx, &vault, self.clock.now(), Who::Console, &new_device(number)).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// An enrolled kiosk.
    pub(crate) async fn kiosk(&self, number: u8) -> Kiosk {
        self.kiosk_as(self.enrol_device(number).await, number)
    }

    /// A kiosk that calls itself this device, with the key of this number.
    pub(crate) fn kiosk_as(&self, device: DeviceId, number: u8) -> Kiosk {
        Kiosk::new(&self.base, device, key(number), Arc::<TestClock>::clone(&self.clock)).unwrap()
    }
}
