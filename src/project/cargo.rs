//! What `Cargo.toml` files say about crates, read without cargo.

use std::collections::{BTreeMap, BTreeSet};

use super::paths;
use super::read::{Kind, Text};

/// A Cargo package, or a single Rust file outside of any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrateInfo {
    /// Name as code writes it (`-` is `_`): that of the library, else of the package.
    pub name: String,
    /// Name of the package as written; the file's name for a single file.
    pub package: String,
    /// Folder of its `Cargo.toml`; of the file for a single one.
    pub folder: String,
    /// Files with which its crates begin, of those that were read.
    pub roots: Vec<CrateRoot>,
    /// What it depends on, under the names by which its code calls them.
    pub deps: Vec<Dependency>,
    /// Whether a `Cargo.toml` says so; false for a single file.
    pub declared: bool,
}

/// A file with which a crate begins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CrateRoot {
    /// What it builds.
    pub kind: RootKind,
    /// Name of the crate as code writes it.
    pub name: String,
    /// The file.
    pub path: String,
}

/// What a crate root builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RootKind {
    /// A library.
    Lib,
    /// A program.
    Bin,
    /// An example; only if its folder was asked for.
    Example,
    /// A test or benchmark; only if its folder was asked for.
    Test,
    /// A build script.
    Build,
}

/// One dependency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// The name by which code calls it.
    pub name: String,
    /// The package.
    pub package: String,
    /// Its folder, for a path dependency.
    pub folder: Option<String>,
    /// Its features that this package asks for, always or under a feature of its own.
    pub features: Vec<String>,
}

/// A manifest that does not parse.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub path: String,
    pub lo: u32,
    pub hi: u32,
    pub what: String,
}

/// All manifests of a run, by folder.
#[derive(Debug, Default)]
pub(super) struct Packages {
    by_folder: BTreeMap<String, toml::Table>,
    broken: Vec<Broken>,
    climb: usize,
}

/// Tests, benchmarks and examples that a manifest lists with a path: the file, and the folder of its modules.
fn elsewhere(manifest: &toml::Table) -> Vec<String> {
    let paths = |key: &str| {
        let listed = manifest.get(key).and_then(toml::Value::as_array).map_or(&[][..], Vec::as_slice);
        listed.iter().filter_map(|target| target.get("path")?.as_str())
    };
    // What is a part of the library or a program besides is no test.
    let built = manifest.get("lib").and_then(|l| l.get("path")?.as_str());
    let built: Vec<&str> = ["src/lib.rs", "src/main.rs"].into_iter().chain(built).chain(paths("bin")).collect();
    let folders = ["test", "bench", "example"].into_iter().flat_map(paths).flat_map(|path| {
        let module = path.strip_suffix("/mod.rs").or_else(|| path.strip_suffix("/main.rs"));
        [module.or_else(|| path.strip_suffix(".rs")), Some(path)]
    });
    let is_test = |at: &&str| !built.iter().any(|built| paths::is_below(built, at));
    folders.flatten().filter(is_test).map(str::to_owned).collect()
}

const TARGET_FOLDERS: [(&str, RootKind); 3] =
    [("examples", RootKind::Example), ("tests", RootKind::Test), ("benches", RootKind::Test)];

impl Packages {
    pub(super) fn read(texts: &[Text]) -> Packages {
        let mut packages = Packages::default();
        for text in texts.iter().filter(|t| Kind::of(&t.path) == Kind::Manifest) {
            let folder = paths::folder(&text.path).to_owned();
            packages.climb = packages.climb.max(folder.split('/').filter(|s| *s == "..").count());
            let table = match text.text.as_deref().map(str::parse::<toml::Table>) {
                Ok(Ok(table)) => table,
                Ok(Err(error)) => {
                    let span = error.span().unwrap_or(0..0);
                    let message = error.message().lines().next().unwrap_or("").to_owned();
                    packages.broken.push(Broken {
                        path: text.path.clone(),
                        lo: span.start as u32,
                        hi: span.end as u32,
                        what: format!("is not valid TOML: {message}; its folder's name and usual files are assumed"),
                    });
                    assumed(&folder)
                }
                Err(_) => assumed(&folder),
            };
            packages.by_folder.insert(folder, table);
        }
        packages
    }

    pub(super) fn broken(&self) -> &[Broken] {
        &self.broken
    }

    /// Folder of the nearest manifest at or above a file.
    fn owner(&self, path: &str) -> Option<&str> {
        let mut folder = paths::folder(path).to_owned();
        loop {
            if let Some((found, _)) = self.by_folder.get_key_value(&folder) {
                return Some(found);
            }
            let climbed = folder.split('/').filter(|s| *s == "..").count();
            if climbed >= self.climb && (folder.is_empty() || climbed > 0) {
                return None;
            }
            folder = paths::above(&folder);
        }
    }

    /// The `tests`, `benches` or `examples` folder of a package in which a file stands, or the target of such a kind
    /// that its manifest puts elsewhere. A nested package there is a package like any other.
    pub(super) fn target_folder(&self, path: &str) -> Option<String> {
        let owner = self.owner(path)?;
        let table = self.by_folder.get(owner)?;
        table.get("package")?;
        let usual = TARGET_FOLDERS.iter().map(|(name, _)| (*name).to_owned());
        let mut targets = usual.chain(elsewhere(table)).map(|name| paths::join(owner, &name));
        targets.find(|f| paths::is_below(path, f))
    }

    /// The packages that own at least one of the Rust files, and the files that no package owns.
    pub(super) fn crates(&self, rust: &BTreeSet<&str>) -> Vec<CrateInfo> {
        let mut crates = Vec::new();
        let mut owners: BTreeSet<&str> = BTreeSet::new();
        for path in rust {
            let owner = self.owner(path).filter(|o| self.by_folder.get(*o).is_some_and(|t| t.contains_key("package")));
            match owner {
                Some(owner) => {
                    owners.insert(owner);
                }
                None => crates.push(single(path)),
            }
        }
        for folder in owners {
            if let Some(table) = self.by_folder.get(folder) {
                crates.push(self.package(folder, table, rust));
            }
        }
        crates.sort_by(|a, b| (&a.folder, &a.name).cmp(&(&b.folder, &b.name)));
        crates
    }

    fn package(&self, folder: &str, table: &toml::Table, rust: &BTreeSet<&str>) -> CrateInfo {
        let package = table.get("package").and_then(toml::Value::as_table);
        let text = |key: &str| package.and_then(|p| p.get(key)).and_then(toml::Value::as_str);
        let flag = |key: &str| package.and_then(|p| p.get(key)).and_then(toml::Value::as_bool).unwrap_or(true);
        let name = text("name").map_or_else(|| folder_name(folder), str::to_owned);
        let mut roots: BTreeMap<String, CrateRoot> = BTreeMap::new();
        let mut add = |kind: RootKind, name: &str, file: &str| {
            let path = paths::join(folder, file);
            if rust.contains(path.as_str()) {
                roots.entry(path.clone()).or_insert(CrateRoot { kind, name: code_name(name), path });
            }
        };

        let lib = table.get("lib").and_then(toml::Value::as_table);
        let lib_text = |key: &str| lib.and_then(|l| l.get(key)).and_then(toml::Value::as_str);
        let lib_name = lib_text("name").unwrap_or(&name).to_owned();
        add(RootKind::Lib, &lib_name, lib_text("path").unwrap_or("src/lib.rs"));

        for (key, kind, places) in [
            ("bin", RootKind::Bin, &["src/bin"][..]),
            ("example", RootKind::Example, &["examples"]),
            ("test", RootKind::Test, &["tests"]),
            ("bench", RootKind::Test, &["benches"]),
        ] {
            let listed = table.get(key).and_then(toml::Value::as_array).map_or(&[][..], Vec::as_slice);
            for target in listed.iter().filter_map(toml::Value::as_table) {
                let target_name = target.get("name").and_then(toml::Value::as_str).unwrap_or(&name);
                if let Some(path) = target.get("path").and_then(toml::Value::as_str) {
                    add(kind, target_name, path);
                    continue;
                }
                for place in places {
                    add(kind, target_name, &format!("{place}/{target_name}.rs"));
                    add(kind, target_name, &format!("{place}/{target_name}/main.rs"));
                }
                if kind == RootKind::Bin {
                    add(kind, target_name, "src/main.rs");
                }
            }
        }
        if flag("autobins") {
            add(RootKind::Bin, &name, "src/main.rs");
            for (target, file) in found_targets(folder, "src/bin", rust) {
                add(RootKind::Bin, &target, &file);
            }
        }
        for ((place, kind), auto) in TARGET_FOLDERS.iter().zip(["autoexamples", "autotests", "autobenches"]) {
            if flag(auto) {
                for (target, file) in found_targets(folder, place, rust) {
                    add(*kind, &target, &file);
                }
            }
        }
        if package.and_then(|p| p.get("build")).and_then(toml::Value::as_bool) != Some(false) {
            add(RootKind::Build, "build_script_build", text("build").unwrap_or("build.rs"));
        }

        let mut roots: Vec<CrateRoot> = roots.into_values().collect();
        roots.sort();
        let deps = self.dependencies(folder, table);
        CrateInfo { name: code_name(&lib_name), package: name, folder: folder.to_owned(), roots, deps, declared: true }
    }

    fn dependencies(&self, folder: &str, table: &toml::Table) -> Vec<Dependency> {
        const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
        let targets = table.get("target").and_then(toml::Value::as_table);
        let targets = targets.into_iter().flat_map(|t| t.values().filter_map(toml::Value::as_table));
        let listed: Vec<(&String, &toml::Value)> = [table]
            .into_iter()
            .chain(targets)
            .flat_map(|t| KINDS.iter().filter_map(|kind| t.get(*kind)?.as_table()))
            .flatten()
            .collect();
        let switches = table.get("features").and_then(toml::Value::as_table).into_iter().flat_map(|t| t.values());
        let switches: Vec<String> = switches.flat_map(|v| strings(Some(v))).collect();
        let mut deps: Vec<Dependency> = listed
            .iter()
            .map(|&(key, value)| {
                let inherits = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                let mut features = strings(value.get("features"));
                let (value, base) = if inherits { self.shared(folder, key) } else { (Some(value), folder.to_owned()) };
                if inherits {
                    features.extend(strings(value.and_then(|v| v.get("features"))));
                }
                features.extend(switches.iter().filter_map(|switch| {
                    let (of, feature) = switch.split_once('/')?;
                    (of.trim_end_matches('?') == key).then(|| feature.to_owned())
                }));
                features.sort();
                features.dedup();
                let text = |k: &str| value.and_then(|v| v.get(k)).and_then(toml::Value::as_str);
                Dependency {
                    name: code_name(key),
                    package: text("package").unwrap_or(key).to_owned(),
                    folder: text("path").map(|p| paths::join(&base, p)),
                    features,
                }
            })
            .collect();
        deps.sort();
        deps.dedup_by(|a, b| a.name == b.name);
        deps
    }

    /// An entry of `[workspace.dependencies]` in the nearest workspace above, and the folder of that workspace.
    fn shared(&self, folder: &str, key: &str) -> (Option<&toml::Value>, String) {
        let mut at = folder.to_owned();
        loop {
            if let Some(workspace) = self.by_folder.get(&at).and_then(|t| t.get("workspace")) {
                return (workspace.get("dependencies").and_then(|d| d.get(key)), at);
            }
            let climbed = at.split('/').filter(|s| *s == "..").count();
            if climbed >= self.climb && (at.is_empty() || climbed > 0) {
                return (None, folder.to_owned());
            }
            at = paths::above(&at);
        }
    }
}

/// `a-b` as code writes it.
fn code_name(name: &str) -> String {
    name.replace('-', "_")
}

fn folder_name(folder: &str) -> String {
    folder.rsplit('/').next().filter(|n| !n.is_empty() && *n != "..").unwrap_or("package").to_owned()
}

/// What a manifest that cannot be read is taken to say.
fn assumed(folder: &str) -> toml::Table {
    let mut package = toml::Table::new();
    package.insert("name".to_owned(), toml::Value::String(folder_name(folder)));
    let mut table = toml::Table::new();
    table.insert("package".to_owned(), toml::Value::Table(package));
    table
}

/// The texts of a list.
fn strings(value: Option<&toml::Value>) -> Vec<String> {
    let list = value.and_then(toml::Value::as_array).into_iter().flatten();
    list.filter_map(toml::Value::as_str).map(str::to_owned).collect()
}

/// A file outside of any package.
fn single(path: &str) -> CrateInfo {
    let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs");
    let kind = if stem == "main" { RootKind::Bin } else { RootKind::Lib };
    let name = code_name(stem);
    CrateInfo {
        package: stem.to_owned(),
        folder: paths::folder(path).to_owned(),
        roots: vec![CrateRoot { kind, name: name.clone(), path: path.to_owned() }],
        deps: Vec::new(),
        declared: false,
        name,
    }
}

/// `place/x.rs` and `place/x/main.rs` below a package, as (`x`, path from the package).
fn found_targets(folder: &str, place: &str, rust: &BTreeSet<&str>) -> Vec<(String, String)> {
    let base = paths::join(folder, place);
    rust.iter()
        .filter_map(|path| path.strip_prefix(base.as_str())?.strip_prefix('/'))
        .filter_map(|rest| {
            let name = rest.strip_suffix("/main.rs").or_else(|| rest.strip_suffix(".rs"))?;
            (!name.contains('/')).then(|| (name.to_owned(), format!("{place}/{rest}")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages(files: &[(&str, &str)]) -> (Packages, Vec<CrateInfo>) {
        let texts: Vec<Text> = files
            .iter()
            .map(|(p, t)| Text { path: (*p).to_owned(), text: Ok((*t).to_owned()), limit: false })
            .collect();
        let packages = Packages::read(&texts);
        let rust: BTreeSet<&str> = files.iter().map(|(p, _)| *p).filter(|p| p.ends_with(".rs")).collect();
        let crates = packages.crates(&rust);
        (packages, crates)
    }

    #[test]
    fn roots_of_a_package_are_those_that_cargo_builds() {
        let (_, crates) = packages(&[
            (
                "Cargo.toml",
                "[package]\nname='my-app'\n[[bin]]\nname='worker'\npath='jobs/worker.rs'\n[lib]\nname='core_lib'",
            ),
            ("src/lib.rs", ""),
            ("src/main.rs", ""),
            ("src/bin/tool.rs", ""),
            ("src/bin/big/main.rs", ""),
            ("src/bin/big/part.rs", ""),
            ("jobs/worker.rs", ""),
            ("build.rs", ""),
        ]);
        assert_eq!(crates.len(), 1);
        assert_eq!((crates[0].name.as_str(), crates[0].package.as_str()), ("core_lib", "my-app"));
        let roots: Vec<String> =
            crates[0].roots.iter().map(|r| format!("{:?} {} {}", r.kind, r.name, r.path)).collect();
        assert_eq!(
            roots,
            [
                "Lib core_lib src/lib.rs",
                "Bin big src/bin/big/main.rs",
                "Bin my_app src/main.rs",
                "Bin tool src/bin/tool.rs",
                "Bin worker jobs/worker.rs",
                "Build build_script_build build.rs"
            ]
        );
    }

    #[test]
    fn autobins_can_be_switched_off() {
        let (_, crates) = packages(&[
            ("a/Cargo.toml", "[package]\nname='a'\nautobins=false\nbuild=false"),
            ("a/src/main.rs", ""),
            ("a/build.rs", ""),
        ]);
        assert!(crates[0].roots.is_empty());
    }

    #[test]
    fn dependencies_keep_their_renames_and_those_of_the_workspace() {
        let (_, crates) = packages(&[
            (
                "Cargo.toml",
                "[workspace]\nmembers=['a']\n[workspace.dependencies]\nmail={package='mail-gate',version='1'}\nb={path='b'}",
            ),
            (
                "a/Cargo.toml",
                "[package]\nname='a'\n[dependencies]\nmail.workspace=true\nb={workspace=true}\nserde='1'\n\
                 [target.'cfg(unix)'.dependencies]\nnet-io={package='net',path='../net'}",
            ),
            ("a/src/lib.rs", ""),
            ("loose.rs", ""),
        ]);
        let a = crates.iter().find(|c| c.name == "a").unwrap();
        let deps: Vec<(&str, &str, Option<&str>)> =
            a.deps.iter().map(|d| (d.name.as_str(), d.package.as_str(), d.folder.as_deref())).collect();
        assert_eq!(
            deps,
            [
                ("b", "b", Some("b")),
                ("mail", "mail-gate", None),
                ("net_io", "net", Some("net")),
                ("serde", "serde", None)
            ]
        );
        let loose = crates.iter().find(|c| c.name == "loose").unwrap();
        assert!(!loose.declared);
    }

    #[test]
    fn test_targets_stand_beside_a_package_and_do_not_swallow_nested_packages() {
        let (packages, _) = packages(&[
            ("Cargo.toml", "[package]\nname='a'"),
            ("examples/shop/Cargo.toml", "[package]\nname='shop'"),
            ("ws/Cargo.toml", "[workspace]"),
        ]);
        assert_eq!(packages.target_folder("tests/it/main.rs").as_deref(), Some("tests"));
        assert_eq!(packages.target_folder("examples/shop/src/lib.rs"), None);
        assert_eq!(packages.target_folder("examples/shop/tests/a.rs").as_deref(), Some("examples/shop/tests"));
        assert_eq!(packages.target_folder("src/tests/a.rs"), None);
        assert_eq!(packages.target_folder("ws/tests/a.rs"), None);
    }

    #[test]
    fn test_targets_may_stand_elsewhere() {
        let manifest = "[package]\nname='a'\n[[test]]\nname='t'\npath='src/tests/mod.rs'\n[[bench]]\nname='b'\n\
                        path='src/speed.rs'\n[[test]]\nname='l'\npath='src/lib.rs'\n[[example]]\nname='e'\npath='src/main.rs'\n";
        let (packages, _) = packages(&[("Cargo.toml", manifest)]);
        assert_eq!(packages.target_folder("src/tests/mod.rs").as_deref(), Some("src/tests"));
        assert_eq!(packages.target_folder("src/tests/a/b.rs").as_deref(), Some("src/tests"));
        assert_eq!(packages.target_folder("src/speed.rs").as_deref(), Some("src/speed.rs"));
        assert_eq!(packages.target_folder("src/speed/a.rs").as_deref(), Some("src/speed"));
        assert_eq!(packages.target_folder("src/lib.rs"), None);
        assert_eq!(packages.target_folder("src/a.rs"), None);
        assert_eq!(packages.target_folder("src/testsuite.rs"), None);
    }

    #[test]
    fn a_broken_manifest_is_a_problem_and_its_package_goes_on() {
        let (packages, crates) = packages(&[("x/Cargo.toml", "[package\nname="), ("x/src/lib.rs", "")]);
        assert_eq!(packages.broken().len(), 1);
        assert_eq!(crates[0].name, "x");
        assert_eq!(crates[0].roots.len(), 1);
    }
}
