//! Inference away from the async threads: a permit first, then a bounded pool, one workspace per worker.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, oneshot};

use super::error::ServiceError;
use crate::vision::{Analysis, Pipeline, VisionError, Workspace};

/// Pictures that may wait for each worker before others are told to come back: less than half a second of frames of a kiosk, and
/// less than two of photos of a phone.
const QUEUE_PER_WORKER: usize = 32;

/// The pipeline behind a bounded pool. Cheap to clone.
#[derive(Clone)]
pub struct Inference {
    pipeline: Arc<Pipeline>,
    pool: Arc<rayon::ThreadPool>,
    workspaces: Arc<Vec<Mutex<Workspace>>>,
    permits: Arc<Semaphore>,
    places: usize,
}

/// The pool could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No threads.
    #[error("the vision workers could not be started")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// No workspace.
    #[error("the models could not be prepared")]
    Models(#[from] VisionError),
}

/// The pool did not return a result: a defect, not the caller's fault.
#[derive(Debug, thiserror::Error)]
#[error("a worker of the vision pool stopped in the middle of a picture")]
struct WorkerStopped;

impl Inference {
    /// A pool of `workers` threads (at least one).
    ///
    /// # Errors
    /// When the operating system gives no threads, or the engine no workspace.
    pub fn new(pipeline: Pipeline, workers: usize) -> Result<Self, StartError> {
        let workers = workers.max(1);
        let places = workers * (1 + QUEUE_PER_WORKER);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(workers)
            .thread_name(|index| format!("vision-{index}"))
            .build()?;
        let workspaces = (0..workers).map(|_| pipeline.workspace().map(Mutex::new)).collect::<Result<_, _>>()?;
        Ok(Self {
            pipeline: Arc::new(pipeline),
            pool: Arc::new(pool),
            workspaces: Arc::new(workspaces),
            permits: Arc::new(Semaphore::new(places)),
            places,
        })
    }

    /// The same pool, with so many places to wait for each worker.
    #[must_use]
    pub fn with_queue(self, per_worker: usize) -> Self {
        let places = self.workspaces.len() * (1 + per_worker);
        Self { permits: Arc::new(Semaphore::new(places)), places, ..self }
    }

    /// The loaded models.
    #[must_use]
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Analyses pictures, one after another: a place in the queue for all of them, or for none.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] at once when the queue has not that many places; else what the pipeline says of the first
    /// picture that it refuses.
    pub async fn analyse_all(&self, pictures: &[Arc<[u8]>]) -> Result<Vec<Analysis>, ServiceError> {
        let places = u32::try_from(pictures.len().min(self.places)).unwrap_or(u32::MAX);
        let _held = self.permits.try_acquire_many(places).map_err(|_| ServiceError::Busy)?;
        let (pipeline, workspaces) = (Arc::clone(&self.pipeline), Arc::clone(&self.workspaces));
        let pictures = pictures.to_vec();
        self.run(move || pictures.iter().map(|picture| analyse_here(&pipeline, &workspaces, picture)).collect()).await?
    }

    /// Computes something on the pool. It waits for its turn, and is not refused; when nobody waits for it any more, it is not done.
    ///
    /// # Errors
    /// [`ServiceError::Vision`] when the computation stops in the middle.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        compute: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let (done, result) = oneshot::channel();
        self.pool.spawn(move || {
            if done.is_closed() {
                return;
            }
            // A panic drops the sender, and whoever waits is told.
            if let Ok(computed) = catch_unwind(AssertUnwindSafe(compute)) {
                // A client that went away does not wait for the result.
                let _ = done.send(computed);
            }
        });
        result.await.map_err(|_| ServiceError::Vision(Box::new(WorkerStopped)))
    }
}

/// Computes something on a thread that waits for no picture: for whoever holds the write lock meanwhile, or has no pool.
///
/// # Errors
/// [`ServiceError::Vision`] when the computation stops in the middle.
pub(super) async fn aside<T: Send + 'static>(compute: impl FnOnce() -> T + Send + 'static) -> Result<T, ServiceError> {
    tokio::task::spawn_blocking(compute).await.map_err(|_| ServiceError::Vision(Box::new(WorkerStopped)))
}

fn analyse_here(
    pipeline: &Pipeline,
    workspaces: &[Mutex<Workspace>],
    picture: &[u8],
) -> Result<Analysis, ServiceError> {
    let own = rayon::current_thread_index().unwrap_or(0) % workspaces.len();
    let mut workspace = workspaces[own].lock().unwrap_or_else(PoisonError::into_inner);
    let outcome: Result<Result<Analysis, VisionError>, _> =
        catch_unwind(AssertUnwindSafe(|| pipeline.analyse(&mut workspace, picture)));
    let Ok(analysis) = outcome else {
        // Whatever the defect left behind does not reach the next picture.
        *workspace = pipeline.workspace()?;
        return Err(ServiceError::Vision(Box::new(WorkerStopped)));
    };
    let analysis = analysis?;
    for (stage, milliseconds) in analysis.timings.stages() {
        metrics::histogram!("vivat_vision_seconds", "stage" => stage).record(milliseconds / 1e3);
    }
    Ok(analysis)
}
