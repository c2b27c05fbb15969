//! Columns of a list that sort its rows into groups, such as sex or age.

use std::collections::BTreeMap;

/// More different values than this make no groups of people: the column is a name or a number of something.
const MOST_GROUPS: usize = 32;

/// Columns whose names say that they identify, and do not group.
const NAMES: [&str; 7] = ["id", "subject", "person", "identity", "name", "note", "comment"];

/// Whether a column is one that never makes groups, by its name.
fn identifies(column: &str) -> bool {
    let column = column.to_ascii_lowercase();
    NAMES.contains(&column.as_str()) || column.ends_with("_id") || column.ends_with("_name")
}

/// The groups of a list: every column that is not a part of it, does not identify, and has few different values.
#[derive(Debug, Default)]
pub(in crate::cli) struct Groups {
    columns: Vec<(String, Vec<Box<str>>)>,
    /// Columns that were taken for identifiers.
    pub(in crate::cli) passed_over: Vec<String>,
}

impl Groups {
    /// From the columns of a list, without those that it needs itself.
    pub(super) fn new(columns: impl IntoIterator<Item = (String, Vec<Box<str>>)>) -> Self {
        let mut groups = Self::default();
        for (name, values) in columns {
            let mut different: Vec<_> = values.iter().filter(|value| !value.is_empty()).collect();
            different.sort_unstable();
            different.dedup();
            if identifies(&name) || different.len() > MOST_GROUPS {
                groups.passed_over.push(name);
            } else {
                groups.columns.push((name, values));
            }
        }
        groups
    }

    /// The rows of each group, by column and value. A row without a value is in none.
    pub(in crate::cli) fn rows(&self) -> BTreeMap<(&str, &str), Vec<usize>> {
        let mut rows: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (name, values) in &self.columns {
            for (row, value) in values.iter().enumerate().filter(|(_, value)| !value.is_empty()) {
                rows.entry((name.as_str(), &**value)).or_default().push(row);
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_name_somebody_make_no_groups() {
        let column = |name: &str, values: Vec<Box<str>>| (name.to_owned(), values);
        let many = (0..40).map(|i| i.to_string().into()).collect();
        let groups = Groups::new([
            column("sex", vec!["f".into(), "m".into(), "".into(), "f".into()]),
            column("person_id", vec!["1".into(); 4]),
            column("camera", many),
        ]);
        let rows: Vec<_> = groups.rows().into_iter().collect();
        assert_eq!(rows, [(("sex", "f"), vec![0, 3]), (("sex", "m"), vec![1])]);
        assert_eq!(groups.passed_over, ["person_id", "camera"]);
    }
}
