//! What each function's binary weighs.
//!
//! Shown is what would be deployed: what `sam build` made, or else what `cargo lambda build` made, as soon as every function is there.
//! Where neither has made them all, they are built for this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Failure;
use crate::budget::BUDGETS;
use crate::table::Table;
use crate::workspace::{BARE, Program, Workspace};

/// A binary on a scale.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Weighed {
    name: String,
    bytes: u64,
}

/// The binaries of one build.
struct Build {
    /// Who made them, in words.
    by: &'static str,
    functions: Vec<Program>,
    /// The function that does nothing, where it was built too.
    bare: Option<Program>,
}

/// Weighs every function.
///
/// # Errors
/// [`Failure::OverBudget`], with the report in it, where one weighs more than it may; others where there is nothing to weigh.
pub fn run() -> Result<String, Failure> {
    let workspace = Workspace::read()?;
    let budgeted = budgeted(&workspace.functions, &BUDGETS)?;
    let build = find(&workspace)?;
    let architecture = architecture(&build.functions)?;
    let functions: Vec<Weighed> = build.functions.iter().map(weigh).collect::<Result<_, _>>()?;
    let bare =
        build.bare.filter(|bare| read_architecture(&bare.path).is_ok_and(|found| found == architecture));
    let bare = bare.map(|bare| weigh(&bare)).transpose()?;
    let age = build.functions.iter().map(|program| age(&program.path)).max().unwrap_or_default();
    let head = format!("What {} made {}, for {architecture}:\n\n", build.by, ago(age));
    report(&head, &functions, bare.as_ref(), &budgeted)
}

/// The budget of each function, in their order.
fn budgeted(functions: &[String], budgets: &[(&str, u64)]) -> Result<Vec<u64>, Failure> {
    let unknown =
        budgets.iter().map(|(name, _)| *name).find(|name| !functions.iter().any(|known| known == name));
    if let Some(name) = unknown {
        return Err(Failure::Budget(name.to_owned()));
    }
    let budget = |name: &String| budgets.iter().find(|(known, _)| known == name).map(|(_, budget)| *budget);
    functions.iter().map(|name| budget(name).ok_or_else(|| Failure::Budget(name.clone()))).collect()
}

fn find(workspace: &Workspace) -> Result<Build, Failure> {
    let bare = |path: PathBuf| path.is_file().then(|| Program { name: BARE.to_owned(), path });
    let lambda = |name: &str| workspace.target.join("lambda").join(name).join("bootstrap");
    let sam = |name: &str| workspace.root.join(".aws-sam/build").join(logical_id(name)).join("bootstrap");
    if let Some(functions) = all(&workspace.functions, &sam) {
        return Ok(Build { by: "`sam build`", functions, bare: bare(lambda(BARE)) });
    }
    if let Some(functions) = all(&workspace.functions, &lambda) {
        return Ok(Build { by: "`cargo lambda build`", functions, bare: bare(lambda(BARE)) });
    }
    let mut functions = workspace.build()?;
    let bare = functions.pop();
    Ok(Build { by: "`cargo build --release`", functions, bare })
}

fn all(functions: &[String], path: &dyn Fn(&str) -> PathBuf) -> Option<Vec<Program>> {
    let programs = functions.iter().map(|name| Program { name: name.clone(), path: path(name) });
    programs.map(|program| program.path.is_file().then_some(program)).collect()
}

/// What template.yaml calls a function: `TokenFunction` for `token`.
fn logical_id(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut characters = word.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(characters).collect::<String>()
    });
    format!("{}Function", words.collect::<String>())
}

fn weigh(program: &Program) -> Result<Weighed, Failure> {
    let metadata = fs::metadata(&program.path);
    let bytes = metadata.map_err(|cause| Failure::File { path: program.path.clone(), cause })?.len();
    Ok(Weighed { name: program.name.clone(), bytes })
}

/// Whole minutes are enough; a time that is not known is now.
fn age(path: &Path) -> Duration {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    modified.and_then(|modified| modified.elapsed().ok()).unwrap_or_default()
}

fn ago(age: Duration) -> String {
    let minutes = age.as_secs() / 60;
    match minutes {
        0 => "just now".to_owned(),
        1..120 => format!("{minutes} min ago"),
        120..2880 => format!("{} hours ago", minutes / 60),
        _ => format!("{} days ago", minutes / 1440),
    }
}

/// What they are all built for.
fn architecture(programs: &[Program]) -> Result<&'static str, Failure> {
    let mut expected = None;
    for program in programs {
        let found = read_architecture(&program.path)?;
        let expected = *expected.get_or_insert(found);
        if found != expected {
            return Err(Failure::Mixed { path: program.path.clone(), found, expected });
        }
    }
    Ok(expected.unwrap_or_default())
}

fn read_architecture(path: &Path) -> Result<&'static str, Failure> {
    let file = fs::read(path).map_err(|cause| Failure::File { path: path.to_owned(), cause })?;
    elf_architecture(&file).ok_or_else(|| Failure::NoProgram(path.to_owned()))
}

/// The architecture by Lambda's name, from an ELF header: `e_ident` begins with the magic number and says 64-bit, little-endian;
/// `e_machine` stands at byte 18.
fn elf_architecture(file: &[u8]) -> Option<&'static str> {
    if !file.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    match file.get(18..20)? {
        [0xb7, 0x00] => Some("arm64"),
        [0x3e, 0x00] => Some("x86_64"),
        _ => None,
    }
}

fn report(
    head: &str,
    functions: &[Weighed],
    bare: Option<&Weighed>,
    budgets: &[u64],
) -> Result<String, Failure> {
    let times =
        |bytes: u64| bare.map_or_else(String::new, |bare| format!("{:.1}", bytes as f64 / bare.bytes as f64));
    let mut table = Table::new(&["function", "KiB", "budget", "× bare"]);
    let mut over = Vec::new();
    for (function, &budget) in functions.iter().zip(budgets) {
        let size = kib(function.bytes);
        let mark = if size > budget { "OVER" } else { "" };
        if size > budget {
            over.push(function.name.as_str());
        }
        table.row([
            function.name.clone(),
            size.to_string(),
            budget.to_string(),
            times(function.bytes),
            mark.to_owned(),
        ]);
    }
    let sum = functions.iter().map(|function| kib(function.bytes)).sum::<u64>();
    table.row(["sum".to_owned(), sum.to_string(), budgets.iter().sum::<u64>().to_string()]);
    table.row(match bare {
        Some(bare) => vec![BARE.to_owned(), kib(bare.bytes).to_string(), String::new(), "1.0".to_owned()],
        None => vec!["bare (not built for this)".to_owned()],
    });
    let report = format!("{head}{}", table.text());
    if over.is_empty() { Ok(report) } else { Err(Failure::OverBudget { report, names: over.join(", ") }) }
}

/// Begun KiB.
const fn kib(bytes: u64) -> u64 {
    bytes.div_ceil(1024)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Weighed, ago, budgeted, elf_architecture, logical_id, report};
    use crate::Failure;
    use crate::budget::BUDGETS;
    use crate::workspace::Workspace;

    fn weighed(name: &str, bytes: u64) -> Weighed {
        Weighed { name: name.to_owned(), bytes }
    }

    #[test]
    fn sizes_stand_beside_budgets_and_the_least_possible() {
        let functions = [weighed("login", 3 * 1024), weighed("token", 2049)];
        let shown = report("For arm64:\n", &functions, Some(&weighed("bare", 1024)), &[4, 3]).unwrap();
        assert_eq!(
            shown,
            "For arm64:\n\
             function   KiB   budget   × bare\n\
             login        3        4      3.0\n\
             token        3        3      2.0\n\
             sum          6        7\n\
             bare         1               1.0\n"
        );
    }

    #[test]
    fn whoever_weighs_too_much_is_named() {
        let functions = [weighed("login", 4096), weighed("token", 4097)];
        let Err(Failure::OverBudget { report, names }) = report("", &functions, None, &[4, 4]) else {
            panic!("not over budget");
        };
        assert_eq!(names, "token");
        assert!(report.contains("token                         5        4            OVER\n"), "{report}");
        assert!(report.ends_with("bare (not built for this)\n"), "{report}");
    }

    #[test]
    fn every_function_has_a_budget_and_every_budget_a_function() {
        let functions = Workspace::read().unwrap().functions;
        assert_eq!(budgeted(&functions, &BUDGETS).unwrap().len(), functions.len());
        let known = ["token".to_owned()];
        assert!(budgeted(&known, &[("token", 1), ("gone", 1)]).unwrap_err().to_string().ends_with("in gone"));
        assert!(budgeted(&known, &[]).unwrap_err().to_string().ends_with("in token"));
    }

    #[test]
    fn a_program_says_what_it_runs_on() {
        let header = |machine: u8| [b"\x7fELF\x02\x01".as_slice(), &[0; 12], &[machine, 0]].concat();
        assert_eq!(elf_architecture(&header(0xb7)), Some("arm64"));
        assert_eq!(elf_architecture(&header(0x3e)), Some("x86_64"));
        assert_eq!(elf_architecture(&header(0x28)), None);
        assert_eq!(elf_architecture(b"#!/bin/sh\n"), None);
        assert_eq!(elf_architecture(b"\x7fELF\x02\x01"), None);
    }

    #[test]
    fn names_and_ages_are_told() {
        assert_eq!(logical_id("token"), "TokenFunction");
        assert_eq!(logical_id("kustvakt-clients"), "KustvaktClientsFunction");
        for (seconds, told) in
            [(59, "just now"), (61, "1 min ago"), (7_200, "2 hours ago"), (172_800, "2 days ago")]
        {
            assert_eq!(ago(Duration::from_secs(seconds)), told);
        }
    }
}
