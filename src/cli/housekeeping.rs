//! What `vivat serve` does by itself, beside serving: old answers, old failures and old pictures go.

use std::time::Duration;

use tokio::time::{interval, sleep};

use crate::service::Service;
use crate::service::error::ServiceError;
use crate::service::retain_images::{retain, retain_decided};

const HOUR: Duration = Duration::from_hours(1);

/// Decisions that come close together are looked after together.
const SOON: Duration = Duration::from_secs(1);

/// Keeps house until it is aborted.
pub(super) async fn keep_house(service: Service) {
    tokio::join!(forget_what_is_old(&service), retain_hourly(&service), retain_after_decisions(&service));
}

async fn forget_what_is_old(service: &Service) {
    let mut hourly = interval(HOUR);
    loop {
        hourly.tick().await;
        told(service.forget_old_answers().await, "old answers are kept for another hour");
        told(service.forget_old_failures().await, "old failures are kept for another hour");
        told(service.forget_old_frames().await, "marks of old pictures are kept for another hour");
        service.forget_gallery().await;
        told(service.forget_old_sessions().await, "old sessions of staff are kept for another hour");
    }
}

async fn retain_hourly(service: &Service) {
    let mut hourly = interval(HOUR);
    loop {
        hourly.tick().await;
        let records = service.records();
        let retained = async { retain(&records, &records.policy().await?.retention).await };
        told(retained.await, "old pictures are kept for another hour");
    }
}

async fn retain_after_decisions(service: &Service) {
    loop {
        service.something_decided().await;
        sleep(SOON).await;
        let records = service.records();
        let retained = async { retain_decided(&records, &records.policy().await?.retention).await };
        told(retained.await, "pictures of decided sessions are kept for another hour");
    }
}

fn told<T>(result: Result<T, ServiceError>, consequence: &str) {
    if let Err(error) = result {
        tracing::warn!(error = &error as &dyn std::error::Error, "{consequence}");
    }
}
