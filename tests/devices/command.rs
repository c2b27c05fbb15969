//! `vivat kiosk`: a key of its own, and a certification with it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use vivat::domain::clock::Clock;
use vivat::service::append_log::Who;
use vivat::service::enrol_device::{NewDevice, enrol};

use crate::support::database::TestDatabase;
use crate::support::device::new_device;
use crate::support::server::{KNOWN, TestServer, photo, photos};
use crate::support::vault::vault;

async fn vivat(arguments: &[&str], input: &str) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vivat"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that fails early reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
    child.wait_with_output().await.unwrap()
}

async fn public_key(file: &Path) -> String {
    let printed = vivat(&["kiosk", "key", file.to_str().unwrap()], "").await;
    assert!(printed.status.success());
    String::from_utf8(printed.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kiosk_has_one_key_of_its_own_and_certifies_with_it() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start_public(&database.url).await;
    server.enrol(photo("obama.jpg")).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("kiosk.key");
    let key = public_key(&file).await;
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(public_key(&file).await, key, "a key that is there is kept");

    let new = NewDevice { public_key: key, ..new_device(1) };
    let vault = vault(&server.store).await;
    let mut tx = server.store.write().await.unwrap();
    let device = enrol(&mut tx, &vault, server.clock.now(), Who::Console, &new).await.unwrap();
    tx.commit().await.unwrap();

    let (device, frame) = (device.to_string(), photos().join("obama2.jpg"));
    let certify = |frame: &Path| {
        ["--server", &server.base, "--device", &device, "--key", file.to_str().unwrap(), "--frame"]
            .map(str::to_owned)
            .into_iter()
            .chain([frame.to_str().unwrap().to_owned()])
            .collect::<Vec<_>>()
    };
    let run = async |frame: &Path, number: &str| {
        let arguments = certify(frame);
        let arguments: Vec<_> = ["kiosk", "certify"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        vivat(&arguments, number).await
    };
    let completed = run(&frame, KNOWN).await;
    let said = String::from_utf8_lossy(&completed.stdout).into_owned();
    let code = i32::from(!said.contains("\"certified\""));
    assert_eq!(completed.status.code(), Some(code), "{said}{}", String::from_utf8_lossy(&completed.stderr));
    let refused = run(&frame, "12").await;
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("18 characters"));

    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let shared = run(&frame, KNOWN).await;
    assert!(String::from_utf8_lossy(&shared.stderr).contains("can be read by others"));
}
