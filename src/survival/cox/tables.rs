//! Hazards by event time, added up so that what a row lives through is a difference of two sums.

use super::design::Design;
use super::likelihood::Tied;

/// The hazard at each event time, and between.
#[derive(Debug)]
pub(super) struct Hazards {
    /// By event time: what all at risk live through.
    steps: Vec<f64>,
    /// By event time: by how much less the tied events do.
    less: Vec<f64>,
    /// By event time: hazards of this and all earlier times of the stratum.
    sums: Vec<f64>,
}

impl Hazards {
    pub(super) fn new(design: &Design) -> Self {
        let ties = design.ties.len();
        Self {
            steps: vec![0.0; ties],
            less: vec![0.0; ties],
            sums: vec![0.0; ties],
        }
    }

    pub(super) fn set(&mut self, number: usize, tied: &Tied) {
        self.steps[number] = tied.hazard;
        self.less[number] = tied.hazard_f;
    }

    /// Adds up the hazards, in order of time.
    pub(super) fn accumulate(&mut self, design: &Design) {
        for stratum in &design.strata {
            let mut sum = 0.0;
            for number in stratum.ties.clone().rev() {
                sum += self.steps[number];
                self.sums[number] = sum;
            }
        }
    }

    /// The hazard of the times after a row's entry up to its end, tied events sharing that of their own time.
    pub(super) fn lived_through(&self, design: &Design, place: usize) -> f64 {
        let (last, before) = design.reached[place];
        let mut hazard = sum_to(&self.sums, last) - sum_to(&self.sums, before);
        if design.events[place] && design.weights[place] > 0.0 {
            hazard -= self.less[last as usize];
        }
        hazard
    }
}

/// The sum up to an event time; zero before all.
fn sum_to(sums: &[f64], number: u32) -> f64 {
    sums.get(number as usize).copied().unwrap_or(0.0)
}
