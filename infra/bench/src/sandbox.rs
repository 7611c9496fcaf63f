//! A function's process under a Runtime API of its own, as a sandbox of Lambda's has it.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::process::{Child, Command};

use crate::Failure;
use crate::runtime_api::RuntimeApi;
use crate::workspace::Program;

/// How long a function may say nothing before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running function. Dropping it ends the process.
#[derive(Debug)]
pub struct Sandbox {
    function: String,
    process: Child,
    id: u32,
    api: RuntimeApi,
    log: PathBuf,
    /// When the process was begun.
    pub started: Instant,
}

impl Sandbox {
    /// Starts a function, with these variables and no others. What it logs goes to the file `log`.
    ///
    /// # Errors
    /// Where the process does not start.
    pub async fn start(
        program: &Program,
        environment: impl FnOnce(SocketAddr) -> Vec<(&'static str, String)>,
        log: &Path,
    ) -> Result<Self, Failure> {
        let system = |cause| Failure::System { what: "no Runtime API", cause };
        let api = RuntimeApi::listen().await.map_err(system)?;
        let file = |cause| Failure::File { path: log.to_owned(), cause };
        let (out, err) = File::create(log).and_then(|out| Ok((out.try_clone()?, out))).map_err(file)?;
        let mut command = Command::new(&program.path);
        command.env_clear().envs(environment(api.address())).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        let started = now();
        let process = command.spawn();
        let process = process.map_err(|cause| Failure::File { path: program.path.clone(), cause })?;
        let id = process.id().unwrap_or_default();
        Ok(Self { function: program.name.clone(), process, id, api, log: log.to_owned(), started })
    }

    /// Waits until the function asks for its next event, and says when it did.
    ///
    /// # Errors
    /// What it did instead.
    pub async fn ready(&mut self) -> Result<Instant, Failure> {
        let said = tokio::select! {
            biased;
            said = self.api.ready() => said,
            status = self.process.wait() => Err(ended(status)),
            () = tokio::time::sleep(PATIENCE) => Err(stuck()),
        };
        said.map_err(|problem| self.failure(problem))
    }

    /// Hands the event to the function, which must be [`Self::ready`], and says when its answer had arrived.
    ///
    /// # Errors
    /// What it did instead of answering with `status`, or, where that is none, with something that has no status.
    pub async fn call(&mut self, event: &Value, status: Option<u64>) -> Result<Instant, Failure> {
        let answer = tokio::select! {
            biased;
            answer = self.api.call(event) => answer,
            ended_with = self.process.wait() => Err(ended(ended_with)),
            () = tokio::time::sleep(PATIENCE) => Err(stuck()),
        };
        let answer = answer.map_err(|problem| self.failure(problem))?;
        if answer.body.get("statusCode").and_then(Value::as_u64) != status {
            let expected = status.map_or_else(|| "no status".to_owned(), |status| status.to_string());
            return Err(self.failure(format!("expected {expected}, and was answered {}", answer.body)));
        }
        Ok(answer.at)
    }

    /// How long its threads have run on a processor, in the program and in the kernel on its behalf. Exact while they all wait.
    ///
    /// # Errors
    /// Where the kernel does not say.
    pub fn processor_time(&self) -> Result<Duration, Failure> {
        let folder = PathBuf::from(format!("/proc/{}/task", self.id));
        let failed = |cause| Failure::File { path: folder.clone(), cause };
        let mut sum = Duration::ZERO;
        for thread in fs::read_dir(&folder).map_err(failed)? {
            let path = thread.map_err(failed)?.path().join("schedstat");
            let text = fs::read_to_string(&path).map_err(|cause| Failure::File { path, cause })?;
            sum += on_processor(&text).ok_or_else(|| self.failure(format!("/proc says {text:?}")))?;
        }
        Ok(sum)
    }

    /// The most memory that was resident at any time, in KiB.
    ///
    /// # Errors
    /// Where the kernel does not say.
    pub fn most_resident(&self) -> Result<u64, Failure> {
        let path = PathBuf::from(format!("/proc/{}/status", self.id));
        let text = fs::read_to_string(&path).map_err(|cause| Failure::File { path, cause })?;
        high_water(&text).ok_or_else(|| self.failure("/proc says nothing of its memory".to_owned()))
    }

    fn failure(&self, problem: String) -> Failure {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let log = log.lines().last().unwrap_or("nothing").to_owned();
        Failure::Function { function: self.function.clone(), problem, log }
    }
}

#[expect(clippy::disallowed_methods, reason = "to take the time is what this is for")]
fn now() -> Instant {
    Instant::now()
}

fn ended(status: std::io::Result<std::process::ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| format!("ended with {status}"))
}

fn stuck() -> String {
    format!("said nothing for {} s", PATIENCE.as_secs())
}

/// The first figure of a thread's `schedstat`: nanoseconds on a processor.
fn on_processor(schedstat: &str) -> Option<Duration> {
    schedstat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// `VmHWM` of a process's `status`, in KiB.
fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{high_water, on_processor};

    #[test]
    fn the_kernels_figures_are_read() {
        assert_eq!(on_processor("215608438 473593458 134\n"), Some(Duration::from_nanos(215_608_438)));
        assert_eq!(on_processor(""), None);
        let status = "Name:\ttoken\nVmPeak:\t  221492 kB\nVmHWM:\t    8808 kB\nVmRSS:\t    8640 kB\n";
        assert_eq!(high_water(status), Some(8808));
        assert_eq!(high_water("Name:\ttoken\n"), None);
    }
}
