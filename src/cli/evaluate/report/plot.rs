//! Drawings of a report, as SVG: lines and bars between two axes.

use std::fmt::Write;

use crate::domain::rates::histogram::Histogram;

/// Units of the drawing; a page scales them.
const WIDTH: f64 = 660.0;
const HEIGHT: f64 = 400.0;
/// Room for the numbers and names of the axes: left, top, right, bottom.
const ROOM: [f64; 4] = [66.0, 12.0, 16.0, 46.0];

/// Colours that stay apart in print and for those who do not tell red from green.
pub(super) const COLOURS: [&str; 6] = ["#1f4e79", "#d1681f", "#3c8d5a", "#8a4fa3", "#b3261e", "#5b6470"];

/// A direction of the drawing.
pub(super) struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    name: &'static str,
}

impl Axis {
    /// Of shares, from the largest power of ten that is not above `least`, to 1.
    pub(super) fn shares(least: f64, name: &'static str) -> Self {
        Self { low: 10f64.powf(least.max(1e-9).log10().floor()).min(0.1), high: 1.0, logarithmic: true, name }
    }

    /// From end to end.
    pub(super) fn plain(low: f64, high: f64, name: &'static str) -> Self {
        Self { low, high: if high > low { high } else { low + 1.0 }, logarithmic: false, name }
    }

    /// How far along it a value is, in 0..=1. What lies beyond an end is at the end.
    fn along(&self, value: f64) -> f64 {
        let share = if self.logarithmic {
            (value.max(self.low) / self.low).log10() / (self.high / self.low).log10()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        share.clamp(0.0, 1.0)
    }

    /// Where numbers stand, and what they say.
    fn ticks(&self) -> Vec<(f64, String)> {
        if self.logarithmic {
            let decades = |value: &f64| (*value < self.high * 1.0001).then_some(value * 10.0);
            let ticks = std::iter::successors(Some(self.low), decades).take_while(|value| *value < self.high * 1.0001);
            return ticks.map(|value| (value, short_percent(value))).collect();
        }
        let step = nice_step((self.high - self.low) / 6.0);
        let first = (self.low / step).ceil();
        let ticks = (0..20).map(|number| (first + f64::from(number)) * step);
        let ticks = ticks.take_while(|value| *value <= self.high + step * 1e-6);
        ticks.map(|value| (value, format!("{:.2}", if value.abs() < 1e-9 { 0.0 } else { value }))).collect()
    }
}

/// 1, 2 or 5 times a power of ten, the next above.
fn nice_step(least: f64) -> f64 {
    let decade = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|factor| factor * decade).into_iter().find(|step| *step >= least).unwrap_or(decade)
}

fn short_percent(share: f64) -> String {
    let text = format!("{:.6}", share * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A drawing under way.
pub(super) struct Plot {
    x: Axis,
    y: Axis,
    svg: String,
    legend: Vec<(String, String)>,
}

impl Plot {
    pub(super) fn new(x: Axis, y: Axis) -> Self {
        let mut plot = Self { x, y, svg: String::new(), legend: Vec::new() };
        plot.frame();
        plot
    }

    fn place(&self, x: f64, y: f64) -> (f64, f64) {
        let [left, top, right, bottom] = ROOM;
        let across = left + self.x.along(x) * (WIDTH - left - right);
        (across, HEIGHT - bottom - self.y.along(y) * (HEIGHT - top - bottom))
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing into a string cannot fail.
        let _ = self.svg.write_fmt(element);
    }

    fn frame(&mut self) {
        let ([left, top, right, bottom], x_name, y_name) = (ROOM, self.x.name, self.y.name);
        for (value, text) in self.x.ticks() {
            let (x, _) = self.place(value, self.y.low);
            let end = HEIGHT - bottom;
            self.put(format_args!(r##"<path d="M{x:.1} {top}V{end}" stroke="#e1e6ec"/>"##));
            self.put(format_args!(r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">{text}</text>"#, end + 15.0));
        }
        for (value, text) in self.y.ticks() {
            let (_, y) = self.place(self.x.low, value);
            self.put(format_args!(r##"<path d="M{left} {y:.1}H{:.1}" stroke="#e1e6ec"/>"##, WIDTH - right));
            self.put(format_args!(r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{text}</text>"#, left - 5.0, y + 4.0));
        }
        let (width, height) = (WIDTH - left - right, HEIGHT - top - bottom);
        self.put(format_args!(
            r##"<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#7b8794"/>"##
        ));
        let (middle, foot) = (left + width / 2.0, HEIGHT - 10.0);
        self.put(format_args!(r#"<text x="{middle}" y="{foot}" text-anchor="middle">{x_name}</text>"#));
        let centre = top + height / 2.0;
        self.put(format_args!(
            r#"<text x="12" y="{centre}" text-anchor="middle" transform="rotate(-90 12 {centre})">{y_name}</text>"#
        ));
    }

    /// A line through points.
    pub(super) fn line(&mut self, points: impl Iterator<Item = (f64, f64)>, colour: &str, name: &str) {
        let path: Vec<String> = points.map(|(x, y)| self.place(x, y)).map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        let path = path.join("L");
        self.put(format_args!(r#"<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>"#));
        self.legend.push((colour.to_owned(), name.to_owned()));
    }

    /// Bars of a histogram, as high as the highest bar of all that are drawn is allowed to be.
    pub(super) fn bars(&mut self, histogram: &Histogram, colour: &str, name: &str) {
        let count = histogram.shares.len();
        let edge = |bin: usize| {
            let (low, high) = (f64::from(histogram.low), f64::from(histogram.high));
            low + (high - low) * f64::from(u32::try_from(bin).unwrap_or(0))
                / f64::from(u32::try_from(count).unwrap_or(1))
        };
        let (start, floor) = self.place(edge(0), 0.0);
        let mut path = format!("M{start:.1} {floor:.1}");
        for (bin, share) in histogram.shares.iter().enumerate() {
            let ((_, y), (end, _)) = (self.place(edge(bin), *share), self.place(edge(bin + 1), 0.0));
            let _ = write!(path, "V{y:.1}H{end:.1}");
        }
        self.put(format_args!(
            r#"<path d="{path}V{floor:.1}Z" fill="{colour}" fill-opacity=".28" stroke="{colour}" stroke-width="1.2"/>"#
        ));
        self.legend.push((colour.to_owned(), name.to_owned()));
    }

    /// A dashed line across, at a value of the x axis.
    pub(super) fn mark(&mut self, x: f64, colour: &str, name: &str) {
        let ((x, low), (_, high)) = (self.place(x, self.y.low), self.place(x, self.y.high));
        self.put(format_args!(
            r#"<path d="M{x:.1} {low:.1}V{high:.1}" stroke="{colour}" stroke-width="1.5" stroke-dasharray="5 4"/>"#
        ));
        self.legend.push((colour.to_owned(), name.to_owned()));
    }

    /// A spot.
    pub(super) fn spot(&mut self, x: f64, y: f64, colour: &str) {
        let (x, y) = self.place(x, y);
        self.put(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="4.5" fill="{colour}"/>"#));
    }

    /// The whole drawing.
    pub(super) fn finish(mut self) -> String {
        let right = WIDTH - ROOM[2] - 8.0;
        for (row, (colour, name)) in std::mem::take(&mut self.legend).into_iter().enumerate() {
            let y = ROOM[1] + 17.0 + 16.0 * f64::from(u32::try_from(row).unwrap_or(0));
            let name = escaped(&name);
            self.put(format_args!(r#"<text x="{right}" y="{y}" text-anchor="end" fill="{colour}">{name} ■</text>"#));
        }
        format!(
            r##"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="11.5" font-family="inherit" fill="#3a4552">{}</svg>"##,
            self.svg
        )
    }
}

/// A name that a list gave, for use in the drawing.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_numbers_that_people_would_choose() {
        let ticks = |axis: Axis| axis.ticks().into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(ticks(Axis::shares(3e-4, "")), ["0.01 %", "0.1 %", "1 %", "10 %", "100 %"]);
        assert_eq!(ticks(Axis::plain(-0.3, 1.0, "")), ["0.00", "0.50", "1.00"]);
        assert_eq!(ticks(Axis::plain(0.0, 1.0, "")).len(), 6);
    }

    #[test]
    fn nothing_is_drawn_outside_and_names_are_no_markup() {
        let mut plot = Plot::new(Axis::shares(1e-3, "x"), Axis::plain(0.0, 1.0, "y"));
        plot.line([(0.0, 9.0), (2.0, -9.0)].into_iter(), COLOURS[0], "<i>");
        let svg = plot.finish();
        assert!(svg.contains("M66.0 12.0L644.0 354.0") && svg.contains("&lt;i&gt;"), "{svg}");
    }
}
