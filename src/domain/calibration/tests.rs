//! Calibrations that say more than they can know are refused.

use super::*;

const GOOD: &str = r#"
pack = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
made_on = "2026-11-24"
how = "by hand"
note = "invented"

[population]
id = "invented"
en = "Nobody"
zh = "无人"

[[samples]]
set = "a"
people = 30
genuine = 100
impostor = 3000

[[points]]
fmr = 0.01
threshold = 0.4
threshold_limits = { low = 0.3, high = 0.45 }

[[points.measured]]
set = "a"
false_matches = { rate = 0.009, low = 0.004, high = 0.015, errors = 27, trials = 3000 }
false_non_matches = { rate = 0.01, low = 0.0, high = 0.03, errors = 1, trials = 100 }

[[points]]
fmr = 0.001
threshold = 0.5
threshold_limits = { low = 0.4, high = 0.55 }

[[points.measured]]
set = "a"
false_matches = { rate = 0.001, low = 0.0002, high = 0.004, errors = 3, trials = 3000 }
false_non_matches = { rate = 0.02, low = 0.0, high = 0.05, errors = 2, trials = 100 }
"#;

fn parse(text: &str) -> Result<Calibration, String> {
    toml::from_str(text).map_err(|error: toml::de::Error| error.to_string())
}

#[test]
fn a_rate_that_was_measured_has_a_threshold_and_another_has_none() {
    let calibration = parse(GOOD).unwrap();
    assert_eq!(calibration.at(FalseMatchRate(1e-3)).map(|point| point.threshold), Some(0.5));
    assert_eq!(calibration.at(FalseMatchRate(1e-2)).map(|point| point.threshold), Some(0.4));
    assert!(calibration.at(FalseMatchRate(5e-3)).is_none() && calibration.at(FalseMatchRate(f64::NAN)).is_none());
}

#[test]
fn what_cannot_be_true_is_refused() {
    for (from, to, said) in [
        ("impostor = 3000", "impostor = 2999", "needs 3000 impostor pairs: the set a has 2999, 1 are missing"),
        ("genuine = 100", "genuine = 0", "a genuine pair at least"),
        ("people = 30", "people = 1", "two people"),
        ("threshold = 0.4\n", "threshold = 0.4\n#", "missing field `threshold_limits`"),
        (
            "threshold = 0.4\nthreshold_limits = { low = 0.3, high = 0.45 }",
            "threshold = 0.6\nthreshold_limits = { low = 0.3, high = 0.7 }",
            "thresholds that never fall",
        ),
        ("high = 0.45", "high = 0.35", "outside of its limits"),
        ("errors = 27", "errors = 3001", "within its limits"),
        ("[[points.measured]]\nset = \"a\"", "[[points.measured]]\nset = \"b\"", "each sample needs its rates"),
        ("threshold = 0.5", "threshold = nan", "no similarity"),
        ("fmr = 0.001", "fmr = 0.02", "falling false match rates"),
        ("fmr = 0.01", "fmr = 0.5", "lies in (0, 0.1]"),
        ("fmr = 0.01", "fmr = -0.01", "lies in (0, 0.1]"),
        ("rate = 0.001, low", "rate = 0.002, low", "more impostor pairs matched"),
        ("low = 0.004", "low = 0.0101", "within its limits"),
        ("rate = 0.02, low = 0.0, high", "rate = 0.02, low = nan, high", "within its limits"),
        ("zh = \"无人\"", "zh = \" \"", "in Chinese"),
        ("id = \"invented\"", "id = \"In Vented\"", "short name of a population"),
        ("pack = \"0123", "pack = \"0X23", "digest of a model pack"),
        ("note = ", "notes = ", "unknown field"),
        ("set = \"a\"", "set = \"a\"\ncosine = 0.5", "unknown field"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let refused = parse(&GOOD.replacen(from, to, 1)).err();
        assert!(refused.as_ref().is_some_and(|error| error.contains(said)), "{to}: {refused:?}");
    }
    assert!(parse(GOOD.split("[[points]]").next().unwrap()).is_err(), "without points");
}

#[test]
fn every_sample_has_to_support_every_rate() {
    let rates = GOOD.split("[[points.measured]]").nth(1).unwrap().split("\n\n").next().unwrap();
    let of_b = rates.replace("set = \"a\"", "set = \"b\"").replace("0.009", "0.0009").replace("0.004", "0.0004");
    let second = "[[samples]]\nset = \"b\"\npeople = 9\ngenuine = 9\nimpostor = 310\n\n[[points]]";
    let both = GOOD.replacen("[[points]]", second, 1);
    let both =
        both.replace("\n[[points]]\nfmr = 0.001", &format!("\n[[points.measured]]{of_b}\n\n[[points]]\nfmr = 0.001"));
    let refused = parse(&format!("{both}\n[[points.measured]]{of_b}")).unwrap_err();
    assert!(refused.contains("the set b has 310, 2690 are missing"), "{refused}");
}

#[test]
fn a_population_is_calibrated_once() {
    let (one, other) = (parse(GOOD).unwrap(), parse(&GOOD.replace("\"invented\"", "\"another\"")).unwrap());
    let twice = Calibrations::new(vec![one.clone(), other.clone(), one.clone()]).unwrap_err();
    assert_eq!(twice, CalibratedTwice(PopulationId::parse("invented").unwrap()));
    let both = Calibrations::new(vec![one, other]).unwrap();
    assert_eq!(both.said(), "another 0.01, 0.001; invented 0.01, 0.001");
    assert!(both.at(&PopulationId::parse("another").unwrap(), FalseMatchRate(1e-3)).is_some());
    assert!(both.at(&PopulationId::east_asian(), FalseMatchRate(1e-3)).is_none());
}
