//! The rules of the house, read off the sources: which part may use which, and what is named only in one place.
#![expect(
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "all of this file is tests"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The parts of the crate, each with the parts that it may use beside itself.
const PARTS: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("numeric", &["error"]),
    ("data", &["error", "numeric"]),
    ("models", &["error", "numeric", "data"]),
    ("rfm", &["error", "numeric", "data"]),
    ("simulate", &["error", "numeric", "data", "models"]),
    ("value", &["error", "numeric", "data", "models"]),
    ("survival", &["error", "numeric", "data"]),
    ("cohorts", &["error", "numeric", "data"]),
    ("retention", &["error", "numeric", "data"]),
    ("baskets", &["error", "numeric", "data"]),
    (
        "python",
        &[
            "error",
            "numeric",
            "data",
            "models",
            "baskets",
            "cohorts",
            "rfm",
            "retention",
            "simulate",
            "survival",
            "value",
        ],
    ),
];

/// Names that may stand only in files whose path begins so.
const CONFINED: &[(&str, &str)] = &[
    ("pyo3", "python/"),
    ("numpy", "python/"),
    ("arrow_array", "python/"),
    ("arrow_buffer", "python/"),
    ("arrow_schema", "python/"),
    ("rayon", "numeric/parallel.rs"),
    ("unsafe_code", "python/arrow.rs"),
];

/// More lines than this, tests included, and a file has more than one duty.
const LONGEST: usize = 500;

#[test]
fn the_sources_keep_the_rules() {
    let sources = sources();
    assert!(sources.len() > 30, "only {} sources found", sources.len());
    let mut broken: Vec<String> = sources
        .iter()
        .flat_map(|(path, text)| check(path, text))
        .collect();
    let gates: Vec<&str> = sources
        .iter()
        .flat_map(|(path, text)| vec![path.as_str(); python_gates(text)])
        .collect();
    if gates != ["lib.rs"] {
        broken.push(format!(
            "cfg(feature = \"python\") must stand once, in lib.rs; found in {gates:?}"
        ));
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// Every file below `src`, with its path from there.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let name = path.strip_prefix(&root).unwrap();
                let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
                found.push((parts.join("/"), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The rules that one file breaks, in words.
fn check(path: &str, text: &str) -> Vec<String> {
    let mut broken = Vec::new();
    let code = code_of(text);
    let part = path.split(['/', '.']).next().unwrap_or_default();
    if part != "lib" {
        match PARTS.iter().find(|(name, _)| *name == part) {
            None => broken.push(format!(
                "{path}: `{part}` has no place in PARTS: say what it may use"
            )),
            Some((_, allowed)) => {
                for used in parts_used(path, &code) {
                    if used != part && !allowed.contains(&used.as_str()) {
                        broken.push(format!("{path}: `{part}` must not use `{used}`"));
                    }
                }
            }
        }
    }
    for (name, home) in CONFINED {
        if words(&code).any(|word| word == *name) && !path.starts_with(home) {
            broken.push(format!("{path}: only src/{home} may name `{name}`"));
        }
    }
    for line in classes_without_reason(text) {
        broken.push(format!(
            "{path}: the #[pyclass] in line {line} needs a comment that says why (\"because ...\")"
        ));
    }
    let lines = text.lines().count();
    if lines > LONGEST {
        broken.push(format!("{path}: {lines} lines are more than {LONGEST}"));
    }
    broken
}

/// The words of code: identifiers and keywords.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
}

/// The code alone: comments and the contents of strings and characters are blanked out.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("r\"") || rest.starts_with("r#") {
            let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
            let closing = format!("\"{}", "#".repeat(hashes));
            let opened = 2 + hashes;
            match rest.get(opened..).and_then(|inside| inside.find(&closing)) {
                Some(end) if rest[1 + hashes..].starts_with('"') => opened + end + closing.len(),
                _ => 0, // a raw identifier
            }
        } else if first == '"' {
            1 + end_of_literal(&rest[1..], '"')
        } else if first == '\'' && is_character(&rest[1..]) {
            1 + end_of_literal(&rest[1..], '\'')
        } else {
            0
        };
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.push(' ');
            rest = &rest[skipped..];
        }
    }
    code
}

/// Whether an apostrophe opens a character rather than a lifetime.
fn is_character(after: &str) -> bool {
    let mut next = after.chars();
    next.next() == Some('\\') || next.next() == Some('\'')
}

/// How far a literal reaches, its closing mark included.
fn end_of_literal(text: &str, mark: char) -> usize {
    let mut escaped = false;
    for (place, c) in text.char_indices() {
        if c == mark && !escaped {
            return place + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

/// The parts of the crate that a file names: `crate::part`, or as many `super` as lead to the root.
fn parts_used(path: &str, code: &str) -> Vec<String> {
    let home = path.trim_end_matches(".rs").trim_end_matches("/mod");
    let depth = home.split('/').count();
    let mut used = Vec::new();
    for (place, _) in code.match_indices("crate::") {
        used.extend(named_first(&code[place + "crate::".len()..]));
    }
    for (place, _) in code.match_indices("super::") {
        let before = &code[..place];
        if before.trim_end().ends_with("super::") {
            continue; // counted from the first `super` of the path
        }
        let mut rest = &code[place..];
        let mut climbed = 0;
        while let Some(after) = rest.strip_prefix("super::") {
            climbed += 1;
            rest = after;
        }
        if climbed >= depth + inline_depth(before) {
            used.extend(named_first(rest));
        }
    }
    used.retain(|name| !matches!(name.as_str(), "Error" | "Result" | ""));
    used
}

/// The first names of a path: one, or each within braces.
fn named_first(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else {
        return words(path).take(1).map(str::to_owned).collect();
    };
    let (mut depth, mut names, mut name) = (0, Vec::new(), String::new());
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => names.push(std::mem::take(&mut name)),
            '{' => depth += 1,
            '}' => depth -= 1,
            _ if depth == 0 => name.push(c),
            _ => {}
        }
    }
    names.push(name);
    let first = |name: &String| words(name).next().map(str::to_owned);
    names.iter().filter_map(first).collect()
}

/// How many `mod name { ... }` are open at the end of some code.
fn inline_depth(code: &str) -> usize {
    let mut open = Vec::new();
    let mut statement = String::new();
    for c in code.chars() {
        match c {
            '{' => open.push(words(&statement).any(|word| word == "mod")),
            '}' => {
                open.pop();
            }
            _ => {}
        }
        if matches!(c, '{' | '}' | ';') {
            statement.clear();
        } else {
            statement.push(c);
        }
    }
    open.iter().filter(|is_module| **is_module).count()
}

/// How often a file depends on the `python` feature.
fn python_gates(text: &str) -> usize {
    let spaceless: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.chars().filter(|c| !c.is_whitespace()))
        .collect();
    spaceless.matches("feature=\"python\"").count()
}

/// The lines of classes that no comment gives a reason for.
fn classes_without_reason(text: &str) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let justified = |class: usize| {
        lines[..class]
            .iter()
            .rev()
            .take_while(|line| line.starts_with("//") || line.starts_with("#["))
            .any(|line| line.starts_with("//") && line.contains("because"))
    };
    (0..lines.len())
        .filter(|&i| lines[i].starts_with("#[pyclass") && !justified(i))
        .map(|i| i + 1)
        .collect()
}

/// The checker itself: it must find what is wrong and leave alone what is right.
mod of_the_checker {
    use super::*;

    #[track_caller]
    fn finds(path: &str, text: &str, expected: &str) {
        let broken = check(path, text);
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert!(broken[0].contains(expected), "{broken:?}");
    }

    #[track_caller]
    fn passes(path: &str, text: &str) {
        assert_eq!(check(path, text), Vec::<String>::new());
    }

    #[test]
    fn finds_parts_that_look_up() {
        let up = "`numeric` must not use `data`";
        finds("numeric/dual.rs", "use crate::data::Rows;", up);
        finds("numeric/dual.rs", "use crate::{Error, data::Rows};", up);
        finds("numeric/dual.rs", "use super::super::data::Rows;", up);
        finds("numeric/mod.rs", "use super::data;", up);
        finds(
            "numeric/special/gamma.rs",
            "fn f() { super::super::super::data::g() }",
            up,
        );
        finds(
            "numeric/mod.rs",
            "mod tests { use super::super::data; }",
            up,
        );
        finds(
            "data/rows.rs",
            "fn f() -> crate::models::Fit {}",
            "must not use `models`",
        );
        finds(
            "models/fit.rs",
            "use crate::simulate::bg_nbd;",
            "must not use `simulate`",
        );
        finds("shop.rs", "", "`shop` has no place");
    }

    #[test]
    fn passes_parts_that_look_down() {
        passes("models/fit.rs", "use crate::{Error, numeric::linalg};");
        passes("data/rows.rs", "mod tests { use super::super::check; }");
        passes("simulate.rs", "mod tests { use super::*; }");
        passes("numeric/dual.rs", "/// [`crate::data::Rows`]\nfn f() {}");
        passes("numeric/dual.rs", "const TEXT: &str = \"crate::data\";");
        passes("lib.rs", "pub mod data;");
    }

    #[test]
    fn finds_names_away_from_home() {
        finds("data/rows.rs", "use rayon::prelude::*;", "may name `rayon`");
        finds("models/fit.rs", "fn f(x: pyo3::PyErr) {}", "`pyo3`");
        finds("simulate.rs", "use numpy::PyArray1;", "`numpy`");
        finds("data/rows.rs", "#![allow(unsafe_code)]", "`unsafe_code`");
        passes("numeric/parallel.rs", "use rayon::prelude::*;");
        passes("python/convert.rs", "use numpy::PyArray1;");
        passes("data/rows.rs", "// what numpy does\nfn numpy_like() {}");
        passes("data/rows.rs", "const A: char = '\"'; // rayon\n");
        passes("data/rows.rs", "const A: &str = r#\"a \" rayon\"#;");
        finds("data/rows.rs", "fn f<'a>(x: &'a rayon::Scope) {}", "rayon");
    }

    #[test]
    fn finds_classes_without_a_reason() {
        finds(
            "python/a.rs",
            "/// A table.\n#[pyclass]\nstruct T;",
            "line 2",
        );
        finds("python/a.rs", "// because\n\n#[pyclass(frozen)]", "line 3");
        passes(
            "python/a.rs",
            "/// A table, a class because it streams.\n#[derive(Debug)]\n#[pyclass(frozen)]",
        );
    }

    #[test]
    fn finds_long_files_and_counts_gates() {
        finds("data/rows.rs", &"\n".repeat(501), "501 lines");
        passes("data/rows.rs", &"\n".repeat(500));
        assert_eq!(
            python_gates("#[cfg( feature = \"python\" )]\nmod python;"),
            1
        );
        assert_eq!(python_gates("// cfg(feature = \"python\")"), 0);
        assert_eq!(
            python_gates("#[cfg(not(feature = \"python\"))]\n#[cfg(all(feature=\"python\"))]"),
            2
        );
    }
}
