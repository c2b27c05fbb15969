//! CSV lists of labelled pictures, read with the line numbers that errors need.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::error::LabelledError;
use super::groups::Groups;

/// Comparisons of a list of people at most: each takes some bytes of memory and a moment.
const MOST_PAIRS: usize = 300_000_000;

/// Pictures of people, and which of them are compared.
pub(in crate::cli) struct PairsList {
    /// Paths below the root, each once.
    pub(in crate::cli) pictures: Vec<PathBuf>,
    /// Whose face each shows, as a number.
    pub(in crate::cli) people: Vec<u32>,
    /// Which are compared.
    pub(in crate::cli) pairs: Pairs,
    /// Groups of the listed pairs, or of the pictures where all are compared.
    pub(in crate::cli) groups: Groups,
}

/// Which pictures are compared.
pub(in crate::cli) enum Pairs {
    /// These, by number.
    Listed(Vec<[u32; 2]>),
    /// Every picture with every other.
    All,
}

/// Presentations of living people and of attacks.
pub(in crate::cli) struct PresentationList {
    /// Paths below the root.
    pub(in crate::cli) pictures: Vec<PathBuf>,
    /// The species of the attack; `None` for a living person.
    pub(in crate::cli) species: Vec<Option<String>>,
    /// Whose face each shows, as a number, where the list says so; else each picture stands alone.
    pub(in crate::cli) people: Vec<u32>,
    /// Groups of the presentations.
    pub(in crate::cli) groups: Groups,
}

/// The species of attacks of which a list does not say how they were made.
const UNSPECIFIED: &str = "unspecified";

/// The columns that may say whose face a presentation shows.
const PERSON: [&str; 3] = ["subject", "person", "identity"];

impl PairsList {
    /// A list with the columns `a`, `b` (pictures) and `same` (1 or 0). Whose pictures they are is said by the columns
    /// `a_identity` and `b_identity`; without these, pictures that some line says to be of the same person are of one person.
    pub(in crate::cli) fn read_pairs(path: &Path, root: &Path) -> Result<Self, LabelledError> {
        let table = Table::read(path)?;
        let [a, b, same] = ["a", "b", "same"].map(|name| table.column(name));
        let (a, b, same) = (a?, b?, same?);
        let identities = table.find("a_identity").zip(table.find("b_identity"));
        let (mut pictures, mut names) = (Numbered::default(), Numbered::default());
        let mut listed = Vec::with_capacity(table.rows.len());
        let mut claims = Vec::with_capacity(table.rows.len());
        for row in &table.rows {
            let pair = [a, b].map(|column| pictures.number(&row.cells[column]));
            if pair[0] == pair[1] {
                return Err(table.fault(row, "a picture is compared with itself".to_owned()));
            }
            for column in [a, b] {
                table.must_exist(row, root, &row.cells[column])?;
            }
            listed.push(pair);
            claims.push(table.truth(row, same)?);
        }
        let count = pictures.names.len();
        let mut same_as = Unions::new(count + 2 * table.rows.len());
        for ((row, [a, b]), same) in table.rows.iter().zip(&listed).zip(&claims) {
            if let Some((a_identity, b_identity)) = identities {
                for (picture, column) in [(a, a_identity), (b, b_identity)] {
                    same_as.join(*picture as usize, count + names.number(&row.cells[column]) as usize);
                }
            } else if *same {
                same_as.join(*a as usize, *b as usize);
            }
        }
        let people = same_as.numbers(count);
        for ((row, [a, b]), same) in table.rows.iter().zip(&listed).zip(&claims) {
            if *same != (people[*a as usize] == people[*b as usize]) {
                let what =
                    "this line contradicts others, or the identities, on whether these pictures show the same person";
                return Err(table.fault(row, what.to_owned()));
            }
        }
        let own: Vec<usize> =
            [a, b, same].into_iter().chain(identities.into_iter().flat_map(|(a, b)| [a, b])).collect();
        let groups = table.groups(&own);
        Ok(Self { pictures: pictures.paths(), people, pairs: Pairs::Listed(listed), groups })
    }

    /// A list with the columns `file` and `identity`, of which every picture is compared with every other.
    pub(in crate::cli) fn read_identities(path: &Path, root: &Path) -> Result<Self, LabelledError> {
        let table = Table::read(path)?;
        let (file, identity) = (table.column("file")?, table.column("identity")?);
        let (mut pictures, mut identities) = (Numbered::default(), Numbered::default());
        let mut people = Vec::with_capacity(table.rows.len());
        for row in &table.rows {
            if pictures.number(&row.cells[file]) as usize != people.len() {
                return Err(table.fault(row, "this picture is already in the list".to_owned()));
            }
            if row.cells[identity].is_empty() {
                return Err(table.fault(row, "the identity is missing".to_owned()));
            }
            table.must_exist(row, root, &row.cells[file])?;
            people.push(identities.number(&row.cells[identity]));
        }
        let count = people.len();
        if count * count.saturating_sub(1) / 2 > MOST_PAIRS {
            let what = format!("{count} pictures make more than {MOST_PAIRS} pairs: take a part of the people");
            return Err(LabelledError::List { path: path.to_owned(), what });
        }
        let groups = table.groups(&[file, identity]);
        Ok(Self { pictures: pictures.paths(), people, pairs: Pairs::All, groups })
    }

    /// How many comparisons the list asks for.
    pub(in crate::cli) fn pair_count(&self) -> usize {
        match &self.pairs {
            Pairs::Listed(pairs) => pairs.len(),
            Pairs::All => self.pictures.len() * self.pictures.len().saturating_sub(1) / 2,
        }
    }
}

impl PairsList {
    /// How many of them compare two people.
    pub(in crate::cli) fn impostor_count(&self) -> usize {
        let person = |picture: u32| self.people[picture as usize];
        match &self.pairs {
            Pairs::Listed(pairs) => pairs.iter().filter(|[a, b]| person(*a) != person(*b)).count(),
            Pairs::All => {
                let mut pictures: HashMap<u32, usize> = HashMap::new();
                for of in &self.people {
                    *pictures.entry(*of).or_default() += 1;
                }
                self.pair_count() - pictures.values().map(|count| count * (count - 1) / 2).sum::<usize>()
            }
        }
    }
}

impl PresentationList {
    /// A list with the columns `file` and `live` (1 or 0); `species` says how an attack was made, `subject` (or `person`, or
    /// `identity`) whose face it shows.
    pub(in crate::cli) fn read(path: &Path, root: &Path) -> Result<Self, LabelledError> {
        let table = Table::read(path)?;
        let (file, live) = (table.column("file")?, table.column("live")?);
        let (species, person) = (table.find("species"), PERSON.iter().find_map(|name| table.find(name)));
        let mut list =
            Self { pictures: Vec::new(), species: Vec::new(), people: Vec::new(), groups: Groups::default() };
        let mut people = Numbered::default();
        for (row, number) in table.rows.iter().zip(0..) {
            table.must_exist(row, root, &row.cells[file])?;
            let name = species.map(|column| &*row.cells[column]).filter(|name| !name.is_empty());
            let attack = !table.truth(row, live)?;
            list.species.push(attack.then(|| name.unwrap_or(UNSPECIFIED).to_owned()));
            list.pictures.push(PathBuf::from(&*row.cells[file]));
            list.people.push(person.map_or(number, |column| people.number(&row.cells[column])));
        }
        let own: Vec<usize> = [file, live].into_iter().chain(species).chain(person).collect();
        list.groups = table.groups(&own);
        Ok(list)
    }
}

/// A list as it was read.
struct Table {
    path: PathBuf,
    columns: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    line: u64,
    cells: Vec<Box<str>>,
}

impl Table {
    fn read(path: &Path) -> Result<Self, LabelledError> {
        let failed = |source| LabelledError::File { path: path.to_owned(), source };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(failed)?;
        // What Excel saves begins with a byte order mark.
        let columns = reader.headers().map_err(failed)?.iter();
        let columns = columns.map(|name| name.trim_start_matches('\u{feff}').to_ascii_lowercase()).collect();
        let row = |record: StringRecord| Row {
            line: record.position().map_or(0, csv::Position::line),
            cells: record.iter().map(Box::from).collect(),
        };
        let rows: Vec<Row> =
            reader.records().map(|record| record.map(row)).collect::<Result<_, _>>().map_err(failed)?;
        if rows.is_empty() {
            return Err(LabelledError::List { path: path.to_owned(), what: "the list is empty".to_owned() });
        }
        Ok(Self { path: path.to_owned(), columns, rows })
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    fn column(&self, name: &str) -> Result<usize, LabelledError> {
        self.find(name).ok_or_else(|| LabelledError::List {
            path: self.path.clone(),
            what: format!("the first line must name the columns, and `{name}` is not among them"),
        })
    }

    fn fault(&self, row: &Row, what: String) -> LabelledError {
        LabelledError::Line { path: self.path.clone(), line: row.line, what }
    }

    fn truth(&self, row: &Row, column: usize) -> Result<bool, LabelledError> {
        match &*row.cells[column].to_ascii_lowercase() {
            "1" | "true" | "yes" => Ok(true),
            "0" | "false" | "no" => Ok(false),
            other => Err(self.fault(row, format!("`{}` must be 1 or 0, not `{other}`", self.columns[column]))),
        }
    }

    /// Found before the first picture is looked at, not after an hour.
    fn must_exist(&self, row: &Row, root: &Path, file: &str) -> Result<(), LabelledError> {
        let path = root.join(file);
        if file.is_empty() {
            Err(self.fault(row, "the name of a picture is missing".to_owned()))
        } else if path.is_file() {
            Ok(())
        } else {
            Err(self.fault(row, format!("there is no file {}: names are relative to --root", path.display())))
        }
    }

    fn groups(&self, own: &[usize]) -> Groups {
        let others = self.columns.iter().enumerate().filter(|(column, _)| !own.contains(column));
        Groups::new(
            others
                .map(|(column, name)| (name.clone(), self.rows.iter().map(|row| row.cells[column].clone()).collect())),
        )
    }
}

/// Numbers names in the order of their first use.
#[derive(Default)]
struct Numbered {
    names: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
}

impl Numbered {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }

    fn paths(self) -> Vec<PathBuf> {
        self.names.into_iter().map(|name| PathBuf::from(&*name)).collect()
    }
}

/// Which pictures, and names of people, belong together: disjoint sets.
struct Unions(Vec<usize>);

impl Unions {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a] = b;
    }

    /// A number for the person of each of the first `count`.
    fn numbers(mut self, count: usize) -> Vec<u32> {
        let mut numbers = HashMap::new();
        (0..count)
            .map(|picture| {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                *numbers.entry(self.root(picture)).or_insert(next)
            })
            .collect()
    }
}
