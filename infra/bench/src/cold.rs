//! How long each function takes from its start to its first answer, and what a call costs.
//!
//! Every start of a function follows one of `bare`, so that whatever else the machine does hits both alike.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Failure;
use crate::memory::{Cost, GB_SECOND, SIZES, TRIP};
use crate::sandbox::Sandbox;
use crate::scene::{BARE, CASES, Case, Scene};
use crate::statistics::Sample;
use crate::table::Table;
use crate::workspace::{Program, Workspace};

/// What one life of a sandbox took, in milliseconds; memory in MiB.
#[derive(Clone, Copy, Debug)]
struct Life {
    /// From the start until it asked for its first event.
    next: f64,
    /// From the start until its first answer had arrived.
    answer: f64,
    /// The processor's part of that, until the first event.
    processor_next: f64,
    /// The processor's part of that, until the first answer.
    processor_answer: f64,
    /// The processor's part of a warm call, on average.
    processor_call: f64,
    /// A warm call with its waiting for the embedded DynamoDB, on average.
    call: f64,
    /// The most memory that was ever resident.
    resident: f64,
}

/// A case and its lives.
struct Measured {
    case: Case,
    lives: Vec<Life>,
}

/// Where functions log to; gone with this value.
struct Scratch(PathBuf);

/// Starts each function `runs` times and calls it `calls` times then, and reports.
///
/// # Errors
/// Where one does not start, or does not answer as it must.
pub async fn run(runs: usize, calls: usize) -> Result<String, Failure> {
    let workspace = Workspace::read()?;
    if let Some(name) =
        workspace.functions.iter().find(|name| !CASES.iter().any(|case| case.function == **name))
    {
        return Err(Failure::NoCall(name.clone()));
    }
    let programs = workspace.build()?;
    let scratch = Scratch::new()?;
    let mut scene = Scene::new().await?;
    let mut bare = Measured { case: BARE, lives: Vec::new() };
    let mut measured: Vec<Measured> = CASES.map(|case| Measured { case, lives: Vec::new() }).into();
    for run in 1..=runs {
        writeln!(std::io::stderr(), "start {run} of {runs} of each").ok();
        for measured in &mut measured {
            for measured in [&mut bare, measured] {
                let program = programs.iter().find(|program| program.name == measured.case.function);
                let program = program.ok_or_else(|| Failure::NoCall(measured.case.function.to_owned()))?;
                measured.lives.push(live(program, measured.case, &mut scene, &scratch, calls).await?);
            }
        }
    }
    report(runs, calls, &bare, &measured).ok_or(Failure::Variable("RUNS"))
}

/// One life of a sandbox: the start, the first call, and the warm ones.
async fn live(
    program: &Program,
    case: Case,
    scene: &mut Scene,
    scratch: &Scratch,
    calls: usize,
) -> Result<Life, Failure> {
    let events = scene.events(case.asked, 1 + calls).await;
    let environment = |api| scene.environment(&program.name, api);
    let mut sandbox = Sandbox::start(program, environment, &scratch.log()).await?;
    let mut life = Vec::with_capacity(events.len());
    let mut ready = sandbox.ready().await?;
    let (next, processor_next) = (ready - sandbox.started, sandbox.processor_time()?);
    let mut processor_answer = Duration::ZERO;
    for event in &events {
        let answered = sandbox.call(event, case.status).await?;
        life.push(answered - ready);
        // Only when it asks again is it done.
        ready = sandbox.ready().await?;
        if life.len() == 1 {
            processor_answer = sandbox.processor_time()?;
        }
    }
    let warm = life.iter().skip(1).sum::<Duration>();
    let first = life.first().copied().unwrap_or_default();
    Ok(Life {
        next: milliseconds(next),
        answer: milliseconds(next + first),
        processor_next: milliseconds(processor_next),
        processor_answer: milliseconds(processor_answer),
        processor_call: milliseconds(sandbox.processor_time()?.saturating_sub(processor_answer))
            / calls as f64,
        call: milliseconds(warm) / calls as f64,
        resident: sandbox.most_resident()? as f64 / 1024.0,
    })
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

impl Measured {
    fn sample(&self, part: impl Fn(&Life) -> f64) -> Option<Sample> {
        Sample::new(self.lives.iter().map(part).collect())
    }

    fn cost(&self) -> Option<Cost> {
        Some(Cost { warm: self.sample(|life| life.processor_call)?.median(), trips: self.case.trips })
    }
}

fn report(runs: usize, calls: usize, bare: &Measured, measured: &[Measured]) -> Option<String> {
    let all = || std::iter::once(bare).chain(measured);
    let (mut start, mut work, mut memory) = (start_table(), work_table(), memory_table());
    let (bare_next, bare_answer) = (bare.sample(|life| life.next)?, bare.sample(|life| life.answer)?);
    for measured in all() {
        let (next, answer) = (measured.sample(|life| life.next)?, measured.sample(|life| life.answer)?);
        start.row([
            measured.case.title().to_owned(),
            next.to_string(),
            format!("{:.1}", next.ratio_to(&bare_next)),
            answer.to_string(),
            format!("{:.1}", answer.ratio_to(&bare_answer)),
        ]);
        let median = |part: fn(&Life) -> f64, digits: usize| {
            measured.sample(part).map(|sample| format!("{:.digits$}", sample.median()))
        };
        work.row([
            measured.case.title().to_owned(),
            median(|life| life.processor_next, 1)?,
            median(|life| life.processor_answer, 1)?,
            median(|life| life.processor_call, 2)?,
            median(|life| life.call, 2)?,
            median(|life| life.resident, 1)?,
        ]);
    }
    for measured in measured {
        memory.row(memory_row(measured.case, measured.cost()?));
    }
    let head = format!(
        "{runs} starts of each, each after one of bare; medians, and in brackets the least and the most."
    );
    let again = format!("The processor's part (user and system), {calls} warm calls to a start; medians.");
    let trip = format!(
        "A warm call with so much memory in ms, a round trip to DynamoDB taken for {TRIP} ms, and what a million such calls cost in USD."
    );
    Some(format!("{head}\n\n{}\n{again}\n\n{}\n{trip}\n\n{}", start.text(), work.text(), memory.text()))
}

fn start_table() -> Table {
    Table::new(&["start", "ms to first /next", "× bare", "ms to first answer", "× bare"])
}

fn work_table() -> Table {
    Table::new(&["work", "ms to /next", "ms to answer", "ms a call", "with waiting", "MiB resident"])
}

fn memory_table() -> Table {
    let sizes = SIZES.map(|size| format!("{size} MB"));
    let headings = ["memory", "trips"].into_iter().chain(sizes.iter().map(String::as_str));
    Table::new(&headings.chain(["proposed", "GB-s", "USD"]).collect::<Vec<_>>())
}

fn memory_row(case: Case, cost: Cost) -> Vec<String> {
    let proposal = cost.proposal();
    let mut row = vec![case.title().to_owned(), cost.trips.to_string()];
    row.extend(SIZES.map(|size| format!("{:.1}", cost.warm_call(size))));
    let gb_seconds = cost.gb_seconds(proposal);
    row.extend([
        format!("{proposal} MB"),
        format!("{gb_seconds:.0}"),
        format!("{:.2}", gb_seconds * GB_SECOND),
    ]);
    row
}

impl Scratch {
    fn new() -> Result<Self, Failure> {
        let scratch = Self(std::env::temp_dir().join(format!("gatelet-bench-{}", std::process::id())));
        let file = |cause| Failure::File { path: scratch.0.clone(), cause };
        fs::create_dir_all(&scratch.0).map_err(file)?;
        Ok(scratch)
    }

    fn log(&self) -> PathBuf {
        self.0.join("log")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all::<&Path>(&self.0).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::{Life, Measured, report};
    use crate::scene::{BARE, CASES};

    #[test]
    fn everything_stands_beside_bare() {
        let life = |factor: f64| Life {
            next: factor,
            answer: 2.0 * factor,
            processor_next: factor / 2.0,
            processor_answer: factor,
            processor_call: factor / 4.0,
            call: factor / 2.0,
            resident: 4.0 * factor,
        };
        let bare = Measured { case: BARE, lives: vec![life(1.0), life(2.0), life(9.0)] };
        let measured = Measured { case: CASES[2], lives: vec![life(4.0), life(8.0), life(6.0)] };
        let report = report(3, 50, &bare, &[measured]).unwrap();
        let lines: Vec<Vec<&str>> = report.lines().map(|line| line.split_whitespace().collect()).collect();
        for line in [
            vec!["bare", "2.0", "(1.0–9.0)", "1.0", "4.0", "(2.0–18.0)", "1.0"],
            vec!["token", "6.0", "(4.0–8.0)", "3.0", "12.0", "(8.0–16.0)", "3.0"],
            vec!["token", "3.0", "6.0", "1.50", "3.00", "24.0"],
            vec!["token", "1", "24.7", "14.4", "9.2", "6.6", "5.5", "256", "MB", "3750", "0.05"],
        ] {
            assert!(lines.contains(&line), "{line:?}\n{report}");
        }
    }
}
